import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import type { ConnectionView, DrillRow } from '../../shared/ipc/schemas.ts'
import type { RunSummary, RunView } from '../../shared/model/plan.ts'
import { hashOf } from '../app/routes.ts'
import { useAsk } from '../bridge/index.ts'
import { drillSentence } from '../ledger/drill-words.ts'
import { dayAndClock, withoutControls } from '../ui/format.ts'
import { Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

const List = styled('ol')({
  listStyle: 'none',
  padding: 0,
  display: 'flex',
  flexDirection: 'column',
  gap: 10,
})

const Row = styled('li')({ display: 'flex', flexWrap: 'wrap', gap: '2px 12px', alignItems: 'flex-start' })

interface Item {
  name: string
  /** What shows that it is done; null: not done. */
  evidence: string | null
  link: { label: string; hash: string }
}

const openedCopy = (run: RunView | null): string | null => {
  const proof = run?.steps
    .flatMap(({ proofs }) => proofs)
    .find(({ level }) => level === 'opened' || level === 'restored')
  return proof === undefined
    ? null
    : `${withoutControls(proof.key)} opened by ${proof.by === 'keyturn' ? 'Keyturn' : 'the server'}, ${dayAndClock(proof.at)}`
}

interface Props {
  connections: readonly ConnectionView[] | null
  runs: readonly RunSummary[] | null
  drills: readonly DrillRow[] | null
  rehearsal: boolean
}

/** Five first things. Each ticks itself from evidence; nobody can tick one by hand. */
export const FirstFive = ({ connections, runs, drills, rehearsal }: Props) => {
  const keys = useAsk('keys.page', {
    page: { offset: 0, limit: 1, sort: null, search: '', filters: [] },
    read: 'held',
  })
  const group = useAsk('escrow.groups', {
    page: {
      offset: 0,
      limit: 1,
      sort: { column: 'created', direction: 'asc' },
      search: '',
      filters: [{ property: 'state', operator: 'is', value: 'active' }],
    },
  }).value?.rows[0]
  const verified = runs?.find(({ state }) => state === 'verified') ?? null
  const run = useAsk('runs.get', verified === null ? null : { run: verified.id })
  const restored = drills?.find(({ outcome }) => outcome === 'restored')
  const connected = connections?.find(({ state }) => state === 'connected')
  const items: Item[] = [
    {
      name: 'Connect a server',
      evidence:
        connected === undefined
          ? null
          : `${withoutControls(connected.connection.name)} answered${connected.lastRead === null ? '' : `, ${dayAndClock(connected.lastRead)}`}`,
      link: { label: 'Open Connections', hash: '#/connections' },
    },
    {
      name: 'Read the inventory',
      evidence:
        keys.value === null || keys.value.asOf === null
          ? null
          : `${keys.value.total} rows, ${dayAndClock(keys.value.asOf)}`,
      link: { label: 'Open Keys', hash: '#/keys' },
    },
    {
      name: 'Prove a first copy of a key',
      evidence: openedCopy(run.value),
      link: { label: 'Take an encrypted backup', hash: hashOf.newWizard('encrypted-backup') },
    },
    {
      name: 'Set up a first share group',
      evidence:
        group === undefined
          ? null
          : `${withoutControls(group.name)}: any ${group.threshold} of ${group.members.length}, ${dayAndClock(group.created)}`,
      link: { label: 'Begin a share ceremony', hash: hashOf.escrow('ceremony', 'new') },
    },
    {
      name: 'Hold a first drill',
      evidence: restored === undefined ? null : drillSentence(restored),
      link: { label: 'Hold a restore drill', hash: hashOf.newWizard('restore-drill') },
    },
  ]
  return (
    <Panel>
      <PanelHeading>First steps</PanelHeading>
      <List>
        {items.map(({ name, evidence, link }) => (
          <Row key={name}>
            {evidence === null ? (
              <StatusMark mark="waiting" word={`Not yet: ${name}`} />
            ) : (
              <StatusMark mark="ok" word={`Done: ${name}`} />
            )}
            {evidence !== null ? <Muted>{evidence}</Muted> : <Link href={link.hash}>{link.label}</Link>}
          </Row>
        ))}
      </List>
      {rehearsal ? (
        <Muted>In a rehearsal these tick as in earnest, and nothing of it counts as proof.</Muted>
      ) : null}
    </Panel>
  )
}
