import { KeyturnError } from '../errors/problem.ts'
import { isAzureId, keyNameProblem, keyVersionProblem, vaultHostOf, vaultPlaceOf } from './azure.ts'

/**
 * How SQL Server's connector wants vaults, applications and keys to be written. Each `…Problem` gives a sentence that
 * says what to change, or null; they run in the window and again in main.
 */

/** IDENTITY of a credential that signs in as the machine itself. */
export const managedIdentity = 'Managed Identity'

/** Of the whole SECRET: 32 digits of the client id, then the secret (SQL 33067). */
export const longestEkmSecret = 120
const idDigits = 32
/** What is left for the secret of the application. */
export const longestClientSecret = longestEkmSecret - idDigits

/** A host of a vault or managed HSM: no scheme, no path, no key. */
export const vaultHostProblem = (text: string): string | null => {
  if (text === '') return 'The vault is not named. Enter its host, for instance myvault.vault.azure.net'
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return 'The vault begins with https://. SQL Server’s connector takes the host alone: take https:// out'
  }
  if (text.includes('/')) return 'The vault holds a path. Enter the host alone, without a slash'
  if (text.includes(':')) return 'The vault holds a port. Enter the host alone'
  if (!text.includes('.')) {
    return 'The vault is a name alone, which says nothing about its cloud. Enter the whole host, for instance myvault.vault.azure.net'
  }
  return vaultPlaceOf(text) === null
    ? 'The vault is no host of a key vault or managed HSM that Keyturn knows (vault.azure.net, managedhsm.azure.net and those of the US Government and China clouds). Copy it again'
    : null
}

/**
 * IDENTITY for a host: the bare name of a key vault in the public cloud, the whole host elsewhere and for a managed HSM.
 * Throws `answers-incomplete` naming `vaultHost`.
 */
export const identityOf = (host: string): string => {
  const problem = vaultHostProblem(host)
  const place = vaultPlaceOf(host)
  if (problem !== null || place === null) throw refused('vaultHost', problem ?? 'The vault is not known')
  return place.cloud === 'public' && place.service === 'vault' ? place.name : vaultHostOf(place)
}

/** The host that an IDENTITY leads to; null: of no vault (a managed identity, a storage account, a mistake). */
export const hostOfIdentity = (identity: string): string | null => {
  const host = identity.includes('.') ? identity : `${identity}.vault.azure.net`
  const place = vaultPlaceOf(host)
  return place === null ? null : vaultHostOf(place)
}

/** What is wrong with an IDENTITY that a server shows; null: the connector can work with it. */
export const identityProblem = (identity: string): string | null => {
  if (/^https?:\/\//i.test(identity)) {
    return 'its IDENTITY begins with https://: the connector takes the name or the host alone'
  }
  if (identity.toLowerCase() === managedIdentity.toLowerCase()) return null
  if (hostOfIdentity(identity) === null) return 'its IDENTITY is no name and no host of a vault'
  return /\.vault\.azure\.net$/i.test(identity)
    ? 'its IDENTITY is the whole host, and documentation has the bare name for the public cloud'
    : null
}

/** A client id as a person types it, for a field: the form with hyphens is what Entra shows. */
export const clientIdProblem = (text: string): string | null => {
  if (text === '') return 'The client id is empty. Copy it from the application in Entra'
  return isAzureId(text) || /^[0-9a-f]{32}$/i.test(text)
    ? null
    : 'The client id is not of the form 00000000-0000-0000-0000-000000000000. Copy it again; Keyturn takes the hyphens out where SQL Server needs that'
}

/** The 32 digits that stand in front of the secret. Throws `answers-incomplete` naming `clientId`. */
export const clientIdDigits = (clientId: string): string => {
  const problem = clientIdProblem(clientId)
  if (problem !== null) throw refused('clientId', problem)
  return clientId.replaceAll('-', '').toLowerCase()
}

/** With hyphens, as Entra names applications. */
export const clientIdOf = (digits: string): string =>
  digits
    .replaceAll('-', '')
    .toLowerCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** `name` or `name/version`. Throws `answers-incomplete` naming `vaultKey` or `keyVersion`. */
export const providerKeyName = (key: string, version: string | null): string => {
  const name = keyNameProblem(key)
  if (name !== null) throw refused('vaultKey', name)
  if (version === null) return key
  const wrong = keyVersionProblem(version)
  if (wrong !== null) throw refused('keyVersion', wrong)
  return `${key}/${version.toLowerCase()}`
}

/** Of a secret that a person typed or a keyring holds, by its characters. */
export const clientSecretProblem = (characters: number): string | null => {
  if (characters === 0) return 'The secret is empty. Enter the value that Entra showed once'
  if (characters > longestClientSecret) {
    return `The secret has ${characters} characters; with the 32 of the client id SQL Server takes ${longestEkmSecret} (33067), so ${longestClientSecret} for the secret. Enter the value that Entra showed once, without the client id`
  }
  return null
}

const refused = (field: string, message: string): KeyturnError =>
  new KeyturnError('answers-incomplete', { count: 1 }, { fields: [{ field, message }] })

/** From here on the connector takes `name/version` (November 2020). */
const firstWithVersions = [15, 0, 2000, 440]

/** `15.0.2000.440`, or one that is newer. */
export const connectorHasVersions = (version: string): boolean => {
  const parts = version.split('.').map(Number)
  for (const [index, least] of firstWithVersions.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}
