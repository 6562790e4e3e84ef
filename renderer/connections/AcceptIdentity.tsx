import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState, type ReactNode } from 'react'
import { notify } from '../app/state/notices.ts'
import { ask, useAction } from '../bridge/index.ts'
import { withoutControls } from '../ui/format.ts'
import { Muted, Panel } from '../ui/Panel.tsx'
import { ConfirmDialog } from './ConfirmDialog.tsx'

/** The panel that says that something else answers than before. */
export const IdentityWarning = styled(Panel)(({ theme }) => ({
  borderColor: theme.vars.palette.status.blocked,
  borderInlineStartWidth: 4,
}))

interface Props {
  connection: { id: string; name: string }
  /** Of the certificate that is accepted with it; empty where there is none. */
  sha256: string
  /** Why it can't be accepted; null: it can. */
  refused: string | null
  /** What the person has to do after it. */
  after?: string | undefined
  onAccepted: () => void
  /** What accepting means, for the question. */
  children: ReactNode
}

/** Takes what answers now for the system of before, after one question. */
export const AcceptIdentity = (props: Props) => {
  const { id, name } = props.connection
  const [asking, setAsking] = useState(false)
  const accept = useAction(async () => {
    await ask('connections.acceptIdentity', { id, sha256: props.sha256 })
    setAsking(false)
    notify({
      id: `identity-${id}`,
      tone: 'info',
      title: `The identity of ${withoutControls(name)} is read anew at its next connection`,
      ...(props.after === undefined ? {} : { body: props.after }),
    })
    props.onAccepted()
  })
  if (props.refused !== null) return <Muted>It can’t be accepted here: {props.refused}.</Muted>
  return (
    <>
      <Button variant="outlined" onClick={() => setAsking(true)}>
        Accept the new identity
      </Button>
      {asking ? (
        <ConfirmDialog
          title="Accept the new identity?"
          act="Accept the new identity"
          action={accept}
          onClose={() => setAsking(false)}
        >
          {props.children}
        </ConfirmDialog>
      ) : null}
    </>
  )
}
