import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { RunId, TargetId } from '../../shared/model/ids.ts'
import type {
  ChainCheck,
  NewEntry,
  Operator,
  RecordEntry,
  RecordPage,
  RecordPageRequest,
} from '../../shared/model/record.ts'
import type { Clock } from '../ports/clock.ts'
import { createFileBallast, type Ballast } from './ballast.ts'
import { checkChain, verifyChain } from './chain.ts'
import { appendEntry } from './entries.ts'
import { exportLines } from './export.ts'
import { countersigningFingerprints, latestOf, type EntryOf } from './latest.ts'
import { readPage } from './pages.ts'
import { prepared } from './prepared.ts'
import * as runs from './runs.ts'
import { migrate, type SigningKind } from './schema.ts'
import { createEpochKeyFiles, type EpochKeys, type KeyPoint } from './signing/key-files.ts'
import { openSigner, usualLimits, type EpochEnd, type EpochLimits } from './signing/signer.ts'
import { exclusively } from './transaction.ts'

export interface RecordOptions {
  /** Path of `record.db`. Its folder must exist. */
  file: string
  clock: Clock
  operator: Operator
  /** Space for ending a run when the disk is full; default: 4 MB in a file beside the database. */
  ballast?: Ballast
  /** How long to wait for another process that is writing, in milliseconds; default 5,000. */
  busyTimeoutMs?: number
  /** Sees the connection once it is open. Tests limit its size with it, as a full disk does. */
  opened?(db: DatabaseSync): void
  /** Where the private key of the present epoch lies; default: a file beside the database. */
  keys?: EpochKeys
  /** When an epoch ends by itself; default: 100 entries or an hour. */
  limits?: EpochLimits
  /** Crash tests end the process at these points of a change of keys. */
  keyProbe?: (point: KeyPoint) => void
}

/** How many entries there are, and the hash of the last; 64 zeros where there is none. */
export interface Head {
  count: number
  head: string
}

/** One transition: all of it is durable, or none of it. */
export interface Transition {
  /** A function is given the head that they follow, which nobody moves in between. */
  entries: readonly NewEntry[] | ((before: Head) => readonly NewEntry[])
  run?: runs.StoredRun
  /** Steps by ordinal, from 0. */
  steps?: ReadonlyMap<number, runs.StoredStep>
  takeLocks?: readonly TargetId[]
  /** Gives back the locks of `run`. */
  releaseLocks?: boolean
  /** True only for a run that has started: it may use the reserved space. */
  mayUseReserve?: boolean
}

/**
 * Journal and audit in one database. Every method that writes throws `record-unavailable` when it can't; then nothing
 * of that transition is in the file. Needs no permission but the right to write in the data folder.
 */
export interface Record {
  /** Adds one entry. Repeating it adds another. */
  append(entry: NewEntry): RecordEntry
  /** Writes one transition, flushed to the disk before it returns. */
  commit(transition: Transition): RecordEntry[]
  page(request: RecordPageRequest): RecordPage
  /** Reads every entry and signature: some ten thousand a second. Remembers the result for `page`. */
  verifyChain(): ChainCheck
  /** The same, in slices that let others work in between. */
  checkChain(): Promise<ChainCheck>
  head(): Head
  /** Hash of that entry; null where there is none. */
  hashOf(seq: number): string | null
  /** Number of the entry with that hash; null where there is none. */
  seqOf(hash: string): number | null
  /** The newest entry of a kind that has to do with signing. */
  latest<Kind extends SigningKind>(kind: Kind): EntryOf<Kind> | null
  /** Lines of an export from that entry on up to that head (docs/formats/record-export.md); default: the present one. */
  exportLines(from: number, to?: Head): Generator<string>
  /** SHA-256 of the public half of every key of a keyring that countersigned this record, lower-case hex. */
  countersigners(): ReadonlySet<string>
  /** Ends the epoch: its key is destroyed after it has signed the next one. Not where it is unused, or the disk full. */
  endEpoch(because: EpochEnd): void
  run(id: RunId): runs.RunWithSteps | null
  /** Newest first. `undecided`: runs that have not ended. */
  runs(which: 'all' | 'undecided'): runs.RunWithSteps[]
  /** Newest first, without reading the runs. */
  runIds(): RunId[]
  lockHolder(target: TargetId): RunId | null
  /** Takes the reserved space; `record-unavailable` where the disk has no room for it. Repeating it is harmless. */
  reserve(): void
  /** Frees the reserved space: no run is under way. */
  endReserve(): void
  /** True from the moment the reserved space was given up for a run until it is taken again. */
  readonly reserveUsed: boolean
  /** Closing again changes nothing. */
  close(): void
}

