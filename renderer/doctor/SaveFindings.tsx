import Button from '@mui/material/Button'
import { useState } from 'react'
import { ask, useAction } from '../bridge/index.ts'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'

const forms = {
  text: { button: 'Save findings as text', what: 'findings' },
  csv: { button: 'Save findings as CSV', what: 'findings' },
  script: { button: 'Save script for the host', what: 'script' },
} as const
type Form = keyof typeof forms

/** Main writes what was read last, into a folder that the person picks. */
export const SaveFindings = ({ target, offer }: { target: string; offer: readonly Form[] }) => {
  const [written, setWritten] = useState<string | null>(null)
  const picker = usePlacePicker()
  const save = useAction(async (form: Form) => {
    const place = await picker.pick(forms[form].what)
    if (!place) return
    const { name } =
      form === 'script'
        ? await ask('doctor.script', { target, place: place.id })
        : await ask('doctor.export', { target, format: form, place: place.id })
    setWritten(`Written: ${name}, in ${place.label}`)
  })
  return (
    <>
      {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
      <ButtonRow>
        {offer.map((form) => (
          <Button key={form} variant="outlined" aria-disabled={save.busy} onClick={() => void save.run(form)}>
            {forms[form].button}
          </Button>
        ))}
        <output>{written === null ? null : <StatusMark mark="ok" word={withoutControls(written)} />}</output>
      </ButtonRow>
      {picker.dialog}
    </>
  )
}
