import { useEffect, useRef, useState } from 'react'
import type { FieldProblem } from '../../../shared/errors/problem.ts'
import type { SecretField } from '../../../shared/forms/form.ts'
import { unmetRules } from '../../../shared/forms/secret-rules.ts'
import { go, hashOf, setLeaveGuard } from '../../app/routes.ts'
import { useSecretControl, type SecretControl } from '../../fields/SecretInput.tsx'
import { saveConnection } from './save-connection.ts'
import { useSaving, type Saving } from './use-saving.ts'

/** What a person types and chooses for a system that Keyturn signs in to. No secret is in it. */
interface SignInState {
  name: string
  signIn: string
}

/** What one kind of connection puts into its form; the rest is the same for all that keep a secret of their own. */
export interface SignInShape<Form extends SignInState> {
  /** What main holds; null: a new connection. */
  before: { id: string; handle: string | null } | null
  /** The form as stored, and as it begins: something may have been put in for the person. */
  stored: () => Form
  begun: () => Form
  answersOf: (form: Form, handle: string | null) => Record<string, unknown>
  /** What needs a change, the secret aside. */
  problemsIn: (form: Form) => FieldProblem[]
  /** True when the kept secret would be sent to another place than the one it was kept for. */
  isMoved: (form: Form) => boolean
  /** The secret of a way to sign in; null: it needs none. */
  secretFieldOf: (signIn: Form['signIn']) => SecretField | null
  words: { dropped: string; willDrop: string; typed: string }
}

export interface SignInForm<Form> {
  form: Form
  change: (part: Partial<Form>) => void
  saving: Saving
  secretField: SecretField | null
  secret: SecretControl
  /** The handle to show as kept; null: the secret has to be typed. */
  kept: string | null
  /** Why the secret has to be entered again; null: it does not. */
  again: string | null
  replaceSecret: () => void
  secretTyped: () => void
  submit: () => Promise<void>
}

/** State and acts of the form. The secret is in its input alone; here there is a handle at most. */
export const useSignInForm = <Form extends SignInState>(shape: SignInShape<Form>): SignInForm<Form> => {
  const { before, answersOf, problemsIn, words } = shape
  const [stored] = useState(shape.stored)
  const [form, setForm] = useState(shape.begun)
  const [held, setHeld] = useState(() =>
    before === null || before.handle === null ? null : { handle: before.handle, signIn: stored.signIn },
  )
  const [replacing, setReplacing] = useState(false)
  const [dropped, setDropped] = useState(false)
  const saving = useSaving()
  const id = useRef<string | null>(before?.id ?? null)
  const secret = useSecretControl()
  const secretField = shape.secretFieldOf(form.signIn)

  // A kept secret has one purpose: another way to sign in needs its own.
  const handle = held?.signIn === form.signIn ? held.handle : null
  const moved = before !== null && handle !== null && shape.isMoved(form)
  const kept = moved || replacing ? null : handle
  useEffect(() => {
    if (dropped) secret.focus()
  }, [dropped, secret])

  const unsaved = JSON.stringify(form) !== JSON.stringify(stored)
  useEffect(() => {
    setLeaveGuard(() => {
      if (!secret.isEmpty()) return words.typed
      return unsaved ? 'What you changed on this page is not saved.' : null
    })
    return () => setLeaveGuard(null)
  }, [secret, unsaved, words.typed])

  const secretProblem = (): FieldProblem[] => {
    if (secretField === null || kept !== null) return []
    const { name, label, secretRule } = secretField
    if (secret.isEmpty())
      return id.current === null ? [{ field: name, message: `Enter the ${label.toLowerCase()}` }] : []
    const unmet = secret.look((text) => unmetRules(secretRule, text))
    return unmet.length === 0 ? [] : [{ field: name, message: `${label}: ${unmet.join('; ')}` }]
  }
  const submit = (): Promise<void> =>
    saving.save([...problemsIn(form), ...secretProblem()], async () => {
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
    })

  return {
    form,
    change: (part) => {
      const next = { ...form, ...part }
      setForm(next)
      // What is wrong with the secret stays until that is typed anew.
      const asked = shape.secretFieldOf(next.signIn)?.name
      saving.again([...problemsIn(next), ...saving.errors.filter(({ field }) => field === asked)])
    },
    saving,
    secretField,
    secret,
    kept,
    again: dropped ? words.dropped : moved ? words.willDrop : null,
    replaceSecret: () => setReplacing(true),
    secretTyped: () => {
      const others = saving.errors.filter(({ field }) => field !== secretField?.name)
      saving.again([...others, ...secretProblem()])
    },
    submit,
  }
}
