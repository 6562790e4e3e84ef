import Button from '@mui/material/Button'
import type { RunSummary } from '../../shared/model/plan.ts'
import { lockNow } from '../app/frame/lock.ts'
import { go } from '../app/routes.ts'
import { count } from '../ui/format.ts'
import { ButtonRow, Panel, PanelHeading } from '../ui/Panel.tsx'

const underWay: readonly RunSummary['state'][] = ['running', 'stopping', 'undoing']

/** What locking does, and the sheet that opens the keyring without Keyturn. */
export const KeyringPanel = ({ runs }: { runs: readonly RunSummary[] }) => {
  const going = runs.filter(({ state }) => underWay.includes(state)).length
  return (
    <Panel aria-labelledby="keyring-heading">
      <PanelHeading id="keyring-heading">Keyring and lock</PanelHeading>
      <p>
        Locking takes the pages away and wipes the kept passwords from memory; the passphrase brings them
        back. Secrets typed into a draft are entered again after that. Runs go on
        {going === 0 ? '; none is under way' : `: ${count(going, 'run is', 'runs are')} under way`}. Keyturn
        locks when you ask it to, or when it is closed; it does not lock by itself in this version.
      </p>
      <p>
        The recovery sheet says where the keyring is and which commands open it without Keyturn. The
        passphrase is not on it. Changing the passphrase comes in a later version.
      </p>
      <ButtonRow>
        <Button variant="outlined" onClick={() => go('#/start')}>
          Open recovery sheet
        </Button>
        <Button variant="outlined" aria-keyshortcuts="Control+Shift+L" onClick={() => void lockNow()}>
          Lock Keyturn
        </Button>
      </ButtonRow>
    </Panel>
  )
}
