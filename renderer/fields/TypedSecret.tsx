import { useState, type ReactNode } from 'react'
import type { AnswerValue, SecretField, ShareField } from '../../shared/forms/form.ts'
import type { SecretRule } from '../../shared/forms/secret-rules.ts'
import { StatusMark } from '../ui/StatusMark.tsx'
import { describedBy, FieldShell } from './FieldShell.tsx'
import { fieldId } from './field-props.ts'
import { KeptSecret } from './KeptSecret.tsx'
import { RuleList, type RuleState } from './RuleList.tsx'
import { SecretInput, useSecretControl, type SecretControl } from './SecretInput.tsx'

const unread = (rules: readonly SecretRule[]): RuleState[] => rules.map(({ text }) => ({ text, met: null }))

export interface TypedSecretState {
  control: SecretControl
  shownRules: readonly RuleState[]
  /** Looks at each rule anew; nothing typed meets none and breaks none. */
  lookAtRules: () => void
  unmetRules: () => number
  /** Why main did not keep it. */
  refused: string | null
  setRefused: (words: string | null) => void
  /** Main had it, and has it no more. */
  gone: boolean
  setGone: (gone: boolean) => void
  /** It was kept: the next one begins as the first did. */
  begunAnew: () => void
}

/** What a field for a secret knows of it: never the secret. */
export const useTypedSecret = (rules: readonly SecretRule[]): TypedSecretState => {
  const control = useSecretControl()
  const [shownRules, setShownRules] = useState(() => unread(rules))
  const [refused, setRefused] = useState<string | null>(null)
  const [gone, setGone] = useState(false)
  return {
    ...{ control, shownRules, refused, setRefused, gone, setGone },
    lookAtRules: () =>
      setShownRules(
        control.look((text) =>
          rules.map((rule) => ({ text: rule.text, met: text === '' ? null : rule.met(text) })),
        ),
      ),
    unmetRules: () => control.look((text) => rules.filter(({ met }) => !met(text)).length),
    begunAnew: () => {
      setGone(false)
      setShownRules(unread(rules))
    },
  }
}

interface Props {
  field: SecretField | ShareField
  value: AnswerValue
  onChange: (value: AnswerValue) => void
  error: string | null
  secret: TypedSecretState
  /** Said where main has it no more. */
  goneWords: string
  onLeft: () => void
  /** Other ways to give it. */
  children?: ReactNode
}

/** The secret that main holds, or the input for one with its rules. */
export const TypedSecret = ({
  field,
  value,
  onChange,
  error,
  secret,
  goneWords,
  onLeft,
  children,
}: Props) => {
  if (typeof value === 'string' && value !== '')
    return (
      <KeptSecret
        field={field}
        handle={value}
        error={error}
        onReplace={() => onChange(null)}
        onGone={() => {
          secret.setGone(true)
          onChange(null)
        }}
      />
    )
  const shown = error ?? secret.refused
  const listId = `${fieldId(field.name)}-rules`
  return (
    <FieldShell texts={field} error={shown}>
      {secret.gone ? <StatusMark mark="old" word={goneWords} /> : null}
      <SecretInput
        id={fieldId(field.name)}
        control={secret.control}
        describedBy={`${describedBy(field, shown)} ${listId}`}
        invalid={shown !== null}
        onTyped={secret.lookAtRules}
        onLeft={onLeft}
      />
      <RuleList id={listId} rules={secret.shownRules} />
      {children}
    </FieldShell>
  )
}
