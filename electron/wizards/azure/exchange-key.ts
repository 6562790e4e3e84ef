import { createHash } from 'node:crypto'
import { rsaSpki } from '../../formats/rsa-spki.ts'
import type { VaultKey } from '../../ports/key-vault.ts'

/** A key of a vault that wraps imports. */
export interface KekFact {
  name: string
  version: string
  kid: string
  bits: number
  /** Base64 of the SubjectPublicKeyInfo. */
  spki: string
  /** SHA-256 of it, lower-case hex. */
  sha256: string
  /** Why it can't be used; null: it can. */
  refusal: string | null
}

/** Null: no RSA key. */
export const kekOf = (key: VaultKey): KekFact | null => {
  if (key.publicKey === null || key.bits === null) return null
  const spki = rsaSpki(key.publicKey)
  return {
    name: key.name,
    version: key.version,
    kid: key.id,
    bits: key.bits,
    spki: spki.toString('base64'),
    sha256: createHash('sha256').update(spki).digest('hex'),
    refusal: kekRefusal(key),
  }
}

const kekRefusal = ({ type, uses, enabled, bits }: VaultKey): string | null => {
  if (!enabled) return 'it is disabled'
  if (type !== 'RSA-HSM') return `its type is ${type}; transfer files need one in hardware (RSA-HSM)`
  if (uses.length !== 1) return `it is also for ${uses.filter((use) => use !== 'import').join(', ')}`
  return bits === 2048 || bits === 3072 || bits === 4096 ? null : `it has ${String(bits)} bits`
}
