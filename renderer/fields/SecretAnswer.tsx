import Button from '@mui/material/Button'
import { useRef, useState } from 'react'
import type { SecretField } from '../../shared/forms/form.ts'
import { secretRules } from '../../shared/forms/secret-rules.ts'
import { ask, problemFrom } from '../bridge/index.ts'
import { count } from '../ui/format.ts'
import { ButtonRow, Muted } from '../ui/Panel.tsx'
import { useOnScreen, type Commit } from './commits.ts'
import type { FieldProps } from './field-props.ts'
import { TypedSecret, useTypedSecret } from './TypedSecret.tsx'

/** The one place of a form where a secret is typed. It leaves once, as bytes; what stays in the answers is a handle. */
export const SecretAnswer = (props: FieldProps<SecretField>) => {
  const { field, value, onChange, error, target = null } = props
  const secret = useTypedSecret(secretRules[field.secretRule])
  const { control, setRefused } = secret
  const [busy, setBusy] = useState(false)
  const underWay = useRef<Promise<Commit> | null>(null)
  const kept = typeof value === 'string' && value !== ''

  const hold = (request: Promise<{ handle: string }>): Promise<Commit> => {
    setBusy(true)
    setRefused(null)
    const outcome = request.then(
      ({ handle }): Commit => {
        secret.begunAnew()
        onChange(handle)
        return 'kept'
      },
      (thrown: unknown): Commit => {
        const problem = problemFrom(thrown)
        const words = `${field.label} was not kept: ${problem.title}`
        setRefused(words)
        return { refused: words }
      },
    )
    underWay.current = outcome
    return outcome.finally(() => {
      underWay.current = null
      setBusy(false)
    })
  }

  const commit = async (): Promise<Commit> => {
    if (underWay.current) return underWay.current
    if (kept || control.isEmpty()) return 'empty'
    const unmet = secret.unmetRules()
    if (unmet > 0) return { refused: `${field.label}: ${count(unmet, 'rule is', 'rules are')} not met` }
    const bytes = new TextEncoder().encode(control.take())
    try {
      return await hold(
        ask('secrets.keep', {
          purpose: field.purpose,
          target,
          label: field.label,
          rule: field.secretRule,
          bytes,
        }),
      )
    } finally {
      bytes.fill(0)
    }
  }
  useOnScreen(field.name, { label: field.label, commit, hasText: () => !kept && !control.isEmpty() })

  return (
    <TypedSecret
      {...{ field, value, onChange, error, secret }}
      goneWords="Enter again: kept only until lock"
      onLeft={() => void commit()}
    >
      {field.canGenerate && !field.existing ? (
        <ButtonRow>
          <Button
            size="small"
            variant="outlined"
            aria-disabled={busy}
            onClick={() => {
              control.take()
              void hold(ask('secrets.generate', { purpose: field.purpose, target, label: field.label }))
            }}
          >
            Generate
          </Button>
          <Muted>Made and kept by Keyturn; nothing is shown here</Muted>
        </ButtonRow>
      ) : null}
    </TypedSecret>
  )
}
