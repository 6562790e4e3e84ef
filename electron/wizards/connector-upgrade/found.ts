import { compareVersions, generationOfVersion } from '../../../shared/model/connector-version.ts'
import type { DatabaseUnderKey, ProviderFact, ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import { mostBackups } from '../../scripts/tsql/upgrade-queries.ts'
import { databasesNotOpen } from '../sqlserver/ekm-links.ts'
import { isConnectorLibrary } from '../sqlserver/host-rules.ts'
import type { BackupOnRecord, ConnectorThere, Facts } from './facts-model.ts'

/** What follows from the facts, for plan, advice and screens alike. Pure. */

export const providerOfConnector = ({ ekm }: Pick<Facts, 'ekm'>): ProviderFact | undefined =>
  ekm.providers.read
    ? ekm.providers.value.find(({ dllPath: library }) => isConnectorLibrary(library))
    : undefined

export const keysOfConnector = (facts: Pick<Facts, 'ekm'>): readonly ProviderKeyFact[] => {
  const provider = providerOfConnector(facts)?.name
  return facts.ekm.keys.read ? facts.ekm.keys.value.filter((key) => key.provider === provider) : []
}

/**
 * Databases whose encryption key is under an asymmetric key, and those that are encrypted and not open: which key these
 * want can't be read. tempdb has a key of its own.
 */
export const databasesOfConnector = ({ ekm }: Pick<Facts, 'ekm'>): readonly DatabaseUnderKey[] => {
  if (!ekm.databases.read) return []
  const closed = new Set(databasesNotOpen(ekm).map(({ name }) => name))
  return ekm.databases.value.filter(
    ({ name, key }) =>
      name !== 'tempdb' &&
      (closed.has(name) || key?.encryptorType.toUpperCase().startsWith('ASYMMETRIC KEY') === true),
  )
}

export const connectorThere = ({ host }: Pick<Facts, 'host'>): ConnectorThere | null =>
  host.connector?.read === true ? host.connector.value : null

/** Of the library on disk, else as the server loaded or registered it. Null: nobody says. */
export const presentVersion = (facts: Pick<Facts, 'ekm' | 'host'>): string | null => {
  const provider = providerOfConnector(facts)
  return connectorThere(facts)?.dll?.version ?? provider?.properties?.version ?? provider?.version ?? null
}

/** Entry that is uninstalled: the only one there is. */
export const installedCode = (facts: Pick<Facts, 'host'>): string | null => {
  const [entry, ...more] = connectorThere(facts)?.installed ?? []
  return entry !== undefined && more.length === 0 ? entry.productCode : null
}

/** Thumbprints are made in another way afterwards. Null: one of the versions is not known. */
export const crosses = (facts: Pick<Facts, 'ekm' | 'host'>, version: string): boolean | null => {
  const present = presentVersion(facts)
  const [from, to] = [present === null ? null : generationOfVersion(present), generationOfVersion(version)]
  return from === null || to === null ? null : from !== to
}

/** Above 0: the wanted version is newer. */
export const direction = (facts: Pick<Facts, 'ekm' | 'host'>, version: string): number | null => {
  const present = presentVersion(facts)
  return present === null ? null : compareVersions(version, present)
}

export const newestFull = (
  { backups }: Pick<Facts, 'backups'>,
  database: string,
): BackupOnRecord | undefined =>
  backups.read ? backups.value.find((one) => one.database === database && one.kind === 'full') : undefined

/** Hours since, by the server's own clock; null: not read. */
export const hoursSince = ({ now }: Pick<Facts, 'now'>, finished: string): number | null => {
  if (!now.read) return null
  const [from, to] = [Date.parse(finished), Date.parse(now.value)]
  return Number.isNaN(from) || Number.isNaN(to) ? null : (to - from) / 3_600_000
}

export const onRecordOf = (
  { backups }: Pick<Facts, 'backups'>,
  database: string,
): readonly BackupOnRecord[] => (backups.read ? backups.value.filter((one) => one.database === database) : [])

/** What was read is cut there: what is missing among it may be on record all the same. */
const olderUnread = ({ backups }: Pick<Facts, 'backups'>): boolean =>
  backups.read && backups.value.length >= mostBackups
const most = mostBackups.toLocaleString('en-US')

export const noneOnRecord = (facts: Pick<Facts, 'backups'>): string =>
  olderUnread(facts) ? `none among the newest ${most} files of backups` : 'none on record'

/** Stands before a number of backups. */
export const readOf = (facts: Pick<Facts, 'backups'>): string =>
  olderUnread(facts) ? `of at least the newest ${most} files of backups: ` : ''
