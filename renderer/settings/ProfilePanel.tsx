import Button from '@mui/material/Button'
import type { AppState } from '../../shared/ipc/schemas.ts'
import { ask, useAction } from '../bridge/index.ts'
import { Facts } from '../ui/Facts.tsx'
import { listOf, withoutControls } from '../ui/format.ts'
import { Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

const simulated = (names: readonly string[]) =>
  [
    [
      'Simulated',
      names.length === 0
        ? 'The servers are starting'
        : `SQL Server: ${listOf(names)}. Azure: an Entra tenant, a subscription, key vaults, managed HSMs and storage accounts`,
    ],
    [
      'As in earnest',
      'TDS and TLS on the wire, Azure’s own client libraries, PKCS#11 (the HSM token is SoftHSM, where that is installed: a module without hardware), the keys and certificates, the encryption of backups and of TDE databases, and restoring them',
    ],
    [
      'Ours, not Microsoft’s',
      'The layout inside backup files: a real SQL Server does not read them. Speed and sizes are not those of a real server',
    ],
    [
      'Not simulated',
      'Statements that no job of this version sends; they are answered with “not simulated”. In a packaged program: blobs. SharePoint comes later',
    ],
  ] as const

/** Real targets or a rehearsal, and the way to the other. Both are processes of their own. */
export const ProfilePanel = ({ app }: { app: AppState }) => {
  const rehearsal = app.profile === 'rehearsal'
  const change = useAction(() => ask(rehearsal ? 'app.leaveRehearsal' : 'app.openRehearsal', {}))
  return (
    <Panel aria-labelledby="profile-heading">
      <PanelHeading id="profile-heading">
        {rehearsal ? 'What is simulated in this rehearsal' : 'Rehearsal'}
      </PanelHeading>
      {rehearsal ? (
        <Facts facts={simulated((app.rehearsal?.servers ?? []).map(({ name }) => withoutControls(name)))} />
      ) : (
        <p>
          Simulated servers in a window of their own, with a folder and keyring of their own. Nothing there
          touches the connections of this profile, and nothing of it counts as proof.
        </p>
      )}
      <p>This window closes and another one opens.</p>
      {change.problem === null ? null : <ProblemPanel problem={change.problem} />}
      <Button variant="outlined" aria-disabled={change.busy} onClick={() => void change.run()}>
        {rehearsal ? 'Leave the rehearsal' : 'Open a rehearsal'}
      </Button>
    </Panel>
  )
}
