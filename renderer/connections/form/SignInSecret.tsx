import { useState } from 'react'
import type { SecretField } from '../../../shared/forms/form.ts'
import { secretRules } from '../../../shared/forms/secret-rules.ts'
import { fieldId } from '../../fields/field-props.ts'
import { describedBy, FieldShell } from '../../fields/FieldShell.tsx'
import { RuleList, type RuleState } from '../../fields/RuleList.tsx'
import { KeptSecret } from '../../fields/KeptSecret.tsx'
import { SecretInput, type SecretControl } from '../../fields/SecretInput.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'

interface Props {
  field: SecretField
  control: SecretControl
  /** Handle of the secret that main holds for this connection and address. */
  kept: string | null
  /** Why it has to be entered again; null: it does not. */
  again: string | null
  error: string | null
  onReplace: () => void
  onTyped: () => void
}

const rulesOf = ({ secretRule }: SecretField, text: string): RuleState[] =>
  secretRules[secretRule].map((rule) => ({ text: rule.text, met: text === '' ? null : rule.met(text) }))

/** The password of a sign-in. Unlike an answer of a wizard it goes to main on Save: its target has to be there first. */
export const SignInSecret = ({ field, control, kept, again, error, onReplace, onTyped }: Props) => {
  const [rules, setRules] = useState(() => rulesOf(field, ''))
  if (kept !== null)
    return <KeptSecret field={field} handle={kept} error={error} onReplace={onReplace} onGone={onReplace} />
  const listId = `${fieldId(field.name)}-rules`
  return (
    <FieldShell texts={field} error={error}>
      <div role="status">{again === null ? null : <StatusMark mark="attention" word={again} />}</div>
      <SecretInput
        id={fieldId(field.name)}
        control={control}
        describedBy={`${describedBy(field, error)} ${listId}`}
        invalid={error !== null}
        maxLength={field.secretRule === 'client-certificate' ? 16_000 : 4096}
        onTyped={() => {
          setRules(control.look((text) => rulesOf(field, text)))
          onTyped()
        }}
      />
      <RuleList id={listId} rules={rules} />
    </FieldShell>
  )
}
