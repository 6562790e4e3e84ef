import type { AppState } from '../../shared/ipc/schemas.ts'
import { Facts } from '../ui/Facts.tsx'
import { LongName } from '../ui/LongName.tsx'
import { Panel, PanelHeading } from '../ui/Panel.tsx'
import { PathText } from '../ui/PathText.tsx'

const shells: Record<AppState['shell'], string> = {
  electron: 'Electron',
  chromium: 'Chromium in app mode: for evaluation, rehearsal and tests',
}

/** Facts about the program that runs here. */
export const ProgramPanel = ({ app, dataFolder }: { app: AppState; dataFolder: string | null }) => (
  <Panel aria-labelledby="program-heading">
    <PanelHeading id="program-heading">This program</PanelHeading>
    <Facts
      facts={[
        ['Version', app.version],
        ['Window', shells[app.shell]],
        ['Profile', app.profile === 'rehearsal' ? 'Rehearsal' : 'Real systems'],
        ['Operator', <LongName key="operator" name={app.operator} />],
        ['Data folder', dataFolder === null ? 'not read' : <PathText key="folder" path={dataFolder} />],
      ]}
    />
    <p>
      The data folder holds the keyring, the connections, the drafts and the record of this profile. Whoever
      copies it still needs the passphrase for every secret in it.
    </p>
  </Panel>
)
