import Button from '@mui/material/Button'
import { useState, type FormEvent } from 'react'
import type { FieldProblem } from '../../shared/errors/problem.ts'
import type { TextField } from '../../shared/forms/form.ts'
import { snack } from '../app/state/notices.ts'
import { ask, useAction } from '../bridge/index.ts'
import { fieldId } from '../fields/field-props.ts'
import { TextAnswer } from '../fields/TextAnswer.tsx'
import { ErrorSummary } from '../ui/ErrorSummary.tsx'
import { Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

const proxyField: TextField = {
  kind: 'text',
  name: 'proxy',
  label: 'Proxy',
  why: 'For HTTPS traffic to Entra, Azure and its vaults',
  rule: 'http://host:port, without a user or password; empty for none',
  maxLength: 300,
  mono: true,
}
const caField: TextField = {
  kind: 'text',
  name: 'corporateCa',
  label: 'Corporate CA as PEM',
  why: 'Trusted for that traffic in addition to the system’s own; for proxies that look inside',
  rule: 'With its BEGIN and END lines; empty for none',
  maxLength: 200_000,
  multiline: true,
  mono: true,
}

/** Proxy and CA of the network. Main checks them; what it refuses is named at the field. */
export const CloudTraffic = ({ stored }: { stored: { proxy: string; corporateCa: string } }) => {
  const [proxy, setProxy] = useState(stored.proxy)
  const [corporateCa, setCorporateCa] = useState(stored.corporateCa)
  const [attempt, setAttempt] = useState(0)
  const save = useAction(async () => {
    await ask('settings.save', { proxy, corporateCa })
    snack('Settings saved')
  })
  const named: readonly FieldProblem[] = (save.problem?.fields ?? []).filter(({ field }) =>
    [proxyField.name, caField.name].includes(field),
  )
  const errorOf = (name: string): string | null => named.find(({ field }) => field === name)?.message ?? null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void save.run().then((done) => {
      if (!done) setAttempt((number) => number + 1)
    })
  }
  return (
    <Panel aria-labelledby="cloud-heading">
      <PanelHeading id="cloud-heading">Traffic to clouds</PanelHeading>
      <p>SQL Server connections never use a proxy, and their CA is set on each connection.</p>
      <form onSubmit={submit} noValidate>
        <Column>
          <ErrorSummary
            attempt={attempt}
            errors={named.map(({ field, message }) => ({ elementId: fieldId(field), message }))}
          />
          {save.problem === null || named.length > 0 ? null : <ProblemPanel problem={save.problem} />}
          <TextAnswer
            field={proxyField}
            value={proxy}
            onChange={(value) => setProxy(String(value))}
            error={errorOf('proxy')}
          />
          <TextAnswer
            field={caField}
            value={corporateCa}
            onChange={(value) => setCorporateCa(String(value))}
            error={errorOf('corporateCa')}
          />
          <div>
            <Button type="submit" variant="contained" aria-disabled={save.busy}>
              Save settings
            </Button>
          </div>
        </Column>
      </form>
    </Panel>
  )
}
