import Button from '@mui/material/Button'
import { useState } from 'react'
import { ask, useAction } from '../bridge/index.ts'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

/** What the signed record has of a ceremony, as a PDF with lines to sign. */
export const SaveCeremony = ({ group }: { group: string }) => {
  const [written, setWritten] = useState<string | null>(null)
  const picker = usePlacePicker()
  const save = useAction(async () => {
    const place = await picker.pick('ceremony record')
    if (place === null) return
    const { name } = await ask('print.save', { page: 'ceremony', id: group, place: place.id })
    setWritten(`PDF written: ${name}, in ${place.label}`)
  })
  return (
    <>
      {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
      <ButtonRow>
        <Button variant="outlined" aria-disabled={save.busy} onClick={() => void save.run()}>
          Save the ceremony’s record as PDF
        </Button>
        <output>{written === null ? null : <StatusMark mark="ok" word={withoutControls(written)} />}</output>
      </ButtonRow>
      {picker.dialog}
    </>
  )
}
