import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState, type ReactNode } from 'react'
import { useApp } from '../app/state/app-state.ts'
import { ask, useAction } from '../bridge/index.ts'
import { RestoreKeyring } from '../keyring/RestoreKeyring.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Column, Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

const ThreeDoors = styled('div')({
  display: 'grid',
  gap: 16,
  gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 304px), 1fr))',
  maxWidth: 1120,
})
const Card = styled(Panel)({ display: 'flex', flexDirection: 'column' })
const Foot = styled('div')({ '&&': { marginTop: 'auto' }, paddingTop: 12 })

interface DoorProps {
  title: string
  does: string
  needs: string
  changes: string
  children: ReactNode
}

const Door = ({ title, does, needs, changes, children }: DoorProps) => (
  <Card>
    <PanelHeading>{title}</PanelHeading>
    <p>{does}</p>
    <p>
      <Muted>Needs:</Muted> {needs}
    </p>
    <p>
      <Muted>Changes:</Muted> {changes}
    </p>
    <Foot>{children}</Foot>
  </Card>
)

/** The first page of all: nothing has been decided, and nothing is kept yet. */
export const Doors = ({ onConnect }: { onConnect: () => void }) => {
  const rehearse = useAction(() => ask('app.openRehearsal', {}))
  const [opening, setOpening] = useState(false)
  const [escrow, setEscrow] = useState(false)
  const [asked, setAsked] = useState(false)
  const [restoring, setRestoring] = useState(false)
  const rehearsalsOnly = useApp(({ app }) => app?.rehearsalsOnly ?? false)
  return (
    <Column>
      <PageHeader
        title="Where do you want to begin?"
        page="First start"
        purpose="Nothing is set up on this computer yet. Each way leaves the others open."
      />
      {rehearse.problem === null ? null : <ProblemPanel problem={rehearse.problem} />}
      <ThreeDoors>
        <Door
          title="Practise without real systems"
          does="Simulated SQL Servers and a simulated Azure, with real encryption. Every job can be tried, keys can be lost on purpose, and recovery works or fails as it would."
          needs="No decision and no server"
          changes="Only a rehearsal’s own folder on this computer"
        >
          <p role="status">
            {opening
              ? 'The rehearsal opens in a window of its own; this one closes.'
              : 'Opens a window of its own in place of this one.'}
          </p>
          <Button
            variant="outlined"
            aria-disabled={rehearse.busy}
            sx={{ mt: 2 }}
            onClick={() => void rehearse.run().then(setOpening)}
          >
            Rehearse
          </Button>
        </Door>
        <Door
          title="Work with your own servers"
          does="A passphrase first, then the recovery sheet, then the address of a server. Connecting reads; nothing on a server changes before you approve a plan."
          needs="A passphrase of your choice; a server’s address and a login"
          changes="A keyring is made on this computer"
        >
          {rehearsalsOnly && asked ? (
            <p role="status">
              Not from here: Keyturn runs as root, and the browser that shows this window has no sandbox of
              its own then. Start Keyturn from another account to work with real servers.
            </p>
          ) : null}
          <Button variant="contained" onClick={() => (rehearsalsOnly ? setAsked(true) : onConnect())}>
            Connect a server
          </Button>
        </Door>
        <Door
          title="Recover from an escrow package"
          does="Verify a package of keys, and open it with the shares of the people who hold them."
          needs="The package and the shares; a terminal, with Keyturn or without"
          changes="Nothing"
        >
          <p role="status">
            {escrow
              ? 'In a terminal: keyturn escrow verify, then keyturn escrow open. Without Keyturn: the README-RECOVER.txt of the package says which commands of OpenSSL and Python open it. With a keyring, the page Escrow verifies a package and checks a share, and leads to the job that holds a drill or recovers.'
              : 'Opened in a terminal; or, once there is a keyring and a connected server, by a job under Set up.'}
          </p>
          <Button variant="outlined" sx={{ mt: 2 }} onClick={() => setEscrow(true)}>
            Open an escrow package
          </Button>
        </Door>
      </ThreeDoors>
      {restoring ? (
        <Panel>
          <RestoreKeyring onClose={() => setRestoring(false)} />
        </Panel>
      ) : (
        <p>
          A backup of a keyring from another computer, or from before?{' '}
          <Button variant="text" onClick={() => (rehearsalsOnly ? setAsked(true) : setRestoring(true))}>
            Restore a keyring backup
          </Button>
        </p>
      )}
    </Column>
  )
}
