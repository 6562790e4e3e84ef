import Button from '@mui/material/Button'
import Menu from '@mui/material/Menu'
import MenuItem from '@mui/material/MenuItem'
import { lazy, Suspense, useRef, useState } from 'react'
import { ask, useAction } from '../../bridge/index.ts'
import { usePlacePicker } from '../../fields/use-place-picker.tsx'
import { withoutControls } from '../../ui/format.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'

const SnippetDialog = lazy(() => import('./SnippetDialog.tsx'))

const kinds = [
  { kind: 'runbook-sql', label: 'Save runbook (.sql)', saved: true },
  { kind: 'runbook-md', label: 'Save runbook (.md)', saved: true },
  { kind: 'agent-job', label: 'Show SQL Server Agent job', saved: false },
  { kind: 'ola', label: 'Show Ola Hallengren call', saved: false },
] as const
type Kind = (typeof kinds)[number]['kind']

/** The plan as text to take along: for a server without network, or for the change ticket. */
export const ExportMenu = ({ digest }: { digest: string }) => {
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const [snippet, setSnippet] = useState<{ title: string; text: string } | null>(null)
  const [written, setWritten] = useState<string | null>(null)
  const picker = usePlacePicker()
  const action = useAction(async (kind: Kind, label: string, saved: boolean) => {
    if (!saved) {
      const { text } = await ask('wizard.snippet', { digest, kind })
      setSnippet({ title: label.replace(/^Show /, ''), text })
      return
    }
    const place = await picker.pick('runbook')
    if (!place) return
    const { name } = await ask('wizard.export', { digest, kind, place: place.id })
    setWritten(`Runbook written: ${name}, in ${place.label}`)
  })
  return (
    <>
      <Button
        ref={button}
        variant="outlined"
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(true)}
      >
        Export runbook
      </Button>
      <Menu anchorEl={() => button.current} open={open} onClose={() => setOpen(false)}>
        {kinds.map(({ kind, label, saved }) => (
          <MenuItem
            key={kind}
            onClick={() => {
              setOpen(false)
              void action.run(kind, label, saved)
            }}
          >
            {label}
          </MenuItem>
        ))}
      </Menu>
      <output>{written === null ? null : <StatusMark mark="ok" word={withoutControls(written)} />}</output>
      {action.problem === null ? null : <ProblemPanel problem={action.problem} />}
      {picker.dialog}
      <Suspense fallback={null}>
        {snippet === null ? null : <SnippetDialog {...snippet} onClose={() => setSnippet(null)} />}
      </Suspense>
    </>
  )
}
