import type { HsmSecretUse } from '../../ports/hsm.ts'

/**
 * What an AES key may do on the token: what it did where it came from, in both directions. A copy of the session encrypts
 * besides, since some tokens say the check value of an unwrapped key only that way.
 */
export const secretUsesOf = (
  { decrypts, unwraps }: { decrypts: boolean; unwraps: boolean },
  kept: 'session' | 'token',
): HsmSecretUse[] => [
  ...(unwraps ? (['wrap', 'unwrap'] as const) : []),
  ...(decrypts ? (['encrypt', 'decrypt'] as const) : []),
  ...(kept === 'session' && !decrypts ? (['encrypt'] as const) : []),
]
