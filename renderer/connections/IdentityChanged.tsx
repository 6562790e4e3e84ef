import { styled } from '@mui/material/styles'
import type { ConnectionTest, SqlConnection } from '../../shared/ipc/schemas.ts'
import { inFours, withoutControls } from '../ui/format.ts'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { LongName } from '../ui/LongName.tsx'
import { Mono, PanelHeading, SmallHeading } from '../ui/Panel.tsx'
import { compareThumbprints } from '../ui/Thumbprint.tsx'
import { AcceptIdentity, IdentityWarning } from './AcceptIdentity.tsx'
import { knownPrint } from './connection-words.ts'

const Sides = styled('div')({
  display: 'grid',
  gap: 16,
  gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 320px), 1fr))',
})
const Side = styled('div')(({ theme }) => ({
  border: `1px solid ${theme.vars.palette.surface.line}`,
  borderRadius: 4,
  padding: 12,
  minWidth: 0,
  '&& > * + *': { marginTop: 8 },
}))

const Print = ({ value }: { value: string | null }) =>
  value === null ? <>not read</> : <Mono>{inFours(value)}</Mono>

interface Props {
  connection: SqlConnection
  test: ConnectionTest
  rehearsal: boolean
  onAccepted: () => void
}

/** Another server or another certificate than before: old and new side by side. Nothing here connects anyway. */
export const IdentityChanged = ({ connection, test, rehearsal, onAccepted }: Props) => {
  const { identity, encryption } = connection
  const name = withoutControls(connection.name)
  const before = knownPrint(connection)
  const now = test.certificate?.sha256 ?? null
  const pinned = encryption.mode !== 'off' && encryption.trust.kind === 'pin'
  return (
    <IdentityWarning aria-labelledby="identity-heading">
      <PanelHeading id="identity-heading">Is this still the same server?</PanelHeading>
      <p>
        What answered is not what {name} was before
        {before !== null && now !== null ? `: the certificate ${compareThumbprints(before, now)}` : ''}.
        Nothing is read or run there until this is settled.
      </p>
      <Sides>
        <Side>
          <SmallHeading>Before</SmallHeading>
          <Facts
            facts={[
              ['SHA-256', <Print key="print" value={before} />],
              ['Server', identity === null ? 'not read' : <LongName key="name" name={identity.serverName} />],
              [
                'Machine',
                identity === null ? 'not read' : <LongName key="machine" name={identity.machineName} />,
              ],
            ]}
          />
        </Side>
        <Side>
          <SmallHeading>Seen by this test</SmallHeading>
          <Facts
            facts={[
              ['SHA-256', <Print key="print" value={now} />],
              [
                'Subject',
                test.certificate === null ? 'not read' : <LongName key="s" name={test.certificate.subject} />,
              ],
              [
                'Issuer',
                test.certificate === null ? 'not read' : <LongName key="i" name={test.certificate.issuer} />,
              ],
              ['Valid until', <FactTime key="until" at={test.certificate?.notAfter ?? null} />],
            ]}
          />
        </Side>
      </Sides>
      <p>
        A renewed certificate or a moved server is a usual cause; so is something that stands in between. Ask
        whoever runs the server for its SHA-256, by another way than this network.
      </p>
      <AcceptIdentity
        connection={connection}
        sha256={now ?? ''}
        refused={
          rehearsal ? 'this is a rehearsal' : pinned && now === null ? 'the new print was not read' : null
        }
        after={pinned ? 'The kept password was dropped; enter it again.' : undefined}
        onAccepted={onAccepted}
      >
        From now on Keyturn signs in to what answers at this address and sends it the password
        {pinned ? ', once you have entered that again' : ''}. What was known of {name} before is forgotten,
        and the audit keeps that it was you.
      </AcceptIdentity>
    </IdentityWarning>
  )
}
