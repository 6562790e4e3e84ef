import type { Failure, HsmErrorCode } from '../messages.ts'

/** The only error that the child's own code throws on purpose. */
export class Refusal extends Error {
  readonly failure: Failure

  constructor(
    code: HsmErrorCode,
    params: Record<string, string> = {},
    more: Partial<Pick<Failure, 'vendor' | 'lost'>> = {},
  ) {
    super(code)
    this.failure = { code, params, vendor: more.vendor ?? null, lost: more.lost ?? false }
  }
}

export interface Ckr {
  name: string
  number: number
}

/**
 * What the loader throws, in three forms: an error with a code, one with the number only in its text, and a TypeError
 * for arguments that it does not take. Null: no answer of a module.
 */
export const ckrOf = (thrown: unknown): Ckr | null => {
  if (!(thrown instanceof Error)) return null
  const [, name, digits] = /(CKR_\w+)(?::(\d+))?/.exec(thrown.message) ?? []
  const { code } = thrown as { code?: unknown }
  const number = digits !== undefined ? Number(digits) : typeof code === 'number' ? code : 0
  return name === undefined ? null : { name: name.slice(0, 64), number }
}

const codesOf: Readonly<Record<string, HsmErrorCode>> = {
  CKR_PIN_INCORRECT: 'hsm-pin-wrong',
  CKR_PIN_LOCKED: 'hsm-pin-locked',
  CKR_PIN_INVALID: 'hsm-pin-length',
  CKR_PIN_LEN_RANGE: 'hsm-pin-length',
  CKR_USER_PIN_NOT_INITIALIZED: 'hsm-pin-not-set',
  CKR_USER_NOT_LOGGED_IN: 'hsm-not-logged-in',
  CKR_SESSION_HANDLE_INVALID: 'hsm-token-gone',
  CKR_SESSION_CLOSED: 'hsm-token-gone',
  CKR_CRYPTOKI_NOT_INITIALIZED: 'hsm-token-gone',
  CKR_DEVICE_REMOVED: 'hsm-token-gone',
  CKR_DEVICE_ERROR: 'hsm-token-gone',
  CKR_TOKEN_NOT_PRESENT: 'hsm-token-gone',
  CKR_TOKEN_NOT_RECOGNIZED: 'hsm-token-gone',
  CKR_OBJECT_HANDLE_INVALID: 'hsm-object-gone',
  CKR_KEY_HANDLE_INVALID: 'hsm-object-gone',
  CKR_WRAPPING_KEY_HANDLE_INVALID: 'hsm-object-gone',
  CKR_UNWRAPPING_KEY_HANDLE_INVALID: 'hsm-object-gone',
  CKR_KEY_UNEXTRACTABLE: 'hsm-not-extractable',
  CKR_KEY_NOT_WRAPPABLE: 'hsm-not-wrappable',
  CKR_KEY_SIZE_RANGE: 'hsm-not-wrappable',
  CKR_MECHANISM_INVALID: 'hsm-mechanism',
  CKR_MECHANISM_PARAM_INVALID: 'hsm-mechanism',
  CKR_ARGUMENTS_BAD: 'hsm-mechanism',
  CKR_FUNCTION_NOT_SUPPORTED: 'hsm-mechanism',
  CKR_KEY_FUNCTION_NOT_PERMITTED: 'hsm-mechanism',
  CKR_KEY_TYPE_INCONSISTENT: 'hsm-mechanism',
  CKR_WRAPPING_KEY_TYPE_INCONSISTENT: 'hsm-mechanism',
  CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT: 'hsm-mechanism',
  CKR_TEMPLATE_INCOMPLETE: 'hsm-mechanism',
  CKR_TEMPLATE_INCONSISTENT: 'hsm-mechanism',
  CKR_ATTRIBUTE_TYPE_INVALID: 'hsm-mechanism',
  CKR_CURVE_NOT_SUPPORTED: 'hsm-mechanism',
  CKR_ATTRIBUTE_READ_ONLY: 'hsm-attribute',
  CKR_ATTRIBUTE_VALUE_INVALID: 'hsm-attribute',
  CKR_ACTION_PROHIBITED: 'hsm-attribute',
  CKR_SESSION_READ_ONLY: 'hsm-read-only',
  CKR_SESSION_READ_ONLY_EXISTS: 'hsm-read-only',
  CKR_TOKEN_WRITE_PROTECTED: 'hsm-read-only',
  CKR_DEVICE_MEMORY: 'hsm-full',
  CKR_OPERATION_ACTIVE: 'hsm-out-of-step',
  CKR_OPERATION_NOT_INITIALIZED: 'hsm-out-of-step',
  CKR_BUFFER_TOO_SMALL: 'hsm-out-of-step',
}

/** Bytes that a key does not open: which of our errors that is depends on what was asked. */
const badBytes = new Set([
  'CKR_WRAPPED_KEY_INVALID',
  'CKR_WRAPPED_KEY_LEN_RANGE',
  'CKR_ENCRYPTED_DATA_INVALID',
  'CKR_ENCRYPTED_DATA_LEN_RANGE',
  'CKR_DATA_INVALID',
  'CKR_DATA_LEN_RANGE',
  'CKR_GENERAL_ERROR',
  'CKR_FUNCTION_FAILED',
])

/** An answer of a module as ours. `bad`: the error for bytes that the key does not open, where the operation has one. */
export const failureOf = (ckr: Ckr, bad: HsmErrorCode | null, stillThere: () => boolean): Failure => {
  const code = codesOf[ckr.name] ?? (bad !== null && badBytes.has(ckr.name) ? bad : 'hsm-failed')
  // Nobody is logged in where somebody was: what was found before is hidden, and the PIN is needed again.
  if (code === 'hsm-token-gone' || code === 'hsm-out-of-step' || code === 'hsm-not-logged-in')
    return { code, params: {}, vendor: ckr, lost: true }
  // A removed token answers with errors that mean something else while it is there.
  const doubtful = code === 'hsm-failed' || code === 'hsm-object-gone' || code === bad
  if (doubtful && !stillThere()) return { code: 'hsm-token-gone', params: {}, vendor: ckr, lost: true }
  return { code, params: {}, vendor: ckr, lost: false }
}
