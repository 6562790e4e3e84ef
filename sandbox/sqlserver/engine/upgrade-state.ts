import type { BackupSetRecord, DatabaseRecord, RestoreHistoryRecord } from '../state/model.ts'
import type { Store } from '../state/store.ts'
import { newLogChain } from './log.ts'

/** Records that were kept before logs, stripes and restore kinds were simulated. */
type Kept<T, New extends keyof T> = Omit<T, New> & Partial<Pick<T, New>>

/** Brings what an earlier version of the simulator kept to today's shape; a new folder has nothing of it. */
export function upgradeState(store: Store): void {
  const databases = store.databases
    .all()
    .filter((kept: Kept<DatabaseRecord, 'log'>) => kept.log === undefined)
  const sets = store.backupSets
    .all()
    .filter((kept: Kept<BackupSetRecord, 'physicalNames'>) => kept.physicalNames === undefined)
  const restores = store.restores
    .all()
    .filter((kept: Kept<RestoreHistoryRecord, 'files'>) => kept.files === undefined)
  if (databases.length + sets.length + restores.length === 0) return
  store.change(undefined, () => {
    for (const kept of databases)
      store.databases.put({
        ...kept,
        userAccess: 'MULTI_USER',
        rows: 0,
        // The chain of an earlier version can't be continued: the next full backup begins a new one.
        log: newLogChain(),
        restoring:
          kept.state === 'RESTORING'
            ? { redoLsn: newLogChain().nextLsn, redoTime: kept.createDate, base: null }
            : null,
      })
    for (const kept of sets) store.backupSets.put(upgradedSet(kept))
    for (const kept of restores)
      store.restores.put({ ...kept, type: 'D', replace: false, recovery: true, stopAt: null, files: [] })
  })
}

const upgradedSet = (kept: BackupSetRecord & { physicalName?: string }): BackupSetRecord => ({
  ...kept,
  differentialBase: null,
  beginsLogChain: false,
  forkPointLsn: null,
  firstForkGuid: kept.familyGuid,
  lastForkGuid: kept.familyGuid,
  softwareMajorVersion: 16,
  serverName: '',
  files: [],
  physicalNames: [kept.physicalName ?? ''],
})
