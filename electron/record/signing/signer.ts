import type { DatabaseSync } from 'node:sqlite'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { NewEntry, RecordBody, RecordEntry } from '../../../shared/model/record.ts'
import type { Clock } from '../../ports/clock.ts'
import { latestOf, newestSeqOf } from '../latest.ts'
import { prepared } from '../prepared.ts'
import { exclusively } from '../transaction.ts'
import type { EpochKeys, KeyPoint } from './key-files.ts'
import { newSigningKey, signBytes, signedBytes, type SigningKey } from './signature.ts'

/** When an epoch ends by itself. Its key can re-sign what it signed, so this is how far back a thief reaches. */
export interface EpochLimits {
  entries: number
  milliseconds: number
}

export const usualLimits: EpochLimits = { entries: 100, milliseconds: 60 * 60 * 1000 }

export type EpochEnd = RecordBody<'signing-key-changed'>['because']

export interface Signer {
  /** Before a transaction: begins signing where no key is there to go on with. */
  begin(): void
  /** Signs entries inside the transaction that wrote them. `record-unavailable` where no key can be had. */
  sign(entries: readonly RecordEntry[]): void
  /** Ends the epoch where its time or its number of entries is over. The present key stays where that can't be done. */
  endIfDue(): void
  /** Ends the epoch, unless its key has signed nothing yet. The present key stays where that can't be done. */
  end(because: EpochEnd): void
}

export interface SignerOptions {
  db: DatabaseSync
  keys: EpochKeys
  clock: Clock
  limits: EpochLimits
  /** Adds one entry inside the present transaction. */
  append(entry: NewEntry): RecordEntry
  probe?: ((point: KeyPoint) => void) | undefined
}

interface Epoch {
  number: number
  /** The entry that began it. */
  seq: number
  at: number
  key: SigningKey
}

/** Takes up the epoch that the database names, or begins signing where none can go on. */
export const openSigner = (options: SignerOptions): Signer => {
  const { db, keys, clock, limits, append } = options
  /** `last`: the entry that was signed last here. Where another follows it, nobody else has changed the key meanwhile. */
  const state: { present: Epoch | null; last: number } = { present: null, last: 0 }

  /** What the database says; another program may have changed it since the last write. */
  const load = (): Epoch | null => {
    const { present } = state
    if (present !== null && present.seq === newestSeqOf(db, keyKinds)) return present
    const began = latestOf(db, 'signing-began')
    const changed = latestOf(db, 'signing-key-changed')
    const last = changed !== null && changed.seq > (began?.seq ?? 0) ? changed : began
    if (last === null) return null
    const key = keys.find(last.body.publicKey)
    return key && { number: last.body.epoch, seq: last.seq, at: Date.parse(last.at), key }
  }

  const signWith = (key: SigningKey, epoch: number, first: number, last: RecordEntry): void => {
    const value = signBytes(key.privateKey, signedBytes({ epoch, first, last: last.seq, hash: last.hash }))
    prepared(db, 'INSERT INTO signature (seq, first, epoch, value) VALUES (?, ?, ?, ?)').run(
      last.seq,
      first,
      epoch,
      value,
    )
  }

  /**
   * The next key is durable first, then the old one signs it into the chain, then the old one is destroyed: killed
   * anywhere, the database names exactly one key, and that key is there.
   */
  const turn = (because: EpochEnd): void => {
    exclusively(db, () => {
      const old = load()
      if (old !== null) keys.settle(old.key.publicKey)
      const key = newSigningKey()
      keys.prepare(key)
      const { publicKey, fingerprint } = key
      if (old === null) {
        const entry = append(beginning(db, { publicKey, fingerprint }))
        signWith(key, epochOf(entry), entry.seq, entry)
      } else {
        const epoch = old.number + 1
        const body = { epoch, publicKey, fingerprint, because }
        const entry = append({ kind: 'signing-key-changed', outcome: 'done', body })
        signWith(old.key, old.number, entry.seq, entry)
      }
    })
    options.probe?.('committed')
    settle()
  }

  const settle = (): void =>
    exclusively(db, () => {
      state.present = load()
      state.last = lastSeq()
      if (state.present !== null) keys.settle(state.present.key.publicKey)
    })

  const lastSeq = (): number => Number(prepared(db, 'SELECT seq FROM chain_head').get()?.seq)
  const isUsed = (epoch: Epoch): boolean => lastSeq() > epoch.seq

  /**
   * An epoch that can't end now, on a full disk for one, goes on: entries matter more than the change of keys, and an
   * entry that is written must not look as if it weren't. What is present then, `sign` reads from the database. Nor may
   * a full disk hide what is recorded: where there is no key at all, `begin` says it when something is to be written.
   */
  const orLater = (work: () => void): void => {
    try {
      work()
    } catch {
      return
    }
  }
  const turnIf = (due: (present: Epoch) => EpochEnd | null): void =>
    orLater(() => {
      const present = load()
      const because = present && due(present)
      if (because) turn(because)
    })

  const due = ({ seq, at }: Epoch, last: number): EpochEnd | null => {
    if (last - seq >= limits.entries) return 'entries'
    const age = clock.now().getTime() - at
    return last > seq && (age >= limits.milliseconds || age < 0) ? 'time' : null
  }

  state.present = load()
  const { present } = state
  if (present === null || isUsed(present)) orLater(() => turn('start'))
  else orLater(settle)

  return {
    begin() {
      if (state.present === null) turn('start')
    },
    sign(entries) {
      const [first] = entries
      const last = entries.at(-1)
      if (first === undefined || last === undefined) return
      const { present } = first.seq === state.last + 1 ? state : { present: load() }
      if (present === null) throw new KeyturnError('record-unavailable')
      signWith(present.key, present.number, first.seq, last)
      Object.assign(state, { present, last: last.seq })
    },
    endIfDue() {
      if (state.present !== null && due(state.present, state.last) !== null)
        turnIf((present) => due(present, lastSeq()))
    },
    end: (because) => turnIf((present) => (isUsed(present) ? because : null)),
  }
}

const keyKinds = ['signing-began', 'signing-key-changed'] as const

/** The first key of a record, or of a record whose key was lost: what is there before is covered by its hash. */
const beginning = (db: DatabaseSync, key: { publicKey: string; fingerprint: string }): NewEntry => {
  const head = db.prepare('SELECT seq, hash FROM chain_head').get()
  const earlier = db.prepare('SELECT max(epoch) AS epoch FROM signature').get()?.epoch ?? null
  return {
    kind: 'signing-began',
    outcome: 'done',
    body: {
      epoch: Number(earlier ?? 0) + 1,
      ...key,
      count: Number(head?.seq),
      head: String(head?.hash),
      because: earlier === null ? 'first' : 'key-missing',
    },
  }
}

const epochOf = (entry: RecordEntry): number => (entry.kind === 'signing-began' ? entry.body.epoch : 0)
