import { compareVersions, newestKnown } from '../../../shared/model/connector-version.ts'
import type { HostAnswer } from '../../../shared/model/host-calls.ts'

/** What is asked of the connector and of its part of the registry. Pure; `null` means that nothing is wrong. */

/** Where the connector's setup puts its library unless a person chooses another folder. */
export const connectorLibrary =
  'C:\\Program Files\\SQL Server Connector for Microsoft Azure Key Vault\\Microsoft.AzureKeyVaultService.EKM.dll'

/** Providers of other makers have other libraries. */
export const isConnectorLibrary = (path: string): boolean =>
  /(^|[\\/])Microsoft\.AzureKeyVaultService\.EKM\.dll$/i.test(path)

/** First version with versioned key names, RSA 3072 and managed HSMs; the last that documentation names. */
export const leastConnector = newestKnown

/** The 2013 runtime for SQL Server 2014 and older, the 2015 one (or a later one in its place) from 2016 on. */
export const runtimeFor = (major: number): number => (major >= 13 ? 2015 : 2013)

export const atLeastVersion = (version: string, least: string): boolean =>
  (compareVersions(version, least) ?? -1) >= 0

export interface ConnectorRead {
  dll: HostAnswer<'read-library'>
  connectors: HostAnswer<'read-installed'>
  runtimes: HostAnswer<'read-installed'>
}

const signatureWords = {
  valid: 'a signature that Windows trusts',
  'not-signed': 'no signature',
  changed: 'a signature that does not fit the file: it was changed',
  'not-trusted': 'a signature that Windows does not trust here',
  'not-known': 'a signature that Windows could not judge',
} as const

export const connectorText = ({ dll: library }: Pick<ConnectorRead, 'dll'>): string =>
  library === null
    ? 'not there'
    : `version ${library.version}, ${signatureWords[library.signature.state]}${
        library.signature.signer === null ? '' : ` (${library.signature.signer})`
      }`

/** Years of the runtimes; one package of 2015 and later takes the place of the one before it. */
const yearsOf = ({ name }: { name: string }): number[] =>
  Array.from(name.matchAll(/\b(20\d\d)\b/g), ([, year]) => Number(year))

const is64 = ({ name, is64Bit }: { name: string; is64Bit: boolean }): boolean =>
  is64Bit || /\bx64\b/i.test(name)

export const runtimeThere = (runtimes: HostAnswer<'read-installed'>, year: number): boolean =>
  runtimes
    .filter(is64)
    .some((one) => yearsOf(one).some((each) => (year >= 2015 ? each >= 2015 : each === year)))

export const connectorProblem = (
  { dll: library, runtimes }: Pick<ConnectorRead, 'dll' | 'runtimes'>,
  { least, runtime }: { least: string; runtime: number },
): string | null => {
  if (library === null) return 'the connector’s library is not there'
  if (library.signature.state !== 'valid')
    return `the library has ${signatureWords[library.signature.state]} (SQL 33081 when it is loaded)`
  if (!atLeastVersion(library.version, least))
    return `the library has version ${library.version}; ${least} or later is needed`
  if (!runtimeThere(runtimes, runtime))
    return `no 64-bit Visual C++ runtime of ${runtime}${runtime >= 2015 ? ' or later' : ''} is installed (SQL 33027 without it)`
  return null
}

/** Why the wanted connector does not work for the service yet; null: it does. */
export const replacedProblem = (
  { service, ...read }: Pick<ConnectorRead, 'dll' | 'runtimes'> & { service: HostAnswer<'read-service'> },
  { version, runtime }: { version: string; runtime: number },
): string | null => {
  const problem = connectorProblem(read, { least: version, runtime })
  if (problem !== null) return problem
  if (read.dll !== null && compareVersions(read.dll.version, version) !== 0)
    return `the library has version ${read.dll.version}; ${version} is wanted`
  return service?.state === 'running' ? null : 'the service does not run'
}

/** Windows writes one account in several ways. */
export const accountName = (account: string, computer: string): string => {
  const name = account.trim()
  if (/^LocalSystem$/i.test(name)) return 'NT AUTHORITY\\SYSTEM'
  return (name.startsWith('.\\') ? `${computer}${name.slice(1)}` : name).toUpperCase()
}

export interface RegistryRead {
  service: HostAnswer<'read-service'>
  registry: HostAnswer<'read-registry'>
}

/** Why the connector could not write its keys' places as this account, or null. */
export const registryProblem = (
  { service, registry }: RegistryRead,
  { account, computer }: { account: string; computer: string },
): string | null => {
  if (service === null) return 'the service is not on this computer'
  if (accountName(service.account, computer) !== accountName(account, computer))
    return `the service runs as ${service.account}; the plan was made for ${account}`
  if (registry === null) return 'the key is not there'
  const own = registry.access.filter(
    (one) =>
      (service.sid !== null && one.sid === service.sid) ||
      accountName(one.account, computer) === accountName(account, computer),
  )
  if (own.some(({ kind }) => kind === 'Deny')) return `a rule denies something to ${account}`
  return own.some(({ kind, rights }) => kind === 'Allow' && /\bFullControl\b/.test(rights))
    ? null
    : `${account} has no Full Control`
}
