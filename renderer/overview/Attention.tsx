import Link from '@mui/material/Link'
import type { ConnectionView } from '../../shared/ipc/schemas.ts'
import type { OpenHsmKey } from '../../shared/model/hsm.ts'
import type { KeyringUpkeep } from '../../shared/model/keyring.ts'
import type { RunSummary } from '../../shared/model/plan.ts'
import { interruptedSentence } from '../app/frame/InterruptedBanner.tsx'
import { hashOf } from '../app/routes.ts'
import { backupWords, sheetWords } from '../keyring/upkeep-words.ts'
import { localTime, withoutControls } from '../ui/format.ts'
import { Panel, PanelHeading, PlainList } from '../ui/Panel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'

export interface AttentionItem {
  key: string
  mark: Mark
  text: string
  link: { label: string; hash: string }
}

const connectionWords: Record<ConnectionView['state'], { mark: Mark; says: string } | null> = {
  connected: null,
  'not-tested': { mark: 'unknown', says: 'was not tested since Keyturn started' },
  unreachable: { mark: 'failed', says: 'did not answer' },
  'signed-out': { mark: 'attention', says: 'has no credential any more: sign in again' },
  'rights-missing': { mark: 'attention', says: 'lets the login see too little' },
  'identity-changed': { mark: 'failed', says: 'showed another identity than before' },
}

const dueOf = (upkeep: KeyringUpkeep): AttentionItem[] =>
  [
    { key: 'keyring-backup', ...backupWords(upkeep) },
    { key: 'recovery-sheet', ...sheetWords(upkeep) },
  ]
    .filter(({ mark }) => mark === 'attention')
    .map((due) => ({ ...due, link: { label: 'Open settings', hash: '#/settings' } }))

const openKeyItem = ({ run, label, token, decided }: OpenHsmKey): AttentionItem => ({
  key: `open-key-${run}`,
  mark: 'attention',
  text: `Key ${withoutControls(label)} on ${withoutControls(token)} can still be wrapped by whoever has the PIN: ${
    decided
      ? 'its run was left before it was locked. Lock or destroy it with the vendor’s tool'
      : 'its run is not finished. Going on with it locks the key'
  }`,
  link: { label: decided ? 'Look at the run' : 'Look and decide', hash: hashOf.run(run) },
})

/** What a person has to look at, the costliest first. */
export const attentionOf = (
  runs: readonly RunSummary[],
  connections: readonly ConnectionView[] | null,
  upkeep: KeyringUpkeep | null = null,
  openKeys: readonly OpenHsmKey[] = [],
): AttentionItem[] => [
  ...openKeys.map(openKeyItem),
  ...runs
    .filter(({ state }) => state === 'interrupted' || state === 'waiting-for-decision')
    .map((run) => ({
      key: run.id,
      mark: 'attention' as const,
      text:
        run.state === 'interrupted'
          ? interruptedSentence(run)
          : `Run ${run.id.slice(0, 8)} waits for a decision: ${withoutControls(run.title)}`,
      link: { label: 'Look and decide', hash: hashOf.run(run.id) },
    })),
  ...(connections ?? []).flatMap(({ connection, state, lastRead }) => {
    const words = connectionWords[state]
    return words === null
      ? []
      : [
          {
            key: connection.id,
            mark: words.mark,
            text: `${withoutControls(connection.name)} ${words.says}${lastRead === null ? '' : ` (last answered ${localTime(lastRead)})`}`,
            link: { label: 'Look at the connection', hash: '#/connections' },
          },
        ]
  }),
  ...(upkeep === null ? [] : dueOf(upkeep)),
  ...(connections?.length === 0
    ? [
        {
          key: 'none',
          mark: 'unknown' as const,
          text: 'No server is connected, so nothing is known about any key',
          link: { label: 'Add a connection', hash: '#/connections' },
        },
      ]
    : []),
]

const mostShown = 7

export const Attention = ({ items }: { items: readonly AttentionItem[] }) =>
  items.length === 0 ? null : (
    <Panel>
      <PanelHeading>Needs attention</PanelHeading>
      <PlainList sx={{ gap: '12px' }}>
        {items.slice(0, mostShown).map(({ key, mark, text, link }) => (
          <li key={key}>
            <StatusMark mark={mark} word={text} />
            <div>
              <Link href={link.hash}>{link.label}</Link>
            </div>
          </li>
        ))}
      </PlainList>
      {items.length > mostShown ? (
        <p>
          {items.length - mostShown} more are on <Link href="#/connections">Connections</Link>.
        </p>
      ) : null}
    </Panel>
  )
