import { SqlError } from '../errors.ts'
import type { ConnectorFailure } from './failure.ts'

/** What the engine says about the codes that belong to its own interface; it knows no others. */
const KNOWN: Readonly<Record<number, string>> = {
  1: 'Failure',
  2: 'Insufficient Buffer',
  3: 'Not Supported',
  4: 'Object Not Found',
  5: 'Authentication Failure',
  6: 'Invalid Argument',
}
const PROVIDER_ERROR = 'Provider Error - No explanation is available, consult EKM Provider for details'

const tail = (code: number): string => {
  const known = KNOWN[code]
  return known === undefined ? PROVIDER_ERROR : `${known} - Consult EKM Provider for details`
}

/** 33028 where there was no session with the vault, 33049 where there was no key: `key` is "name 'k'" or "thumbprint '0x..'". */
export function providerError({ code, stage }: ConnectorFailure, provider: string, key: string): SqlError {
  return stage === 'session'
    ? new SqlError(
        33028,
        `Cannot open session for cryptographic provider '${provider}'. Provider error code: ${code}.  (${tail(code)})`,
      )
    : new SqlError(
        33049,
        `Key with ${key} does not exist in the provider or access is denied. Provider error code: ${code}.  (${tail(code)})`,
        { state: 2 },
      )
}

export const cannotCreateKey = (key: string, code: number): SqlError =>
  new SqlError(
    33035,
    `Cannot create key '${key}' in the provider. Provider error code: ${code}.  (${tail(code)})`,
  )

export const providerDisabled = (name: string): SqlError =>
  new SqlError(33031, `Cryptographic provider '${name}' is in disabled mode.`)

export const providerUnavailable = (): SqlError =>
  new SqlError(33030, 'Cryptographic provider is not available.')

export const noCredentialFor = (principal: string, provider: string): SqlError =>
  new SqlError(
    33046,
    `Server principal '${principal}' has no credential associated with cryptographic provider '${provider}'.`,
  )

export const noLoginFor = (key: string, provider: string): SqlError =>
  new SqlError(
    33121,
    `The asymmetric key '${key}' does not have a login associated with it. Create a login and credential for this key to automatically access the extensible key management provider '${provider}'.`,
  )
