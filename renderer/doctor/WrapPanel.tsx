import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { TextField } from '../../shared/forms/form.ts'
import type { DoctorReport } from '../../shared/model/ekm-doctor.ts'
import { isAzureId } from '../../shared/model/azure.ts'
import { TextAnswer } from '../fields/TextAnswer.tsx'
import { Panel, PanelHeading, PlainList } from '../ui/Panel.tsx'
import { withoutControls } from '../ui/format.ts'

const field: TextField = {
  kind: 'text',
  name: 'doctor-application',
  label: 'Client id of the application',
  why: 'The server shows no client id: it is inside the SECRET. Without one, applications with a right on the key are looked for',
  rule: '00000000-0000-0000-0000-000000000000, or nothing',
  maxLength: 36,
  mono: true,
}

interface Props {
  report: DoctorReport
  busy: boolean
  onRead: (wish: { application: string | null; wrap: boolean }) => void
}

/** The application that the server signs in as, and the one test that leaves something behind. */
export const WrapPanel = ({ report, busy, onRead }: Props) => {
  const [text, setText] = useState(report.application ?? '')
  const [wrong, setWrong] = useState(false)
  const application = text.trim() === '' ? null : text.trim()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const fits = application === null || isAzureId(application)
    setWrong(!fits)
    if (fits) onRead({ application, wrap: false })
  }
  // Of what stands in the list, whatever was typed since: it says who will be asked as whom.
  const wrap = (): void => onRead({ application: report.application, wrap: true })
  return (
    <Panel aria-labelledby="application-heading">
      <PanelHeading id="application-heading">The application</PanelHeading>
      <form onSubmit={submit} noValidate>
        <TextAnswer
          field={field}
          value={text}
          onChange={(value) => setText(String(value))}
          error={
            wrong
              ? 'The client id is not of the form 00000000-0000-0000-0000-000000000000. Copy it again, hyphens included'
              : null
          }
        />
        <Button type="submit" variant="outlined" aria-disabled={busy}>
          Read with this application
        </Button>
      </form>
      {report.wraps.length === 0 ? null : (
        <>
          <p>
            Its secret is kept, so the vault can be asked to wrap and unwrap 32 random bytes as the
            application. That leaves two lines in the vault’s log for each:
          </p>
          <PlainList>
            {report.wraps.map(({ application: name, key, vault }) => (
              <li key={`${name} ${key} ${vault}`}>
                {withoutControls(name)}, key {withoutControls(key)} of {withoutControls(vault)}
              </li>
            ))}
          </PlainList>
          <Button variant="outlined" aria-disabled={busy} onClick={wrap}>
            Wrap and unwrap as the application
          </Button>
        </>
      )}
    </Panel>
  )
}
