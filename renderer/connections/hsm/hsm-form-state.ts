import type { FieldProblem } from '../../../shared/errors/problem.ts'
import { hsmConnectionAnswers } from '../../../shared/forms/hsm-connection.ts'
import type { HsmConnection } from '../../../shared/ipc/schemas.ts'

/** What a person chose. Flat; no secret is in it. */
export interface HsmFormState {
  name: string
  environment: 'production' | 'test'
  signIn: 'kept' | 'asked'
  /** Main's id of a file; empty: the one that the connection has, or none yet. */
  module: string
  serial: string
  label: string
}

export const hsmFormState = (before: HsmConnection | null): HsmFormState => ({
  name: before?.name ?? '',
  environment: before?.environment === 'test' ? 'test' : 'production',
  signIn: before !== null && before.pin === null ? 'asked' : 'kept',
  module: '',
  serial: before?.serial ?? '',
  label: before?.label ?? '',
})

export const hsmAnswers = (form: HsmFormState, handle: string | null): Record<string, unknown> => ({
  kind: 'hsm',
  name: form.name,
  environment: form.environment,
  module: form.module === '' ? null : form.module,
  serial: form.serial,
  label: form.label,
  pin: form.signIn === 'kept' ? handle : null,
})

/** The same rules as main's. Main checks again. */
export const hsmProblems = (form: HsmFormState, isNew: boolean): FieldProblem[] => {
  const checked = hsmConnectionAnswers.safeParse(hsmAnswers(form, null))
  const rest = checked.success
    ? []
    : checked.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  return isNew && form.module === '' ? [{ field: 'module', message: 'Choose the module' }, ...rest] : rest
}

/** True when the kept PIN would be of another token, or seen by another file. */
export const isMoved = (before: HsmConnection, form: HsmFormState): boolean =>
  form.module !== '' || form.serial !== before.serial
