import type { EncryptionKeyRecord, WrappedPageKey } from '../../state/encryption-model.ts'
import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { Session } from '../session.ts'
import { restoreKey } from '../statements/restore-source.ts'
import { keyInBlob, unwrapPageKey } from './key-blob.ts'
import type { PageKey } from './page-crypto.ts'
import { serverKey } from './protectors.ts'

type Unwrappable = Pick<EncryptionKeyRecord, 'current' | 'previous' | 'protector'>

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

  /** What the record holds, opened through its protector without any session. Throws 33111, 33101, 15581, 15466, 33126. */
  unwrapByCertificate(record: Unwrappable): readonly PageKey[] {
    const privateKey = restoreKey(this.instance, Buffer.from(record.protector.thumbprint, 'hex'))
    return wrappedKeysOf(record).map((wrapped) =>
      pageKey(wrapped, unwrapPageKey(wrapped.wrapped, wrapped.algorithm, privateKey, record.protector.type)),
    )
  }

  /**
   * The same for any protector; one in a key vault is asked there, while `session` waits, and adds 33121, 33046, 33028,
   * 33049 and what else keeps the engine from its provider.
   */
  async unwrap(record: Unwrappable, session: Session | undefined): Promise<readonly PageKey[]> {
    if (record.protector.type !== 'ASYMMETRIC KEY') return this.unwrapByCertificate(record)
    const key = serverKey(this.instance.store, record.protector.thumbprint)
    const opened: PageKey[] = []
    for (const wrapped of wrappedKeysOf(record)) {
      const blob = await this.instance.ekm.unwrap(key, Buffer.from(wrapped.wrapped, 'base64'), session)
      opened.push(pageKey(wrapped, keyInBlob(blob, wrapped.algorithm)))
    }
    return opened
  }

  /** Keys that were just made or that stay in use after a change. */
  set(databaseId: number, keys: readonly PageKey[]): void {
    this.opened.set(databaseId, keys)
  }

  /** The other keys of the database are wiped: no page is under them any more. */
  keepOnly(databaseId: number, generation: number): void {
    const keys = this.of(databaseId)
    for (const other of keys.filter((key) => key.generation !== generation)) other.key.fill(0)
    this.set(
      databaseId,
      keys.filter((key) => key.generation === generation),
    )
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

function pageKey({ generation, algorithm }: WrappedPageKey, key: Buffer | undefined): PageKey {
  if (key === undefined) throw new SqlError(33126, 'Database encryption key is corrupted and cannot be read.')
  return { generation, algorithm, key }
}
