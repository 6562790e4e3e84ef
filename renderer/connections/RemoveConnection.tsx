import { useState } from 'react'
import type { Connection } from '../../shared/ipc/schemas.ts'
import { ask, useAction } from '../bridge/index.ts'
import { withoutControls } from '../ui/format.ts'
import { ConfirmDialog } from './ConfirmDialog.tsx'
import { NamedAct } from './NamedAct.tsx'

const erased: Record<Connection['kind'], string> = {
  sqlserver:
    'Its address, its kept password and the identity that was read are erased from this computer; drafts that name it need another server. Nothing changes on the server.',
  azure:
    'Its answers, its kept secret and the identity that was read are erased from this computer; drafts that name it need another one. Nothing changes in Azure.',
  keyvault:
    'Its host and the identity that was read are erased from this computer; the sign-in stays with its Azure connection. Nothing changes in Azure.',
  hsm: 'Its module, its kept PIN and the identity that was read are erased from this computer; drafts that name it need another one. Nothing changes on the token.',
}

/** Takes a connection away, with everything that this computer keeps for it. */
export const RemoveConnection = (props: { connection: Connection; onRemoved: () => void }) => {
  const { id, name } = props.connection
  const [open, setOpen] = useState(false)
  const shown = withoutControls(name)
  const remove = useAction(async () => {
    await ask('connections.remove', { id })
    setOpen(false)
    props.onRemoved()
  })
  return (
    <>
      <NamedAct verb="Remove" name={name} onClick={() => setOpen(true)} />
      {open ? (
        <ConfirmDialog
          title={
            <>
              Remove the connection <bdi>{shown}</bdi>?
            </>
          }
          act={`Remove ${shown}`}
          action={remove}
          onClose={() => setOpen(false)}
        >
          {erased[props.connection.kind]} Runs, evidence and audit entries stay.
        </ConfirmDialog>
      ) : null}
    </>
  )
}
