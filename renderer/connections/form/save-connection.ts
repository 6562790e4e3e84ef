import type { SecretField } from '../../../shared/forms/form.ts'
import { ask, problemFrom, ProblemError } from '../../bridge/index.ts'
import type { SecretControl } from '../../fields/SecretInput.tsx'

export interface ToSave {
  /** Null: it is new. */
  id: string | null
  /** The answers with this handle as their secret. */
  answers: (handle: string | null) => Record<string, unknown>
  /** Handle of the secret that main holds already. */
  kept: string | null
  /** Null: this way to sign in needs no secret. */
  secret: { field: SecretField; control: SecretControl; label: string } | null
  /** Told as soon as main knows the connection, so that another try does not add a second one. */
  onId: (id: string) => void
  onKept: (handle: string) => void
}

/** A label of a kept secret has at most 128 characters. */
const labelOf = (text: string): string => Array.from(text).slice(0, 60).join('')

/** Main names what a secret lacks by its label; the form knows it by its field. */
const atField =
  (field: string) =>
  (thrown: unknown): never => {
    const { fields, ...problem } = problemFrom(thrown)
    throw new ProblemError(
      fields === undefined ? problem : { ...problem, fields: fields.map((one) => ({ ...one, field })) },
    )
  }

/**
 * A secret is kept for one target, so the target has to be there first: save, keep, save with the handle. The first
 * save still names the old handle, so that main drops that secret when the address changed. Throws ProblemError.
 */
export const saveConnection = async (wanted: ToSave): Promise<{ id: string; droppedCredential: boolean }> => {
  const { secret, answers, kept } = wanted
  const saved = await ask('connections.save', { id: wanted.id, connection: answers(kept) })
  wanted.onId(saved.id)
  if (secret === null || secret.control.isEmpty()) return saved
  const bytes = new TextEncoder().encode(secret.control.take())
  try {
    const { handle } = await ask('secrets.keep', {
      purpose: secret.field.purpose,
      target: saved.id,
      label: labelOf(secret.label),
      rule: secret.field.secretRule,
      bytes,
    }).catch(atField(secret.field.name))
    wanted.onKept(handle)
    await ask('connections.save', { id: saved.id, connection: answers(handle) })
  } finally {
    bytes.fill(0)
  }
  return { id: saved.id, droppedCredential: false }
}
