import Button from '@mui/material/Button'
import { useState } from 'react'
import type { PrintPageName } from '../../shared/model/print.ts'
import { ask, useAction } from '../bridge/index.ts'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { usePlacePicker } from './use-place-picker.tsx'

interface Props {
  /** What is saved, as the picker and the sentence afterwards call it: "report". */
  what: string
  page: PrintPageName
  id: string | null
  /** Writes the text form into the place; gives the file's name. */
  text: (place: string) => Promise<{ name: string }>
}

/** The two files of a report, each into a folder that the person picks: text for a ticket, PDF for paper. */
export const SaveReport = ({ what, page, id, text }: Props) => {
  const [written, setWritten] = useState<string | null>(null)
  const picker = usePlacePicker()
  const save = useAction(async (form: 'text' | 'pdf') => {
    const place = await picker.pick(what)
    if (!place) return
    const { name } =
      form === 'text' ? await text(place.id) : await ask('print.save', { page, id, place: place.id })
    setWritten(`${form === 'text' ? 'Report' : 'PDF'} written: ${name}, in ${place.label}`)
  })
  return (
    <>
      {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
      <ButtonRow>
        <Button variant="outlined" aria-disabled={save.busy} onClick={() => void save.run('text')}>
          Save {what}
        </Button>
        <Button variant="outlined" aria-disabled={save.busy} onClick={() => void save.run('pdf')}>
          Save as PDF
        </Button>
        <output>{written === null ? null : <StatusMark mark="ok" word={withoutControls(written)} />}</output>
      </ButtonRow>
      {picker.dialog}
    </>
  )
}
