import { closeSync, copyFileSync, fsyncSync, openSync } from 'node:fs'
import { SqlError } from '../engine/errors.ts'
import type { Instance } from '../engine/instance.ts'
import { truncateLog } from '../engine/log.ts'
import { internalError } from '../engine/tde/recovery.ts'
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
  /** By instance and database: what a key vault is asked for, and what it gave until that is applied. */
  private readonly asked = new Map<Instance, Map<string, Asked>>()
  private readonly opened: () => void

  /** `opened` is called when a key vault has opened a key for a secondary: `apply` goes on then. */
  constructor(opened: () => void) {
    this.opened = opened
  }

  forget(instance: Instance): void {
    this.applied.delete(instance)
    for (const asked of this.asked.get(instance)?.values() ?? []) wipe(asked)
    this.asked.delete(instance)
  }

  /** Resolves when `instance` waits for no key vault. */
  async settled(instance: Instance): Promise<void> {
    while (this.isWaiting(instance)) await Promise.all(this.waitingOf(instance).map(({ done }) => done))
  }

  isWaiting(instance: Instance): boolean {
    return this.waitingOf(instance).length > 0
  }

  private waitingOf(instance: Instance): Asked[] {
    return [...(this.asked.get(instance)?.values() ?? [])].filter(({ keys }) => keys === undefined)
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

  /**
   * The primary's record of a database on the secondary. Its key must open here, else data movement is suspended. Where a
   * key vault has to be asked first, nothing is applied until it has answered.
   */
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
    const keys = this.keysFor(secondary, own, key)
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

  /** The keys in clear, through what this server has; undefined: not yet, or it has nothing that opens them and is suspended. */
  private keysFor(
    secondary: Instance,
    own: DatabaseRecord,
    key: EncryptionKeyRecord | null,
  ): readonly PageKey[] | undefined {
    if (key === null) return []
    const open = openAlready(secondary, own, key)
    if (open !== undefined) return open
    if (key.protector.type === 'ASYMMETRIC KEY') return this.fromVault(secondary, own, key)
    try {
      return secondary.openKeys.unwrapByCertificate(key)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      suspend(secondary, own, error)
      return undefined
    }
  }

  /** What the vault gave for exactly this key. Else it is asked, as the login that this server has for its own key object. */
  private fromVault(
    secondary: Instance,
    own: DatabaseRecord,
    key: EncryptionKeyRecord,
  ): readonly PageKey[] | undefined {
    const all = this.asked.get(secondary) ?? new Map<string, Asked>()
    this.asked.set(secondary, all)
    const wanted = [key.previous?.wrapped ?? '', key.current.wrapped, key.protector.thumbprint].join(' ')
    const before = all.get(own.name)
    if (before?.wanted === wanted) {
      if (before.keys !== undefined) all.delete(own.name)
      return before.keys
    }
    if (before !== undefined) wipe(before)
    const asked: Asked = { wanted, keys: undefined, done: Promise.resolve() }
    all.set(own.name, asked)
    asked.done = this.ask(secondary, own, key, asked)
    return undefined
  }

  private async ask(
    secondary: Instance,
    { name }: DatabaseRecord,
    key: EncryptionKeyRecord,
    asked: Asked,
  ): Promise<void> {
    const { ended } = secondary.ekm
    let answer: readonly PageKey[] | SqlError
    try {
      answer = await secondary.openKeys.unwrap(key, undefined)
    } catch (error) {
      answer = error instanceof SqlError ? error : internalError(error)
    }
    const all = this.asked.get(secondary)
    // The service stopped, or the primary went on meanwhile: this answer is of before.
    if (ended.aborted || all?.get(name) !== asked) {
      if (!(answer instanceof SqlError)) for (const { key: bytes } of answer) bytes.fill(0)
      if (all?.get(name) === asked) all.delete(name)
      return
    }
    if (!(answer instanceof SqlError)) asked.keys = answer
    else {
      all.delete(name)
      const own = secondary.databaseNamed(name)
      if (own?.availability?.suspended === null) suspend(secondary, own, answer)
    }
    this.opened()
  }
}

/** The keys of before, where the primary's are the same: during a scan nothing is asked at each of its steps. */
function openAlready(
  { openKeys, store }: Instance,
  own: DatabaseRecord,
  { current, previous }: EncryptionKeyRecord,
): readonly PageKey[] | undefined {
  const before = store.encryptionKeys.get(own.id)
  const same =
    before?.current.wrapped === current.wrapped &&
    (previous === null || before.previous?.wrapped === previous.wrapped)
  const wanted = [previous, current].flatMap((one) => (one === null ? [] : [one.generation]))
  const open = openKeys.of(own.databaseId).filter(({ generation }) => wanted.includes(generation))
  return same && open.length === wanted.length ? open : undefined
}

interface Asked {
  /** The wrapped keys and the thumbprint of their protector. */
  wanted: string
  /** undefined: the vault has not answered yet. */
  keys: readonly PageKey[] | undefined
  done: Promise<void>
}

function wipe({ keys }: Asked): void {
  for (const { key } of keys ?? []) key.fill(0)
}

function suspend(secondary: Instance, own: DatabaseRecord, reason: SqlError): void {
  secondary.log(`${reason.number} data movement of '${own.name}' is suspended: ${reason.message}`)
  secondary.store.change(undefined, () =>
    secondary.store.databases.put({ ...own, availability: { role: 'SECONDARY', suspended: 'REDO' } }),
  )
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
