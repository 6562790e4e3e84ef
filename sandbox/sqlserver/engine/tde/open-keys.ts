import type { EncryptionKeyRecord, WrappedPageKey } from '../../state/encryption-model.ts'
import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'
import { restoreKey } from '../statements/restore-source.ts'
import { unwrapPageKey } from './key-blob.ts'
import type { PageKey } from './page-crypto.ts'

/**
 * Database encryption keys in memory. A database is opened once, when it comes online; what happens to its protector
 * after that shows at the next opening: after a restart, or after OFFLINE and ONLINE.
 */
export class OpenKeys {
  private readonly instance: Instance
  private readonly opened = new Map<number, readonly PageKey[]>()

  constructor(instance: Instance) {
    this.instance = instance
  }

  /** Opens what the record holds through its protector, without any session. Throws 33111, 33101, 15581, 15466, 33126. */
  open(record: EncryptionKeyRecord): void {
    this.set(record.databaseId, this.unwrap(record))
  }

  /** The same without opening the database: for a backup that is rolled forward. */
  unwrap(record: Pick<EncryptionKeyRecord, 'current' | 'previous' | 'protector'>): readonly PageKey[] {
    const privateKey = restoreKey(this.instance, Buffer.from(record.protector.thumbprint, 'hex'))
    return wrappedKeysOf(record).map((wrapped): PageKey => {
      const key = unwrapPageKey(wrapped.wrapped, wrapped.algorithm, privateKey, record.protector.type)
      if (key === undefined)
        throw new SqlError(33126, 'Database encryption key is corrupted and cannot be read.')
      return { generation: wrapped.generation, algorithm: wrapped.algorithm, key }
    })
  }

  /** Keys that were just made or that stay in use after a change. */
  set(databaseId: number, keys: readonly PageKey[]): void {
    this.opened.set(databaseId, keys)
  }

  /** Empty for a database without a key, and for one that is not open. */
  of(databaseId: number): readonly PageKey[] {
    return this.opened.get(databaseId) ?? []
  }

  close(databaseId: number): void {
    for (const { key } of this.of(databaseId)) key.fill(0)
    this.opened.delete(databaseId)
  }

  closeAll(): void {
    for (const databaseId of [...this.opened.keys()]) this.close(databaseId)
  }
}

const wrappedKeysOf = (record: Pick<EncryptionKeyRecord, 'current' | 'previous'>): WrappedPageKey[] =>
  record.previous === null ? [record.current] : [record.previous, record.current]
