import { DatabaseSync } from 'node:sqlite'
import type {
  AgentJobRecord,
  BackupSetRecord,
  CertificateRecord,
  ConfigurationRecord,
  CounterRecord,
  DatabaseRecord,
  LogRecord,
  LoginRecord,
  MasterKeyRecord,
  PermissionRecord,
  RestoreHistoryRecord,
  ServiceMasterKeyRecord,
  UserRecord,
} from './model.ts'
import type {
  AsymmetricKeyRecord,
  CredentialRecord,
  CryptographicProviderRecord,
  LoginCredentialRecord,
  RegistryKeyRecord,
} from './ekm-model.ts'
import type { EncryptionKeyRecord, EncryptionLogRecord } from './encryption-model.ts'

interface Change {
  kind: string
  id: string
  before: string | undefined
}

/** Changes that are visible in memory but not durable yet: an open transaction, or one running statement. */
export class ChangeSet {
  readonly changes: Change[] = []
}

/** Records of one kind, by id. Every read hands out the same frozen object; changes go through `put`. */
export class Collection<T extends { id: string }> {
  private readonly records = new Map<string, T>()
  private readonly kind: string
  private readonly store: Store

  constructor(kind: string, store: Store) {
    this.kind = kind
    this.store = store
  }

  get(id: string): T | undefined {
    return this.records.get(id)
  }

  all(): T[] {
    return [...this.records.values()]
  }

  find(test: (record: T) => boolean): T | undefined {
    for (const record of this.records.values()) if (test(record)) return record
    return undefined
  }

  put(record: T): void {
    this.note(record.id)
    this.records.set(record.id, Object.freeze(record))
  }

  delete(id: string): void {
    this.note(id)
    this.records.delete(id)
  }

  /** Text form for the disk; undefined when there is no such record. */
  serialize(id: string): string | undefined {
    const record = this.records.get(id)
    return record === undefined ? undefined : JSON.stringify(record)
  }

  /** Sets a record from its text form without noting a change (loading, undoing). */
  load(id: string, text: string | undefined): void {
    if (text === undefined) this.records.delete(id)
    else this.records.set(id, Object.freeze(JSON.parse(text) as T))
  }

  clear(): void {
    this.records.clear()
  }

  private note(id: string): void {
    this.store.noteChange({ kind: this.kind, id, before: this.serialize(id) })
  }
}

/**
 * State of an instance in one SQLite file, flushed at every commit (synchronous=FULL), so that a killed process comes
 * back with exactly the statements that were answered. Memory holds everything; the file is read at start only.
 */
export class Store {
  readonly databases: Collection<DatabaseRecord>
  readonly masterKeys: Collection<MasterKeyRecord>
  readonly serviceMasterKey: Collection<ServiceMasterKeyRecord>
  readonly certificates: Collection<CertificateRecord>
  readonly logins: Collection<LoginRecord>
  readonly users: Collection<UserRecord>
  readonly permissions: Collection<PermissionRecord>
  readonly configurations: Collection<ConfigurationRecord>
  readonly backupSets: Collection<BackupSetRecord>
  readonly restores: Collection<RestoreHistoryRecord>
  readonly logRecords: Collection<LogRecord>
  readonly agentJobs: Collection<AgentJobRecord>
  readonly counters: Collection<CounterRecord>
  readonly encryptionKeys: Collection<EncryptionKeyRecord>
  readonly encryptionLogs: Collection<EncryptionLogRecord>
  /** Called after each commit: replicas follow. */
  onCommit: () => void = () => undefined
  readonly providers: Collection<CryptographicProviderRecord>
  readonly credentials: Collection<CredentialRecord>
  readonly loginCredentials: Collection<LoginCredentialRecord>
  readonly asymmetricKeys: Collection<AsymmetricKeyRecord>
  readonly registryKeys: Collection<RegistryKeyRecord>
  private readonly collections = new Map<string, Collection<{ id: string }>>()
  private readonly file: DatabaseSync
  private current: ChangeSet | undefined

  constructor(path: string) {
    this.file = new DatabaseSync(path)
    this.file.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL')
    this.file.exec(
      'CREATE TABLE IF NOT EXISTS entity (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID',
    )
    this.databases = this.collection('database')
    this.masterKeys = this.collection('master-key')
    this.serviceMasterKey = this.collection('service-master-key')
    this.certificates = this.collection('certificate')
    this.logins = this.collection('login')
    this.users = this.collection('user')
    this.permissions = this.collection('permission')
    this.configurations = this.collection('configuration')
    this.backupSets = this.collection('backup-set')
    this.restores = this.collection('restore')
    this.logRecords = this.collection('log-record')
    this.agentJobs = this.collection('agent-job')
    this.counters = this.collection('counter')
    this.encryptionKeys = this.collection('encryption-key')
    this.encryptionLogs = this.collection('encryption-log')
    this.providers = this.collection('cryptographic-provider')
    this.credentials = this.collection('credential')
    this.loginCredentials = this.collection('login-credential')
    this.asymmetricKeys = this.collection('asymmetric-key')
    this.registryKeys = this.collection('registry-key')
    this.reload()
  }

  private collection<T extends { id: string }>(kind: string): Collection<T> {
    const made = new Collection<T>(kind, this)
    this.collections.set(kind, made as unknown as Collection<{ id: string }>)
    return made
  }

  /** Forgets what is in memory and reads the file again, as a restart does. */
  reload(): void {
    for (const collection of this.collections.values()) collection.clear()
    for (const row of this.file.prepare('SELECT kind, id, body FROM entity').all()) {
      this.collections.get(String(row['kind']))?.load(String(row['id']), String(row['body']))
    }
  }

  /**
   * Runs a synchronous change. Without a transaction it is durable when this returns; if `change` throws, nothing of
   * it remains.
   */
  change<R>(transaction: ChangeSet | undefined, change: () => R): R {
    const set = new ChangeSet()
    this.current = set
    let result: R
    try {
      result = change()
    } catch (error) {
      this.undo(set)
      throw error
    } finally {
      this.current = undefined
    }
    if (transaction === undefined) this.flush(set)
    else transaction.changes.push(...set.changes)
    return result
  }

  commit(transaction: ChangeSet): void {
    this.flush(transaction)
  }

  /** Puts back what the change set found, last change first. */
  undo(set: ChangeSet): void {
    for (const change of set.changes.toReversed())
      this.collections.get(change.kind)?.load(change.id, change.before)
  }

  noteChange(change: Change): void {
    if (this.current === undefined) throw new Error('state was changed outside of a statement')
    this.current.changes.push(change)
  }

  /** The next number of a sequence that never repeats, also after a restart. Call it inside `change`. */
  nextNumber(counter: string, first: number): number {
    const value = this.counters.get(counter)?.value ?? first
    this.counters.put({ id: counter, value: value + 1 })
    return value
  }

  close(): void {
    this.file.close()
  }

  private flush(set: ChangeSet): void {
    if (set.changes.length === 0) return
    const touched = new Map(set.changes.map((change) => [`${change.kind}\u0000${change.id}`, change]))
    const put = this.file.prepare('INSERT OR REPLACE INTO entity (kind, id, body) VALUES (?, ?, ?)')
    const remove = this.file.prepare('DELETE FROM entity WHERE kind = ? AND id = ?')
    this.file.exec('BEGIN IMMEDIATE')
    for (const { kind, id } of touched.values()) {
      const body = this.collections.get(kind)?.serialize(id)
      if (body === undefined) remove.run(kind, id)
      else put.run(kind, id, body)
    }
    this.file.exec('COMMIT')
    set.changes.length = 0
    this.onCommit()
  }
}
