import Button from '@mui/material/Button'
import { useState } from 'react'
import { go } from '../app/routes.ts'
import { useApp } from '../app/state/app-state.ts'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { ButtonRow, Column, Muted } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { PrintedSheet } from './PrintedSheet.tsx'

/**
 * What opens the keyring without Keyturn. `first`: the keyring was made a moment ago, and the sheet goes on paper or
 * elsewhere before the first secret goes in.
 */
export const RecoverySheet = ({ first }: { first: boolean }) => {
  const sheet = useAsk('keyring.recoverySheet', {})
  const rehearsal = useApp(({ app }) => app?.profile === 'rehearsal')
  const picker = usePlacePicker()
  const [written, setWritten] = useState<string | null>(null)
  const [printed, setPrinted] = useState(false)
  const save = useAction(async () => {
    const place = await picker.pick('recovery sheet')
    if (place === null) return
    const { name } = await ask('keyring.saveRecoverySheet', { place: place.id })
    setWritten(`Written as ${name} to ${place.label}`)
  })
  const savePdf = useAction(async () => {
    const place = await picker.pick('recovery sheet')
    if (place === null) return
    const { name } = await ask('print.save', { page: 'recovery-sheet', id: null, place: place.id })
    setWritten(`Written as ${name} to ${place.label}`)
  })
  const print = () => {
    window.print()
    setPrinted(true)
  }
  return (
    <Column sx={{ maxWidth: 880 }}>
      <PageHeader
        title={
          first ? 'Keep this recovery sheet before the first secret goes in' : 'Recovery sheet of the keyring'
        }
        page="Recovery sheet"
        purpose="It says where the keyring is and which commands open it without Keyturn. The passphrase is not on it: without the passphrase the sheet opens nothing."
      />
      <ButtonRow>
        <Button variant="outlined" aria-disabled={save.busy} onClick={() => void save.run()}>
          Save to a folder
        </Button>
        <Button variant="outlined" aria-disabled={savePdf.busy} onClick={() => void savePdf.run()}>
          Save as PDF
        </Button>
        <Button variant="outlined" aria-disabled={sheet.value === null} onClick={print}>
          Print
        </Button>
        {first ? null : (
          <Button variant="outlined" onClick={() => go('#/settings')}>
            Back to settings
          </Button>
        )}
        <Button variant="contained" onClick={() => go('#/connections')}>
          Continue to connections
        </Button>
      </ButtonRow>
      <div role="status">
        {written === null ? null : <StatusMark mark="ok" word={written} />}
        {written === null && printed ? (
          <StatusMark
            mark="unknown"
            word="Given to the print dialog; whether it was printed is not known here"
          />
        ) : null}
        {written === null && !printed ? (
          <Muted>Not saved or printed yet. It can be opened again from Settings.</Muted>
        ) : null}
      </div>
      {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
      {savePdf.problem === null ? null : <ProblemPanel problem={savePdf.problem} />}
      {sheet.problem === null ? null : (
        <ProblemPanel
          problem={sheet.problem}
          actions={
            <Button variant="outlined" onClick={sheet.reload}>
              Make the sheet again
            </Button>
          }
        />
      )}
      {sheet.state === 'loading' ? <p role="status">The sheet is being made …</p> : null}
      {sheet.value === null ? null : <PrintedSheet sheet={sheet.value} rehearsal={rehearsal} />}
      {picker.dialog}
    </Column>
  )
}
