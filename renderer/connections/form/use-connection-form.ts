import { useEffect, useRef, useState } from 'react'
import type { FieldProblem, Problem } from '../../../shared/errors/problem.ts'
import type { SecretField } from '../../../shared/forms/form.ts'
import { unmetRules } from '../../../shared/forms/secret-rules.ts'
import type { SqlConnection } from '../../../shared/ipc/schemas.ts'
import { go, hashOf, setLeaveGuard } from '../../app/routes.ts'
import { problemFrom } from '../../bridge/index.ts'
import { useSecretControl, type SecretControl } from '../../fields/SecretInput.tsx'
import { keptHandle } from '../connection-words.ts'
import { answersOf, formStateOf, isMoved, problemsIn, type FormState } from './form-state.ts'
import { saveConnection } from './save-connection.ts'
import { secretFieldOf } from './texts.ts'

const droppedWords = 'The kept password was dropped; enter it again'
const willDropWords = 'Host, port or trust changed, so the kept password is dropped on saving; enter it again'

export interface FormControl {
  form: FormState
  change: (part: Partial<FormState>) => void
  errors: readonly FieldProblem[]
  /** Grows with each refused try. */
  attempt: number
  problem: Problem | null
  busy: boolean
  secretField: SecretField | null
  secret: SecretControl
  /** The handle to show as kept; null: the secret has to be typed. */
  kept: string | null
  again: string | null
  replaceSecret: () => void
  secretTyped: () => void
  submit: () => Promise<void>
}

const heldIn = (before: SqlConnection | null): { handle: string; signIn: FormState['signIn'] } | null => {
  const handle = before === null ? null : keptHandle(before)
  return before === null || handle === null ? null : { handle, signIn: before.authentication.kind }
}

/** State and acts of the form. The secret is in its input alone; here there is a handle at most. */
export const useConnectionForm = (before: SqlConnection | null, pin: string | null): FormControl => {
  const [start] = useState(() => formStateOf(before, null))
  const [form, setForm] = useState(() => formStateOf(before, pin))
  const [held, setHeld] = useState(() => heldIn(before))
  const [replacing, setReplacing] = useState(false)
  const [dropped, setDropped] = useState(false)
  const [errors, setErrors] = useState<readonly FieldProblem[]>([])
  const [attempt, setAttempt] = useState(0)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
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
      if (!secret.isEmpty())
        return 'The password that you typed and other changes on this page are not saved.'
      return unsaved ? 'What you changed on this page is not saved.' : null
    })
    return () => setLeaveGuard(null)
  }, [secret, unsaved])

  const secretProblem = (): FieldProblem[] => {
    if (secretField === null || kept !== null) return []
    const { name, label, secretRule } = secretField
    if (secret.isEmpty()) {
      const needed = id.current === null
      return needed ? [{ field: name, message: `Enter the ${label.toLowerCase()}` }] : []
    }
    const unmet = secret.look((text) => unmetRules(secretRule, text))
    return unmet.length === 0 ? [] : [{ field: name, message: `${label}: ${unmet.join('; ')}` }]
  }
  const refuse = (found: readonly FieldProblem[]) => {
    setErrors(found)
    setAttempt((number) => number + 1)
  }
  const change = (part: Partial<FormState>) => {
    const next = { ...form, ...part }
    setForm(next)
    if (errors.length === 0) return
    // Only what was shown is checked again while typing; new errors wait for the next try.
    const still = new Map(problemsIn(next).map(({ field, message }) => [field, message]))
    setErrors(
      errors.flatMap((error) => {
        if (error.field === secretField?.name) return [error]
        const message = still.get(error.field)
        return message === undefined ? [] : [{ field: error.field, message }]
      }),
    )
  }
  const submit = async (): Promise<void> => {
    if (busy) return
    setProblem(null)
    const found = [...problemsIn(form), ...secretProblem()]
    if (found.length > 0) return refuse(found)
    setErrors([])
    setBusy(true)
    try {
      const saved = await saveConnection({
        id: id.current,
        answers: (withHandle) => answersOf(form, withHandle),
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
    } catch (thrown) {
      const told = problemFrom(thrown)
      const fields = told.code === 'answers-incomplete' ? (told.fields ?? []) : []
      const known = fields.map(({ field, message }) => ({
        field: secretField !== null && field.startsWith(secretField.label) ? secretField.name : field,
        message,
      }))
      if (known.length > 0) refuse(known)
      else setProblem(told)
    } finally {
      setBusy(false)
    }
  }
  return {
    form,
    change,
    errors,
    attempt,
    problem,
    busy,
    secretField,
    secret,
    kept,
    again: dropped ? droppedWords : moved ? willDropWords : null,
    replaceSecret: () => setReplacing(true),
    secretTyped: () => setErrors((shown) => shown.filter(({ field }) => field !== secretField?.name)),
    submit,
  }
}
