import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import type { AzureConnection, ConnectionTest, VaultConnection } from '../../../shared/ipc/schemas.ts'
import { ask, useAction } from '../../bridge/index.ts'
import { withoutControls } from '../../ui/format.ts'
import { Muted, Panel, PanelHeading } from '../../ui/Panel.tsx'
import { ConfirmDialog } from '../ConfirmDialog.tsx'

const Warning = styled(Panel)(({ theme }) => ({
  borderColor: theme.vars.palette.status.blocked,
  borderInlineStartWidth: 4,
}))

interface Props {
  connection: AzureConnection | VaultConnection
  test: ConnectionTest
  rehearsal: boolean
  onAccepted: () => void
}

/** Another subscription or vault than before; the test's own words name old and new. Nothing here connects anyway. */
export const OtherIdentity = ({ connection, test, rehearsal, onAccepted }: Props) => {
  const [asking, setAsking] = useState(false)
  const name = withoutControls(connection.name)
  const what = connection.kind === 'azure' ? 'subscription' : 'vault'
  const accept = useAction(async () => {
    await ask('connections.acceptIdentity', { id: connection.id, sha256: '' })
    setAsking(false)
    onAccepted()
  })
  return (
    <Warning aria-labelledby="identity-heading">
      <PanelHeading id="identity-heading">Is this still the same {what}?</PanelHeading>
      <p>{withoutControls(test.problem?.title ?? '')}. Nothing is read or run there until this is settled.</p>
      {rehearsal ? (
        <Muted>It can’t be accepted here: this is a rehearsal.</Muted>
      ) : (
        <Button variant="outlined" onClick={() => setAsking(true)}>
          Accept the new identity
        </Button>
      )}
      {asking ? (
        <ConfirmDialog
          title="Accept the new identity?"
          act="Accept the new identity"
          action={accept}
          onClose={() => setAsking(false)}
        >
          From its next connection on Keyturn takes what answers for {name}. What was known of it before is
          forgotten, and the audit keeps that it was you.
        </ConfirmDialog>
      ) : null}
    </Warning>
  )
}
