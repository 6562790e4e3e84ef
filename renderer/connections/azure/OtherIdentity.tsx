import type {
  AzureConnection,
  ConnectionTest,
  HsmConnection,
  VaultConnection,
} from '../../../shared/ipc/schemas.ts'
import { withoutControls } from '../../ui/format.ts'
import { PanelHeading } from '../../ui/Panel.tsx'
import { AcceptIdentity, IdentityWarning } from '../AcceptIdentity.tsx'

interface Props {
  connection: AzureConnection | VaultConnection | HsmConnection
  test: ConnectionTest
  rehearsal: boolean
  onAccepted: () => void
}

const nouns = { azure: 'subscription', keyvault: 'vault', hsm: 'token' } as const

/** Another subscription, vault or token than before; the test's own words name old and new. Nothing here connects anyway. */
export const OtherIdentity = ({ connection, test, rehearsal, onAccepted }: Props) => (
  <IdentityWarning aria-labelledby="identity-heading">
    <PanelHeading id="identity-heading">Is this still the same {nouns[connection.kind]}?</PanelHeading>
    <p>{withoutControls(test.problem?.title ?? '')}. Nothing is read or run there until this is settled.</p>
    <AcceptIdentity
      connection={connection}
      sha256=""
      refused={rehearsal ? 'this is a rehearsal' : null}
      onAccepted={onAccepted}
    >
      From its next connection on Keyturn takes what answers for {withoutControls(connection.name)}. What was
      known of it before is forgotten, and the audit keeps that it was you.
    </AcceptIdentity>
  </IdentityWarning>
)
