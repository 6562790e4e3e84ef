import { KeyturnError } from '../../shared/errors/problem.ts'
import type { RunId } from '../../shared/model/ids.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { Binding, HandleInfo, Keyring } from '../ports/keyring.ts'

/** What a kept secret is found by again: after a crash nobody knows its handle, but the plan knows these. */
export type KeptAs = Binding & { label: string }

/**
 * Secrets that a service makes and says only once, so that no plan could seal them before the run. They go straight
 * into the keyring and stay there after the run. The label must hold the run's mark: it is the identity.
 */
export interface Keeper {
  /** Before the service is asked: throws `run-needs-unlock` where an answer could not be kept. */
  ready(): void
  /** Durable when it returns. Keeping again under the same label replaces the bytes. The caller wipes them. */
  keep(as: KeptAs, secret: SecretBytes): Promise<HandleInfo>
  /** Null: nothing is kept under this label. Throws `run-needs-unlock` while nobody can know. */
  find(as: KeptAs): HandleInfo | null
  /** The caller wipes the result. `handle-unknown`. */
  open(as: KeptAs): Promise<SecretBytes>
  /** Dropping what is not kept changes nothing. */
  drop(as: KeptAs): Promise<void>
}

type Store = Pick<Keyring, 'status' | 'list' | 'put' | 'replace' | 'open' | 'drop'>

export const createKeeper = (keyring: Store, run: RunId): Keeper => {
  const ready = (): void => {
    if (keyring.status().state !== 'unlocked') throw new KeyturnError('run-needs-unlock', { run })
  }
  const find = ({ purpose, target, label }: KeptAs): HandleInfo | null => {
    ready()
    return keyring.list({ purpose, target }).find((kept) => kept.label === label) ?? null
  }
  return {
    ready,
    find,
    async keep(as, secret) {
      const there = find(as)
      return there === null ? keyring.put(as, secret) : keyring.replace(there.id, secret)
    },
    async open(as) {
      const there = find(as)
      if (there === null) throw new KeyturnError('handle-unknown', { handle: as.label })
      return keyring.open(there.id, as)
    },
    async drop(as) {
      const there = find(as)
      if (there !== null) await keyring.drop(there.id)
    },
  }
}
