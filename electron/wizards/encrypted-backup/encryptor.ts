import type { ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import { databasesUnderKey } from '../sqlserver/ekm-links.ts'
import type { Facts } from './facts-model.ts'

/** What was read of keys in vaults, by name. Pure. */

export const keyNamed = ({ ekm }: Facts, name: string): ProviderKeyFact | undefined =>
  ekm?.keys.read === true ? ekm.keys.value.find((key) => key.name === name) : undefined

/** Databases whose encryption key is under the key of that thumbprint. */
export const databasesUnder = ({ ekm }: Facts, thumbprint: string): string[] =>
  ekm === null ? [] : databasesUnderKey(ekm, thumbprint).map(({ name }) => name)

/** Why no backup can be encrypted under it, or null. The list of keys shows the same words. */
export const keyRefusal = (facts: Facts, key: ProviderKeyFact): string | null => {
  const under = databasesUnder(facts, key.thumbprint)
  if (under.length > 0)
    return `it protects TDE of ${under.join(', ')}; SQL Server takes a key of its own for backups`
  const provider =
    facts.ekm?.providers.read === true
      ? facts.ekm.providers.value.find(({ name }) => name === key.provider)
      : undefined
  if (provider?.enabled === false) return `its provider ${provider.name} is disabled`
  return key.thumbprint === '' ? 'its thumbprint could not be read' : null
}
