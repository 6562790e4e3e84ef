import { keyNameProblem } from '../../../shared/model/azure.ts'
import type { VaultKey, VaultKeyFacts } from '../../ports/key-vault.ts'

/** What SQL Server's connector can't work with, each as words for a row or a blocker; null: it can be used. */
export const connectorRefusal = (key: VaultKey, now: Date): string | null => {
  const name = keyNameProblem(key.name)
  if (name !== null) return name
  if (key.type !== 'RSA' && key.type !== 'RSA-HSM') {
    return `its type is ${key.type}; the connector takes RSA and RSA-HSM`
  }
  if (key.bits !== 2048 && key.bits !== 3072) {
    return `its size is ${key.bits ?? 'not known'} bits; the connector takes 2,048 and 3,072`
  }
  if (!key.enabled) return 'it is disabled; a disabled key unwraps nothing'
  if (key.notBefore !== null && Date.parse(key.notBefore) > now.getTime()) {
    return `it is not valid before ${dayIn(key.notBefore)}`
  }
  if (key.expires !== null && Date.parse(key.expires) <= now.getTime()) {
    return `it expired on ${dayIn(key.expires)}; an expired key wraps nothing new`
  }
  const missing = (['wrapKey', 'unwrapKey'] as const).filter((use) => !key.uses.includes(use))
  return missing.length === 0 ? null : `it may not be used for ${missing.join(' and ')}`
}

export const dayIn = (iso: string): string => `${iso.slice(0, 10)} (UTC)`

/** Days until a date, rounded down; null: no date. */
export const daysUntil = (iso: string | null, now: Date): number | null =>
  iso === null ? null : Math.floor((Date.parse(iso) - now.getTime()) / 86_400_000)

/** Why a key of a listing can't be chosen; null: it can. A listing says neither type nor size. */
export const listedRefusal = (key: VaultKeyFacts, now: Date): string | null => {
  const name = keyNameProblem(key.name)
  if (name !== null) return name
  if (key.managed) return 'it belongs to a certificate of the vault'
  if (!key.enabled) return 'it is disabled'
  return key.expires !== null && Date.parse(key.expires) <= now.getTime()
    ? `it expired on ${dayIn(key.expires)}`
    : null
}
