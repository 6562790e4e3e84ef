import Button from '@mui/material/Button'
import { useState } from 'react'
import type { AppState } from '../../shared/ipc/schemas.ts'
import type { RunSummary } from '../../shared/model/plan.ts'
import { lockNow } from '../app/frame/lock.ts'
import { go } from '../app/routes.ts'
import { useAsk } from '../bridge/index.ts'
import { BackUpKeyring } from '../keyring/BackUpKeyring.tsx'
import { ChangePassphrase } from '../keyring/ChangePassphrase.tsx'
import { OuterWrap } from '../keyring/OuterWrap.tsx'
import { RestoreKeyring } from '../keyring/RestoreKeyring.tsx'
import { backupWords, sheetWords } from '../keyring/upkeep-words.ts'
import { count } from '../ui/format.ts'
import { ButtonRow, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PathText } from '../ui/PathText.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

const underWay: readonly RunSummary['state'][] = ['running', 'stopping', 'undoing']

const acts = {
  backUp: 'Back up keyring',
  change: 'Change passphrase',
  restore: 'Restore a backup',
  seal: 'Seal by the operating system',
} as const
type Act = keyof typeof acts

/** What is due about the keyring, and everything that can be done to it as a whole. */
export const KeyringPanel = ({ app }: { app: AppState }) => {
  const [open, setOpen] = useState<Act | null>(null)
  const store = useAsk('keyring.osStore', {})
  const { upkeep } = app
  const going = app.runs.filter(({ state }) => underWay.includes(state)).length
  const close = () => setOpen(null)
  const replaced = upkeep?.replaced ?? []
  return (
    <Panel aria-labelledby="keyring-heading">
      <PanelHeading id="keyring-heading">Keyring and lock</PanelHeading>
      {upkeep === null ? null : (
        <>
          {[backupWords(upkeep), sheetWords(upkeep)].map(({ mark, text }) => (
            <p key={text}>
              <StatusMark mark={mark} word={text} />
            </p>
          ))}
          <p>
            It holds {count(upkeep.secrets, 'kept password')}, id {upkeep.keyring}.{' '}
            {upkeep.backup.last === null ? null : (
              <>
                Last backup: {upkeep.backup.last.name} in <PathText path={upkeep.backup.last.folder} />.
              </>
            )}
          </p>
        </>
      )}
      <p>
        Locking takes the pages away and wipes the kept passwords from memory; the passphrase brings them
        back. Secrets typed into a draft are entered again after that. Runs go on
        {going === 0 ? '; none is under way' : `: ${count(going, 'run is', 'runs are')} under way`}.
      </p>
      <ButtonRow>
        {(Object.keys(acts) as Act[]).map((act) => (
          <Button
            key={act}
            variant="outlined"
            aria-expanded={open === act}
            onClick={() => setOpen(open === act ? null : act)}
          >
            {acts[act]}
          </Button>
        ))}
        <Button variant="outlined" onClick={() => go('#/start')}>
          Open recovery sheet
        </Button>
        <Button variant="outlined" onClick={() => go('#/passwords')}>
          Open kept passwords
        </Button>
        <Button variant="outlined" aria-keyshortcuts="Control+Shift+L" onClick={() => void lockNow()}>
          Lock Keyturn
        </Button>
      </ButtonRow>
      {open === 'backUp' ? <BackUpKeyring replaced={replaced} onClose={close} /> : null}
      {open === 'change' ? <ChangePassphrase replaced={replaced} onClose={close} /> : null}
      {open === 'restore' ? <RestoreKeyring onClose={close} /> : null}
      {open === 'seal' && store.value !== null ? (
        <OuterWrap
          store={store.value}
          onChanged={() => {
            store.reload()
            close()
          }}
          onClose={close}
        />
      ) : null}
    </Panel>
  )
}
