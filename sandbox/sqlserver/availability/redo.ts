import { closeSync, copyFileSync, fsyncSync, openSync } from 'node:fs'
import { SqlError } from '../engine/errors.ts'
import type { Instance } from '../engine/instance.ts'
import { truncateLog } from '../engine/log.ts'
import { bootPage, readBootPage } from '../engine/pages.ts'
import type { BootContents } from '../engine/pages.ts'
import { adoptBoot } from '../engine/statements/restore-record.ts'
import type { PageKey } from '../engine/tde/page-crypto.ts'
import type { EncryptionKeyRecord } from '../state/encryption-model.ts'
import type { DatabaseRecord } from '../state/model.ts'

/**
 * How a secondary comes to what its primary has. A real one replays the log; here it takes the primary's record of the
 * database at each commit, and the pages in whole files, at the moments at which somebody could tell: when an encryption
 * scan has ended, and before it becomes the primary. So state 3 on a secondary means that its own files are encrypted.
 */
export class Redo {
  /** By instance and database: what of the primary was applied last. Lost at a start, then it is applied once more. */
  private readonly applied = new Map<Instance, Map<string, string>>()

  forget(instance: Instance): void {
    this.applied.delete(instance)
  }

  /** Makes the database on a secondary that has none of that name; a kill in between leaves files that the next start removes. */
  seed(primary: Instance, secondary: Instance, name: string): void {
    const database = primary.databaseNamed(name)
    if (database === undefined || secondary.databaseNamed(name) !== undefined) return
    copyFiles(primary, secondary, database)
    secondary.store.change(undefined, () => {
      const databaseId = secondary.store.nextNumber('database', 5)
      secondary.store.databases.put({
        ...database,
        id: String(databaseId),
        databaseId,
        availability: { role: 'SECONDARY', suspended: null },
      })
    })
  }

  /** The primary's record of a database on the secondary. Its key must open here, else data movement is suspended. */
  apply(primary: Instance, secondary: Instance, database: DatabaseRecord): void {
    const own = secondary.databaseNamed(database.name)
    if (own === undefined || own.availability?.suspended !== null || database.state !== 'ONLINE') return
    const page = bootPage(primary.store, database)
    const text = page.toString('utf8')
    const known = this.applied.get(secondary) ?? new Map<string, string>()
    this.applied.set(secondary, known)
    if (known.get(database.name) === text) return
    const boot = readBootPage(page)
    const key = boot.encryptionKey?.record ?? null
    const keys = this.opened(secondary, own, key)
    if (keys === undefined) return
    if (
      restOf(key) !== undefined &&
      restOf(key) !== restOf(secondary.store.encryptionKeys.get(own.id) ?? null)
    )
      copyFiles(primary, secondary, database)
    take(secondary, own, boot)
    if (keys.length === 0) secondary.openKeys.close(own.databaseId)
    else secondary.openKeys.set(own.databaseId, keys)
    if (key?.on === true) secondary.tempdbEncryptedSince ??= secondary.now()
    known.set(database.name, text)
  }

  /** Pages and log records too: what a new primary begins with. */
  finish(primary: Instance, secondary: Instance, database: DatabaseRecord): void {
    const own = secondary.databaseNamed(database.name)
    if (own === undefined) throw new Error(`${secondary.serverName} has no ${database.name}`)
    copyFiles(primary, secondary, database)
    const log = primary.store.encryptionLogs.get(database.id)
    secondary.store.change(undefined, () => {
      if (log !== undefined)
        secondary.store.encryptionLogs.put({ ...log, id: own.id, databaseId: own.databaseId })
      truncateLog(secondary.store, own.databaseId)
      for (const record of primary.store.logRecords.all())
        if (record.databaseId === database.databaseId)
          secondary.store.logRecords.put({
            ...record,
            id: `${own.databaseId}:${record.lsn}`,
            databaseId: own.databaseId,
          })
    })
  }

  /** Whether the secondary has the key of the primary in the state in which it is there. */
  hasKeyOf(primary: Instance, secondary: Instance, database: DatabaseRecord): boolean {
    const ours = primary.store.encryptionKeys.get(database.id)
    const theirs = secondary.store.encryptionKeys.get(secondary.databaseNamed(database.name)?.id ?? '')
    if (ours === undefined || theirs === undefined) return ours === undefined || ours.state === 1
    return (
      ours.state === theirs.state &&
      ours.current.wrapped === theirs.current.wrapped &&
      ours.protector.thumbprint === theirs.protector.thumbprint
    )
  }

  /** The keys in clear, through a certificate of this server; undefined: it has none that opens them, and is suspended. */
  private opened(
    secondary: Instance,
    own: DatabaseRecord,
    key: EncryptionKeyRecord | null,
  ): readonly PageKey[] | undefined {
    if (key === null) return []
    const open = secondary.openKeys.of(own.databaseId)
    const same = secondary.store.encryptionKeys.get(own.id)?.current.wrapped === key.current.wrapped
    if (same && key.previous === null && open.some((one) => one.generation === key.current.generation))
      return open.filter((one) => one.generation === key.current.generation)
    try {
      return secondary.openKeys.unwrapByCertificate(key)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      secondary.log(`${error.number} data movement of '${own.name}' is suspended: ${error.message}`)
      secondary.store.change(undefined, () =>
        secondary.store.databases.put({ ...own, availability: { role: 'SECONDARY', suspended: 'REDO' } }),
      )
      return undefined
    }
  }
}

/** The generation that every page is under once nothing moves (0: in clear); undefined while a scan is under way. */
const restOf = (key: EncryptionKeyRecord | null): number | undefined => {
  if (key === null || key.state === 1) return 0
  return key.state === 3 || key.state === 6 ? key.current.generation : undefined
}

function take(secondary: Instance, own: DatabaseRecord, boot: BootContents): void {
  const { store } = secondary
  store.change(undefined, () => {
    adoptBoot(store, own.databaseId, boot)
    store.databases.put({
      ...own,
      recoveryModel: boot.recoveryModel,
      compatibilityLevel: boot.compatibilityLevel,
      familyGuid: boot.familyGuid,
      readOnly: boot.readOnly,
      files: boot.files,
      rows: boot.rows,
      log: boot.log,
    })
  })
}

/** The same path on every replica, as a group wants it. Durable when it returns. */
function copyFiles(primary: Instance, secondary: Instance, database: DatabaseRecord): void {
  for (const { physicalName } of database.files) {
    secondary.disk.makeFolder(physicalName.slice(0, physicalName.lastIndexOf('\\')))
    const place = secondary.disk.forWriting(physicalName, secondary.dataFolder)
    copyFileSync(primary.disk.resolve(physicalName, primary.dataFolder).real, place.real)
    const handle = openSync(place.real, 'r+')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    secondary.disk.own(place)
  }
}
