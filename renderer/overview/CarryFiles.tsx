import Button from '@mui/material/Button'
import { notify } from '../app/state/notices.ts'
import { ask, useAction } from '../bridge/index.ts'
import { count, withoutControls } from '../ui/format.ts'

interface Props {
  /** The simulated server whose files are carried. */
  server: string
  others: readonly { name: string }[]
}

/** What an administrator does before a drill: copies of backups and key files, and the right to read them. */
export const CarryFiles = ({ server, others }: Props) => {
  const act = useAction(async (to: string) => {
    const connections = await ask('connections.list', {})
    const idOf = (name: string): string =>
      connections.find(({ connection }) => connection.name === name)?.connection.id ?? ''
    const { files, account } = await ask('rehearsal.carryFiles', { from: idOf(server), to: idOf(to) })
    notify({
      id: 'rehearsal-carry',
      tone: 'info',
      title: `${count(files, 'file')} of ${withoutControls(server)} can be read by ${withoutControls(to)}`,
      body: `In the same folders, by its service account ${withoutControls(account)}.`,
    })
  })
  return (
    <>
      {others.map(({ name }) => (
        <Button key={name} variant="outlined" aria-disabled={act.busy} onClick={() => void act.run(name)}>
          Carry its backups and key files to {withoutControls(name)}
        </Button>
      ))}
    </>
  )
}
