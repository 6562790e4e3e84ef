import Button from '@mui/material/Button'
import Menu from '@mui/material/Menu'
import MenuItem from '@mui/material/MenuItem'
import { lazy, Suspense, useRef, useState } from 'react'
import type { ExportKind } from '../../../shared/forms/form.ts'
import { ask, useAction } from '../../bridge/index.ts'
import { usePlacePicker } from '../../fields/use-place-picker.tsx'
import { withoutControls } from '../../ui/format.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'

const SnippetDialog = lazy(() => import('./SnippetDialog.tsx'))

const menu: Readonly<Record<ExportKind, { label: string; saved: boolean }>> = {
  'runbook-sql': { label: 'Save runbook (.sql)', saved: true },
  'runbook-az': { label: 'Save runbook (az, .sh)', saved: true },
  'runbook-ps1': { label: 'Save steps on the Windows host (PowerShell, .ps1)', saved: true },
  'runbook-md': { label: 'Save runbook (.md)', saved: true },
  'agent-job': { label: 'Show SQL Server Agent job', saved: false },
  ola: { label: 'Show Ola Hallengren call', saved: false },
}

/** The plan as text to take along: for a server without network, or for the change ticket. */
export const ExportMenu = ({ digest, kinds }: { digest: string; kinds: readonly ExportKind[] }) => {
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const [snippet, setSnippet] = useState<{ title: string; text: string } | null>(null)
  const [written, setWritten] = useState<string | null>(null)
  const picker = usePlacePicker()
  const action = useAction(async (kind: ExportKind) => {
    const { label, saved } = menu[kind]
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
        {kinds.map((kind) => (
          <MenuItem
            key={kind}
            onClick={() => {
              setOpen(false)
              void action.run(kind)
            }}
          >
            {menu[kind].label}
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