/** Opens or makes the record. Throws `record-unavailable` where the file can't be opened or is of a newer form. */
export const createRecord = (options: RecordOptions): Record => {
  const { clock, operator } = options
  const ballast = options.ballast ?? createFileBallast(`${options.file}.reserve`)
  let lastCheck: ChainCheck | null = null
  let reserveUsed = false

  const withReserve = <Result>(work: () => Result): Result => {
    try {
      return work()
    } catch (error) {
      if (!isOutOfSpace(error) || !ballast.giveBack()) throw error
      reserveUsed = true
      return work()
    }
  }

  /** A reserve that is there now is one of a run that was interrupted: it is for looking at that run, too. */
  const db = unlessUnavailable(() =>
    withReserve(() => openDatabase(options.file, options.busyTimeoutMs ?? 5_000)),
  )
  options.opened?.(db)

  const append = (entry: NewEntry): RecordEntry => appendEntry(db, clock, operator, entry)
  const head = (): Head => {
    const kept = prepared(db, 'SELECT seq, hash FROM chain_head').get()
    return { count: Number(kept?.seq), head: String(kept?.hash) }
  }
  const signer = unlessUnavailable(() => {
    try {
      const { keyProbe, keys = createEpochKeyFiles(`${options.file}.key`, keyProbe) } = options
      return openSigner({ db, keys, clock, limits: options.limits ?? usualLimits, append, probe: keyProbe })
    } catch (error) {
      db.close()
      throw error
    }
  })

  const write = (transition: Transition): RecordEntry[] => {
    signer.begin()
    return exclusively(db, () => {
      const at = clock.now().toISOString()
      const { run } = transition
      if (run !== undefined) {
        runs.writeRun(db, run)
        for (const [ordinal, step] of transition.steps ?? []) runs.writeStep(db, run.id, ordinal, step)
        if (transition.takeLocks) runs.takeLocks(db, run.id, transition.takeLocks, at)
        if (transition.releaseLocks) runs.releaseLocks(db, run.id)
      }
      const wanted =
        typeof transition.entries === 'function' ? transition.entries(head()) : transition.entries
      const entries = wanted.map(append)
      signer.sign(entries)
      return entries
    })
  }

  const commit = (transition: Transition): RecordEntry[] =>
    unlessUnavailable(() => {
      const entries = transition.mayUseReserve ? withReserve(() => write(transition)) : write(transition)
      signer.endIfDue()
      return entries
    })

  return {
    append(entry) {
      const [written] = commit({ entries: [entry] })
      if (written === undefined) throw new KeyturnError('internal')
      return written
    },
    commit,
    page: (request) => ({ ...readPage(db, request), chain: lastCheck }),
    verifyChain() {
      lastCheck = verifyChain(db, clock.now().toISOString())
      return lastCheck
    },
    async checkChain() {
      lastCheck = await checkChain(db, clock.now().toISOString())
      return lastCheck
    },
    head,
    hashOf(seq) {
      const row = db.prepare('SELECT hash FROM entry WHERE seq = ?').get(seq)
      return row === undefined ? null : String(row.hash)
    },
    latest: (kind) => latestOf(db, kind),
    exportLines: (from, to = head()) => exportLines(db, from, to),
    countersigners: () => countersigningFingerprints(db),
    endEpoch: (because) => signer.end(because),
    seqOf(hash) {
      const row = db.prepare('SELECT seq FROM entry WHERE hash = ?').get(hash)
      return row === undefined ? null : Number(row.seq)
    },
    run: (id) => runs.readRun(db, id),
    runs: (which) => runs.readRuns(db, which),
    runIds: () => runs.readRunIds(db),
    lockHolder: (target) => runs.lockHolder(db, target),
    reserve() {
      unlessUnavailable(() => ballast.hold())
      reserveUsed = false
    },
    endReserve() {
      ballast.giveBack()
      reserveUsed = false
    },
    get reserveUsed() {
      return reserveUsed
    },
    close() {
      if (db.isOpen) db.close()
    },
  }
}

const openDatabase = (file: string, busyTimeoutMs: number): DatabaseSync => {
  makePrivate(file)
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF')
    migrate(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** SQLite gives its companion files the rights of this one. */
const makePrivate = (file: string): void => closeSync(openSync(file, 'a', 0o600))

const sqliteCode = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null

/** SQLITE_FULL, or SQLITE_IOERR: on some file systems a full disk shows only when pages are flushed. */
const isOutOfSpace = (error: unknown): boolean => [10, 13].includes((sqliteCode(error) ?? 0) & 0xff)

const systemCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null

const unlessUnavailable = <Result>(work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    if (error instanceof KeyturnError) throw error
    if (error instanceof z.ZodError) throw new KeyturnError('internal', {}, { cause: error })
    const number = sqliteCode(error) ?? systemCode(error)
    throw new KeyturnError(
      'record-unavailable',
      {},
      { cause: error, ...(number === null ? {} : { vendor: { system: 'os', number } }) },
    )
  }
}
