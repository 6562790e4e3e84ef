import type { DatabaseRecord, LogChain, LogRecord, StoredRow } from '../state/model.ts'
import type { Store } from '../state/store.ts'
import { newGuid } from './guids.ts'

const FIRST_LSN = '34000000012800001'
/** An LSN is log file, block and slot in one decimal number; each record or backup takes a block. */
const BLOCK = 100_000n

export const lsnAfter = (lsn: string, blocks: number): string => String(BigInt(lsn) + BigInt(blocks) * BLOCK)

export const compareLsn = (a: string, b: string): number => {
  const difference = BigInt(a) - BigInt(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

export function newLogChain(): LogChain {
  const fork = newGuid()
  return {
    nextLsn: FIRST_LSN,
    backupFrom: null,
    begins: true,
    lastFullLsn: '0',
    base: null,
    changedPages: [],
    allChanged: false,
    fork,
    firstFork: fork,
    forkPoint: null,
  }
}

/** Notes a written row: its record stays until a log backup took it, its page goes into the next differential. */
export function logged(store: Store, database: DatabaseRecord, row: StoredRow, page: number): DatabaseRecord {
  const { log } = database
  if (log.backupFrom !== null)
    store.logRecords.put({
      id: `${database.databaseId}:${log.nextLsn}`,
      databaseId: database.databaseId,
      lsn: log.nextLsn,
      time: row.writtenAt,
      row,
    })
  const changedPages = log.changedPages.includes(page)
    ? log.changedPages
    : [...log.changedPages, page].sort((a, b) => a - b)
  return {
    ...database,
    rows: Math.max(database.rows, row.rowId),
    log: { ...log, nextLsn: lsnAfter(log.nextLsn, 1), changedPages },
  }
}

/** Records of a database from `first` up to, not including, `end`, in order. */
export function recordsBetween(store: Store, databaseId: number, first: string, end: string): LogRecord[] {
  return store.logRecords
    .all()
    .filter(
      (record) =>
        record.databaseId === databaseId &&
        compareLsn(record.lsn, first) >= 0 &&
        compareLsn(record.lsn, end) < 0,
    )
    .sort((a, b) => compareLsn(a.lsn, b.lsn))
}

/** Call it inside a change. Without `before`, all of the database's records go. */
export function truncateLog(store: Store, databaseId: number, before?: string): void {
  for (const record of store.logRecords.all())
    if (record.databaseId === databaseId && (before === undefined || compareLsn(record.lsn, before) < 0))
      store.logRecords.delete(record.id)
}

/** What the chain is once a restore has ended: a new recovery path that leaves the old one at the last LSN applied. */
export function afterRecovery(database: DatabaseRecord): LogChain {
  const { log, restoring } = database
  const lsn = restoring?.redoLsn ?? log.nextLsn
  return {
    ...log,
    nextLsn: lsnAfter(lsn, 1),
    backupFrom: database.recoveryModel === 'SIMPLE' ? null : lsn,
    begins: false,
    base: restoring?.base ?? log.base,
    fork: newGuid(),
    firstFork: log.fork,
    forkPoint: lsn,
  }
}
