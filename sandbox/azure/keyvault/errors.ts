import { refuse, type Reply } from '../http.ts'

/** The error body of the data plane; an inner code where the service sends one. */
export const vaultError = (
  status: number,
  code: string,
  message: string,
  inner?: string,
  headers?: Readonly<Record<string, string>>,
): Reply => ({
  status,
  body: { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } },
  ...(headers === undefined ? {} : { headers }),
})

export const badParameter = (message: string): Reply => vaultError(400, 'BadParameter', message)
export const refuseParameter = (message: string): never => refuse(badParameter(message))

export const keyNotFound = (name: string): Reply =>
  vaultError(
    404,
    'KeyNotFound',
    `A key with (name/id) ${name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  )

export const deletedButRecoverable = (name: string): Reply =>
  vaultError(
    409,
    'Conflict',
    `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  )

export const beingDeleted = (name: string): Reply =>
  vaultError(409, 'Conflict', `Key ${name} is currently being deleted.`, 'ObjectIsBeingDeleted')

export const purgeProtected = (): Reply =>
  vaultError(
    403,
    'Forbidden',
    'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.',
  )

export const keyDisabled = (operation: string): Reply =>
  vaultError(403, 'Forbidden', `Operation ${operation} is not allowed on a disabled key.`, 'KeyDisabled')

export const outsideValidity = (operation: string, which: 'KeyExpired' | 'KeyNotYetValid'): Reply =>
  vaultError(
    403,
    'Forbidden',
    `Operation ${operation} is not allowed on ${which === 'KeyExpired' ? 'an expired key' : 'a key that is not yet valid'}.`,
    which,
  )

export const notPermittedByKey = (operation: string): Reply =>
  vaultError(
    403,
    'Forbidden',
    `Operation ${operation} is not permitted on this key.`,
    'KeyOperationForbidden',
  )

export const throttled = (retryAfter: number | null): Reply =>
  vaultError(
    429,
    'Throttled',
    'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
    undefined,
    retryAfter === null ? undefined : { 'retry-after': String(retryAfter) },
  )
