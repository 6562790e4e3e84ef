import { useEffect, useRef, useState } from 'react'
import type { FieldProblem } from '../../../shared/errors/problem.ts'
import type { SecretField } from '../../../shared/forms/form.ts'
import { unmetRules } from '../../../shared/forms/secret-rules.ts'
import type { AzureConnection } from '../../../shared/ipc/schemas.ts'
import { go, hashOf, setLeaveGuard } from '../../app/routes.ts'
import { useSecretControl, type SecretControl } from '../../fields/SecretInput.tsx'
import { keptHandle } from '../connection-words.ts'
import { saveConnection } from '../form/save-connection.ts'
import {
  azureAnswers,
  azureFormState,
  azureProblems,
  isMoved,
  type AzureFormState,
} from './azure-form-state.ts'
import { secretFieldOf } from './texts.ts'
import { useSaving, type Saving } from './use-saving.ts'

const droppedWords = 'The kept secret was dropped; enter it again'
const willDropWords =
  'Cloud, tenant, subscription or client changed, so the kept secret is dropped on saving; enter it again'

export interface AzureFormControl {
  form: AzureFormState
  change: (part: Partial<AzureFormState>) => void
  saving: Saving
  secretField: SecretField | null
  secret: SecretControl
  /** The handle to show as kept; null: the secret has to be typed. */
  kept: string | null
  again: string | null
  replaceSecret: () => void
  problems: () => FieldProblem[]
  submit: () => Promise<void>
}

/** State and acts of the form. The secret is in its input alone; here there is a handle at most. */
export const useAzureForm = (before: AzureConnection | null): AzureFormControl => {
  const [start] = useState(() => azureFormState(before))
  const [form, setForm] = useState(start)
  const [held, setHeld] = useState(() => {
    const handle = before === null ? null : keptHandle(before)
    return before === null || handle === null ? null : { handle, signIn: before.signIn.kind }
  })
  const [replacing, setReplacing] = useState(false)
  const [dropped, setDropped] = useState(false)
  const saving = useSaving()
  const id = useRef<string | null>(before?.id ?? null)
  const secret = useSecretControl()
  const secretField = secretFieldOf(form.signIn)

  // A kept secret has one purpose: another way to sign in needs its own.
  const handle = held?.signIn === form.signIn ? held.handle : null
  const moved = before !== null && handle !== null && isMoved(before, form)
  const kept = moved || replacing ? null : handle
  useEffect(() => {
    if (dropped) secret.focus()
  }, [dropped, secret])

  const unsaved = JSON.stringify(form) !== JSON.stringify(start)
  useEffect(() => {
    setLeaveGuard(() => {
      if (!secret.isEmpty()) return 'The secret that you typed and other changes on this page are not saved.'
      return unsaved ? 'What you changed on this page is not saved.' : null
    })
    return () => setLeaveGuard(null)
  }, [secret, unsaved])

  const secretProblem = (): FieldProblem[] => {
    if (secretField === null || kept !== null) return []
    const { name, label, secretRule } = secretField
    if (secret.isEmpty()) {
      return id.current === null ? [{ field: name, message: `Enter the ${label.toLowerCase()}` }] : []
    }
    const unmet = secret.look((text) => unmetRules(secretRule, text))
    return unmet.length === 0 ? [] : [{ field: name, message: `${label}: ${unmet.join('; ')}` }]
  }
  const problems = (): FieldProblem[] => [...azureProblems(form), ...secretProblem()]

  const submit = (): Promise<void> =>
    saving.save(problems(), async () => {
      const saved = await saveConnection({
        id: id.current,
        answers: (withHandle) => azureAnswers(form, withHandle),
        kept: handle,
        secret:
          secretField === null
            ? null
            : { field: secretField, control: secret, label: `${secretField.label} of ${form.name.trim()}` },
        onId: (known) => {
          id.current = known
        },
        onKept: (fresh) => {
          setHeld({ handle: fresh, signIn: form.signIn })
          setReplacing(false)
        },
      })
      if (saved.droppedCredential) {
        setHeld(null)
        setDropped(true)
        return
      }
      setLeaveGuard(null)
      go(hashOf.connection(saved.id))
    })

  return {
    form,
    change: (part) => {
      const next = { ...form, ...part }
      setForm(next)
      saving.again(azureProblems(next))
    },
    saving,
    secretField,
    secret,
    kept,
    again: dropped ? droppedWords : moved ? willDropWords : null,
    replaceSecret: () => setReplacing(true),
    problems,
    submit,
  }
}
