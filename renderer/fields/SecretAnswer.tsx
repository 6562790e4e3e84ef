import Button from '@mui/material/Button'
import { useEffect, useRef, useState } from 'react'
import type { SecretField, ShareField } from '../../shared/forms/form.ts'
import { secretRules } from '../../shared/forms/secret-rules.ts'
import { ask, problemFrom, useAsk } from '../bridge/index.ts'
import { clockTime, count } from '../ui/format.ts'
import { ButtonRow, Muted } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { useOnScreen, type Commit } from './commits.ts'
import { describedBy, FieldShell } from './FieldShell.tsx'
import { fieldId, type FieldProps } from './field-props.ts'
import { RuleList, type RuleState } from './RuleList.tsx'
import { SecretInput, useSecretControl } from './SecretInput.tsx'

interface KeptProps {
  field: SecretField | ShareField
  handle: string
  error: string | null
  onReplace: () => void
  onGone: () => void
}

/** A secret that main holds: its name and time, never its text. */
export const KeptSecret = ({ field, handle, error, onReplace, onGone }: KeptProps) => {
  const { value, problem } = useAsk('secrets.about', { handle })
  const gone = value?.found === false
  useEffect(() => {
    if (gone) onGone()
  }, [gone, onGone])
  return (
    <FieldShell texts={field} error={error ?? problem?.title ?? null} group="group">
      <ButtonRow>
        <StatusMark
          mark="ok"
          word={
            value === null || value.keptAt === null
              ? `Kept as «${value?.label ?? field.label}»`
              : `Kept as «${value.label}», entered ${clockTime(value.keptAt)}`
          }
        />
        <Button
          size="small"
          variant="outlined"
          onClick={onReplace}
          aria-label={`Replace ${field.label.toLowerCase()}`}
        >
          Replace
        </Button>
      </ButtonRow>
    </FieldShell>
  )
}

const rulesOf = (field: SecretField): RuleState[] =>
  secretRules[field.secretRule].map(({ text }) => ({ text, met: null }))

/** The one place of a form where a secret is typed. It leaves once, as bytes; what stays in the answers is a handle. */
export const SecretAnswer = (props: FieldProps<SecretField>) => {
  const { field, value, onChange, error, target = null } = props
  const control = useSecretControl()
  const [rules, setRules] = useState(() => rulesOf(field))
  const [refused, setRefused] = useState<string | null>(null)
  const [gone, setGone] = useState(false)
  const [busy, setBusy] = useState(false)
  const underWay = useRef<Promise<Commit> | null>(null)
  const kept = typeof value === 'string' && value !== ''

  const hold = (request: Promise<{ handle: string }>): Promise<Commit> => {
    setBusy(true)
    setRefused(null)
    const outcome = request.then(
      ({ handle }): Commit => {
        setGone(false)
        setRules(rulesOf(field))
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
    const unmet = control.look((text) => secretRules[field.secretRule].filter(({ met }) => !met(text)).length)
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

  if (kept)
    return (
      <KeptSecret
        field={field}
        handle={value}
        error={error}
        onReplace={() => onChange(null)}
        onGone={() => {
          setGone(true)
          onChange(null)
        }}
      />
    )
  const shown = error ?? refused
  const listId = `${fieldId(field.name)}-rules`
  return (
    <FieldShell texts={field} error={shown}>
      {gone ? <StatusMark mark="old" word="Enter again: kept only until lock" /> : null}
      <SecretInput
        id={fieldId(field.name)}
        control={control}
        describedBy={`${describedBy(field, shown)} ${listId}`}
        invalid={shown !== null}
        onTyped={() =>
          setRules(
            control.look((text) =>
              secretRules[field.secretRule].map((rule) => ({
                text: rule.text,
                met: text === '' ? null : rule.met(text),
              })),
            ),
          )
        }
        onLeft={() => void commit()}
      />
      <RuleList id={listId} rules={rules} />
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
    </FieldShell>
  )
}
