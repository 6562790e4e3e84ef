import type { TdeVaultKeyDraft } from '../../../shared/forms/tde-vault-key-draft.ts'
import { identityOf, managedIdentity } from '../../../shared/model/ekm.ts'
import type { CredentialFact, ProviderFact, ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import type { ServerFacts } from '../sqlserver/facts-model.ts'
import { connectorProblem, leastConnector, registryProblem, runtimeFor } from '../sqlserver/host-rules.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { isPlaceOf } from '../sqlserver/steps/tde/compare-vault-key.ts'
import type { AzureSide, Facts } from './facts-model.ts'

/** What of the chain is there already, under the names of the draft. Pure. Undefined: not there, or not read. */

/** SQL Server on Linux names its folders as Linux does. Not read counts as Windows, where more has to be done. */
export const runsOnWindows = ({ folders }: Pick<ServerFacts, 'folders'>): boolean =>
  !folders.read || !(folders.value.data ?? folders.value.backup ?? '').startsWith('/')

export const azureOf = ({ azure }: Facts): AzureSide | null => (azure?.answered === true ? azure.side : null)

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

export const providerOf = ({ ekm }: Facts, { providerName }: TdeVaultKeyDraft): ProviderFact | undefined =>
  ekm.providers.read ? ekm.providers.value.find(({ name }) => name === providerName) : undefined

/** Another provider with the same library: a library is registered once (SQL 33026). */
export const otherProviderOf = (
  { ekm }: Facts,
  { providerName, providerLibrary }: TdeVaultKeyDraft,
): ProviderFact | undefined =>
  ekm.providers.read
    ? ekm.providers.value.find(
        ({ name, dllPath: library }) => name !== providerName && same(library, providerLibrary),
      )
    : undefined

/** A managed identity's credential is called like the vault's host. */
export const credentialNameOf = ({ identityKind, credentialName, vaultHost }: TdeVaultKeyDraft): string =>
  identityKind === 'managed-identity' ? vaultHost : credentialName

export const identityText = ({ identityKind, vaultHost }: TdeVaultKeyDraft): string =>
  identityKind === 'managed-identity' ? managedIdentity : identityOf(vaultHost)

export const credentialOf = ({ ekm }: Facts, draft: TdeVaultKeyDraft): CredentialFact | undefined =>
  ekm.credentials.read
    ? ekm.credentials.value.find(({ name }) => name === credentialNameOf(draft))
    : undefined

export const keyObjectOf = ({ ekm }: Facts, { keyName }: TdeVaultKeyDraft): ProviderKeyFact | undefined =>
  ekm.keys.read ? ekm.keys.value.find(({ name }) => name === keyName) : undefined

export const loginIsThere = ({ ekm }: Facts, { keyLogin }: TdeVaultKeyDraft): boolean =>
  ekm.keyLogins.read && ekm.keyLogins.value.includes(keyLogin)

export const holds = (credential: CredentialFact | undefined, login: string): boolean =>
  credential?.logins.some((one) => one.login === login) === true

/** Why a key object of that name is not the wished one, or null. A place that could not be read rules nothing out. */
export const keyObjectProblem = (key: ProviderKeyFact, draft: TdeVaultKeyDraft): string | null => {
  if (key.provider !== draft.providerName) return `it is of provider ${key.provider ?? 'not shown'}`
  const place = key.place.read ? key.place.value : null
  const wish = {
    host: draft.vaultHost,
    vaultKey: draft.vaultKey,
    version: draft.versionMode === 'pinned' ? draft.keyVersion : null,
  }
  return place === null || isPlaceOf(place, wish) ? null : `the connector has it at ${place}`
}

/** Why the connector is not in order; null: it is; undefined: not known. */
export const connectorState = (facts: Facts, draft: TdeVaultKeyDraft): string | null | undefined => {
  const { connector } = facts.host
  if (connector?.read === true)
    return connectorProblem(connector.value, { least: leastConnector, runtime: runtimeFor(majorOf(facts)) })
  // The server itself has loaded it.
  return providerOf(facts, draft)?.properties ? null : undefined
}

export const accountOf = ({ service }: Facts): string | null => (service.read ? service.value.account : null)

/** The same of the registry key. A key whose place the connector noted shows that it may write there. */
export const registryState = (facts: Facts): string | null | undefined => {
  const { registry } = facts.host
  const account = accountOf(facts)
  if (registry?.read === true && account !== null)
    return registryProblem(registry.value, { account, computer: facts.identity.machineName })
  const { keys } = facts.ekm
  return keys.read && keys.value.some(({ place }) => place.read && place.value !== null) ? null : undefined
}

export const isClustered = ({ service }: Facts): boolean => service.read && service.value.clustered

/** SQL Server's resource in the cluster: the only one that the host names, else what the person entered. */
export const resourceOf = (facts: Facts, { clusterResource }: TdeVaultKeyDraft): string | null => {
  if (!isClustered(facts)) return null
  const { resources } = facts.host
  const [only, ...more] = resources?.read === true ? resources.value : []
  if (clusterResource !== '') return clusterResource
  return only !== undefined && more.length === 0 ? only : null
}
