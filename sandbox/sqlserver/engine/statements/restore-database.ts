import { assertMayRestoreOver } from '../../availability/rules.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { truncateLog } from '../log.ts'
import { PAGE_SIZE } from '../pages.ts'
import type { BootContents } from '../pages.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { assertTde } from '../tde/features.ts'
import { closeDatabaseKey, openDatabaseKey } from '../tde/recovery.ts'
import { protectorsIn } from '../tde/travel.ts'
import { exclusiveAccess, sendEnd, terminating, textOf } from './backup-common.ts'
import { databaseOperand, devices, restoreOptions } from './backup-grammar.ts'
import type { DeviceOperand, RestoreOptions } from './backup-grammar.ts'
import { writeFiles } from './restore-files.ts'
import { assertReplaceable, plannedFiles } from './restore-plan.ts'
import type { Target } from './restore-plan.ts'
import { adoptBoot, kindName, recordRestore, typeOf } from './restore-record.ts'
import { rollForward } from './restore-roll.ts'
import { assertChecksums, assertKeyIsHere, assertVersion, openBackup, wholeSet } from './restore-source.ts'
import type { OpenedBackup } from './restore-source.ts'
import { noSuchDatabase, openRestored, recovered } from './restore-state.ts'
import { stopPoint } from './restore-stop.ts'
import type { StopPoint } from './restore-stop.ts'

const restore = (what: 'DATABASE' | 'LOG'): StatementHandler => ({
  head: ['RESTORE', what],
  parse(c) {
    const statement = `RESTORE ${what}` as const
    const name = databaseOperand(c)
    if (c.takeWord('FROM') === undefined) {
      c.expectWord('WITH')
      c.expectWord('RECOVERY')
      return { run: async (frame) => (await recover(frame, textOf(name, frame)), null) }
    }
    const sources = devices(c)
    const options = restoreOptions(c)
    return {
      async run(frame) {
        await terminating(statement, () =>
          runRestore(frame, statement, textOf(name, frame), sources, options),
        )
        return null
      },
    }
  },
})

/** RESTORE ... WITH RECOVERY alone: whatever was restored so far is the database. */
async function recover(frame: Frame, name: string): Promise<void> {
  const { store } = frame.session.instance
  const database = frame.session.instance.databaseNamed(name)
  if (database === undefined) throw noSuchDatabase(name)
  if (database.state !== 'RESTORING') throw new SqlError(3153, 'The database is already fully recovered.')
  await openDatabaseKey(frame.session.instance, database, frame.session)
  frame.session.change(() => store.databases.put(recovered(database)))
  frame.session.instance.scans.start(database.databaseId)
}

async function runRestore(
  frame: Frame,
  statement: 'RESTORE DATABASE' | 'RESTORE LOG',
  name: string,
  sources: readonly DeviceOperand[],
  options: RestoreOptions,
): Promise<void> {
  const { session } = frame
  const opened = await openBackup(frame, sources, options)
  assertVersion(session, opened)
  const backup = wholeSet(opened)
  const type = typeOf(backup)
  if ((type === 'L') !== (statement === 'RESTORE LOG'))
    throw new SqlError(
      3135,
      `The backup set in file '${backup.path}' was created by ${kindName(type)} and cannot be used for this restore operation.`,
    )
  assertChecksums(options.checksum, backup)
  const stop = stopPoint(frame, options, backup)
  if (type === 'D') await restoreFull(frame, name, backup, options, stop)
  else await rollForward(frame, { statement, name, backup, type, options, stop })
}

async function restoreFull(
  frame: Frame,
  name: string,
  backup: OpenedBackup,
  options: RestoreOptions,
  stop: StopPoint | undefined,
): Promise<void> {
  const { instance } = frame.session
  const existing = instance.databaseNamed(name)
  assertMayRestoreOver(existing)
  assertReplaceable(frame, name, existing, backup, options)
  if (stop?.place === 'within')
    throw new SqlError(
      4338,
      'The STOPAT clause specifies a point too early to allow this backup set to be restored. Choose a different stop point or use RESTORE DATABASE WITH RECOVERY to recover at the current point.',
    )
  if (protectorsIn(backup.facts.fileList).length > 0) assertTde(instance)
  await assertKeyIsHere(frame.session, backup)
  const targets = plannedFiles(frame, existing, backup, options)
  const busyKey = existing?.id ?? `new:${name.toLowerCase()}`
  if (instance.busy.has(busyKey)) throw exclusiveAccess()
  instance.busy.set(busyKey, 'RESTORE DATABASE')
  const started = performance.now()
  try {
    const boot = await writeFiles(frame, name, backup, targets, options)
    for (const { place } of targets) instance.disk.own(place)
    if (existing !== undefined) closeDatabaseKey(instance, existing.databaseId)
    record(frame, { name, existing, boot, targets, backup, options, stop })
    await openRestored(frame.session, name)
  } finally {
    instance.busy.delete(busyKey)
  }
  if (stop !== undefined) await stop.sayMoreIsNeeded(frame)
  await sendEnd(
    frame,
    'RESTORE DATABASE',
    name,
    targets.map(({ file }) => ({ name: file.logicalName, pages: file.bytes / PAGE_SIZE })),
    performance.now() - started,
    PAGE_SIZE,
  )
}

interface Outcome {
  name: string
  existing: DatabaseRecord | undefined
  boot: BootContents
  targets: readonly Target[]
  backup: OpenedBackup
  options: RestoreOptions
  stop: StopPoint | undefined
}

/** Database, its master key and certificates become part of this instance in one commit. */
function record(frame: Frame, { name, existing, boot, targets, backup, options, stop }: Outcome): void {
  const { session } = frame
  const { store } = session.instance
  const { header } = backup.facts
  // A stop point behind this backup needs log backups first: nothing is recovered yet.
  const recovery = options.recovery && stop === undefined
  const checkpoint = String(header['CheckpointLSN'])
  const base =
    header['IsCopyOnly'] === true
      ? null
      : { lsn: checkpoint, guid: String(header['BackupSetGUID']), date: String(header['BackupStartDate']) }
  session.change(() => {
    const databaseId = existing?.databaseId ?? store.nextNumber('database', 5)
    truncateLog(store, databaseId)
    const restoring: DatabaseRecord = {
      id: String(databaseId),
      databaseId,
      name,
      ownerLogin: session.login.name,
      createDate: session.instance.now().toISOString(),
      state: 'RESTORING',
      recoveryModel: boot.recoveryModel,
      compatibilityLevel: boot.compatibilityLevel,
      readOnly: boot.readOnly,
      userAccess: 'MULTI_USER',
      familyGuid: boot.familyGuid,
      files: targets.map((target) => target.file),
      rows: boot.rows,
      log: { ...boot.log, base, changedPages: [], allChanged: false, lastFullLsn: checkpoint },
      ...(boot.readOnlyFilegroups === undefined ? {} : { readOnlyFilegroups: boot.readOnlyFilegroups }),
      restoring: {
        redoLsn: String(header['LastLSN']),
        redoTime: `${String(header['BackupFinishDate'])}Z`,
        base,
      },
    }
    store.databases.put(recovery ? recovered(restoring) : restoring)
    adoptBoot(store, databaseId, boot)
    recordRestore(session, backup, {
      databaseName: name,
      type: 'D',
      replace: options.replace,
      recovery,
      stopAt: stop?.time ?? null,
      files: restoring.files,
    })
  })
}

export const RESTORE_DATABASE_STATEMENTS: readonly StatementHandler[] = [restore('DATABASE'), restore('LOG')]
