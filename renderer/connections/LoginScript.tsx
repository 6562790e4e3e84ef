import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { TextField } from '../../shared/forms/form.ts'
import { ask, useAction } from '../bridge/index.ts'
import { TextAnswer } from '../fields/TextAnswer.tsx'
import { Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { ScriptText } from '../ui/ScriptText.tsx'
import { withoutControls } from '../ui/format.ts'

const loginField: TextField = {
  kind: 'text',
  name: 'least-privilege-login',
  label: 'Name of the new login',
  why: 'The script creates it and grants it what an encrypted backup needs',
  rule: '1 to 128 characters',
  maxLength: 128,
}

/** A script for somebody who may create logins. Keyturn only shows it. */
export const LoginScript = ({ id, name }: { id: string; name: string }) => {
  const [open, setOpen] = useState(false)
  const [login, setLogin] = useState('keyturn')
  const [empty, setEmpty] = useState(false)
  const [text, setText] = useState<string | null>(null)
  const show = useAction(async () => {
    setText((await ask('connections.leastPrivilegeScript', { id, login: login.trim() })).text)
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setEmpty(login.trim() === '')
    if (login.trim() !== '') void show.run()
  }
  return (
    <Panel aria-labelledby="login-script-heading">
      <PanelHeading id="login-script-heading">A login of its own for Keyturn</PanelHeading>
      <p>
        With only the rights that the jobs need, each with the step that needs it. An administrator of{' '}
        <bdi>{withoutControls(name)}</bdi> runs the script; Keyturn does not.
      </p>
      {open ? (
        <form onSubmit={submit} noValidate>
          <Column sx={{ gap: 4 }}>
            <TextAnswer
              field={loginField}
              value={login}
              onChange={(value) => {
                setLogin(String(value))
                setText(null)
              }}
              error={empty ? 'Enter the name of the login' : null}
            />
            <div>
              <Button type="submit" variant="outlined" aria-disabled={show.busy}>
                Show login script
              </Button>
            </div>
            {show.problem === null ? null : <ProblemPanel problem={show.problem} />}
            {text === null ? null : <ScriptText text={text} label="Least-privilege login script" />}
          </Column>
        </form>
      ) : (
        <Button variant="outlined" aria-expanded={false} onClick={() => setOpen(true)}>
          Least-privilege login script
        </Button>
      )}
    </Panel>
  )
}
