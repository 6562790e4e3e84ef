import { scrypt } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { Clock } from '../ports/clock.ts'
import type { KdfFacts } from '../ports/keyring.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'

export interface ScryptParameters {
  N: number
  r: number
  p: number
}

/** What this program makes and what it accepts. Tests pass a smaller one; nothing else does. */
export interface KdfPolicy {
  /** The least work that is made. A keyring with less is given this much at its next unlock. */
  minimumN: number
  /** The least work that is opened at all: a file can't talk Keyturn into less. Default: `minimumN`. */
  acceptedN?: number
  /** Up to here N is doubled when calibrating (memory: 128 * N * r bytes); from there on p is. */
  preferredMaximumN: number
  /** More than this is refused before anything is computed: a file can't make Keyturn take all memory. */
  maximumN: number
  maximumP: number
  /** A new keyring's derivation takes at least this long on the machine that makes it, in milliseconds. */
  targetMs: number
}

export const productionPolicy: KdfPolicy = {
  minimumN: 2 ** 17,
  acceptedN: 2 ** 17,
  preferredMaximumN: 2 ** 18,
  maximumN: 2 ** 20,
  maximumP: 16,
  targetMs: 250,
}

const blockSize = 8
/** 32 bytes wrap the master key, 32 tell a wrong passphrase from a damaged file. */
const derivedLength = 64

/** Throws `keyring-parameters`, naming the parameter, before any work is done. */
export const assertParameters = ({ N, r, p }: ScryptParameters, policy: KdfPolicy): void => {
  const refused = (what: string): never => {
    throw new KeyturnError('keyring-parameters', { what })
  }
  if (!Number.isSafeInteger(N) || (N & (N - 1)) !== 0) refused('N is not a power of two')
  const accepted = policy.acceptedN ?? policy.minimumN
  if (N < accepted) refused(`N is below ${accepted}`)
  if (N > policy.maximumN) refused(`N is above ${policy.maximumN}`)
  if (r !== blockSize) refused(`r is not ${blockSize}`)
  if (!Number.isSafeInteger(p) || p < 1 || p > policy.maximumP) refused(`p is not 1 to ${policy.maximumP}`)
}

/** scrypt off the main thread. The caller wipes the result. */
export const derive = (
  passphrase: Uint8Array,
  salt: Uint8Array,
  parameters: ScryptParameters,
): Promise<SecretBytes> => {
  const { N, r, p } = parameters
  const maxmem = 128 * r * (N + p + 2) + 2 ** 20
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, derivedLength, { N, r, p, maxmem }, (error, bytes) => {
      if (error === null) resolve(SecretBytes.take(bytes))
      else reject(error)
    })
  })
}

/** What may be said of them. */
export const kdfFacts = ({ name, N, r, p, measuredMs }: KdfFacts): KdfFacts => ({ name, N, r, p, measuredMs })

export interface Calibrated {
  parameters: ScryptParameters
  measuredMs: number
  derived: SecretBytes
}

/**
 * Derives with growing work until it takes as long as the policy asks; the last derivation is the one that counts.
 * Begins with `least`, so that it is never weaker than what was there before.
 */
export const deriveCalibrated = async (
  passphrase: Uint8Array,
  salt: Uint8Array,
  policy: KdfPolicy,
  clock: Clock,
  least: ScryptParameters = { N: policy.minimumN, r: blockSize, p: 1 },
): Promise<Calibrated> => {
  let parameters: ScryptParameters = { N: Math.max(least.N, policy.minimumN), r: blockSize, p: least.p }
  for (;;) {
    const { derived, measuredMs } = await deriveTimed(passphrase, salt, parameters, clock)
    const harder = measuredMs >= policy.targetMs ? null : doubled(parameters, policy)
    if (harder === null) return { parameters, measuredMs, derived }
    derived.wipe()
    parameters = harder
  }
}

/** How long it took says whether the parameters still cost enough on this machine. */
export const deriveTimed = async (
  passphrase: Uint8Array,
  salt: Uint8Array,
  parameters: ScryptParameters,
  clock: Clock,
): Promise<{ derived: SecretBytes; measuredMs: number }> => {
  const start = clock.monotonicMs()
  const derived = await derive(passphrase, salt, parameters)
  return { derived, measuredMs: Math.round(clock.monotonicMs() - start) }
}

/** Below the present policy, or less than half the wanted time on this machine while there is room for more. */
export const isTooWeak = (parameters: ScryptParameters, measuredMs: number, policy: KdfPolicy): boolean =>
  parameters.N < policy.minimumN || (measuredMs < policy.targetMs / 2 && doubled(parameters, policy) !== null)

const doubled = ({ N, r, p }: ScryptParameters, policy: KdfPolicy): ScryptParameters | null => {
  if (N * 2 <= policy.preferredMaximumN) return { N: N * 2, r, p }
  return p * 2 <= policy.maximumP ? { N, r, p: p * 2 } : null
}
