import { OsError } from '../../disk.ts'
import type { ServerFile } from '../../disk.ts'
import type { DatabaseFile, DatabaseRecord } from '../../state/model.ts'
import { SqlError, SqlErrors, notSimulated } from '../errors.ts'
import { same } from '../permissions.ts'
import type { Frame } from '../script.ts'
import { exclusiveAccess } from './backup-common.ts'
import type { RestoreOptions } from './backup-grammar.ts'
import type { OpenedBackup } from './restore-source.ts'

/** A file of the database, and where it goes. */
export interface Target {
  file: DatabaseFile
  place: ServerFile
}

/** Whether the database of that name may be overwritten by this backup. */
export function assertReplaceable(
  frame: Frame,
  name: string,
  existing: DatabaseRecord | undefined,
  backup: OpenedBackup,
  options: RestoreOptions,
): void {
  if (existing === undefined) return
  if (existing.databaseId <= 4) throw notSimulated('restoring a system database')
  if (frame.session.databaseId === existing.databaseId)
    throw new SqlError(
      3102,
      `RESTORE cannot process database '${existing.name}' because it is in use by this session. It is recommended that the master database be used when performing this operation.`,
    )
  if (
    [...frame.session.instance.sessions.values()].some(
      (session) => session.databaseId === existing.databaseId,
    )
  ) {
    throw exclusiveAccess()
  }
  if (options.replace || existing.state === 'RESTORING') return
  if (backup.facts.header['FamilyGUID'] !== existing.familyGuid)
    throw new SqlError(
      3154,
      `The backup set holds a backup of a database other than the existing '${name}' database.`,
    )
  if (existing.recoveryModel !== 'SIMPLE') {
    throw new SqlError(
      3159,
      `The tail of the log for the database "${name}" has not been backed up. Use BACKUP LOG WITH NORECOVERY to backup the log if it contains work you do not want to lose. Use the WITH REPLACE or WITH STOPAT clause of the RESTORE statement to just overwrite the contents of the log.`,
    )
  }
}

/** Where each file goes: MOVE, else where it was. Names of other databases' files are never overwritten. */
export function plannedFiles(
  frame: Frame,
  existing: DatabaseRecord | undefined,
  backup: OpenedBackup,
  options: RestoreOptions,
): Target[] {
  const { instance } = frame.session
  const planning = new SqlError(
    3119,
    'Problems were identified while planning for the RESTORE statement. Previous messages provide details.',
  )
  const unknown = options.moves.find(
    (move) => !backup.facts.fileList.some((row) => same(String(row['LogicalName']), move.logical)),
  )
  if (unknown !== undefined)
    throw new SqlError(
      3234,
      `Logical file '${unknown.logical}' is not part of database '${String(backup.facts.header['DatabaseName'])}'. Use RESTORE FILELISTONLY to list the logical file names.`,
    )
  return backup.facts.fileList.map((row) => {
    const logicalName = String(row['LogicalName'])
    const wanted =
      options.moves.find((move) => same(move.logical, logicalName))?.path ?? String(row['PhysicalName'])
    const notThere = (first: SqlError): SqlErrors =>
      new SqlErrors([
        first,
        new SqlError(
          3156,
          `File '${logicalName}' cannot be restored to '${wanted}'. Use WITH MOVE to identify a valid location for the file.`,
        ),
        planning,
      ])
    try {
      const place = instance.disk.forWriting(wanted, instance.dataFolder)
      const owner = instance.store.databases.find((database) =>
        database.files.some((file) => same(file.physicalName, place.shown)),
      )
      if (owner !== undefined && owner.id !== existing?.id)
        throw notThere(
          new SqlError(
            1834,
            `The file '${wanted}' cannot be overwritten.  It is being used by database '${owner.name}'.`,
          ),
        )
      if (owner === undefined && place.exists && !options.replace)
        throw notThere(
          new SqlError(
            3142,
            `File "${logicalName}" cannot be restored over the existing "${wanted}". Reissue the RESTORE statement using WITH REPLACE to overwrite pre-existing files, or WITH MOVE to identify an alternate location.`,
          ),
        )
      const bytes = Number(row['Size'])
      return {
        place,
        file: {
          fileId: Number(row['FileId']),
          logicalName,
          physicalName: place.shown,
          kind: row['Type'] === 'L' ? 'LOG' : 'ROWS',
          bytes,
          ...(row['Type'] === 'L' || row['FileGroupName'] === 'PRIMARY'
            ? {}
            : { filegroup: String(row['FileGroupName']) }),
        } satisfies DatabaseFile,
      }
    } catch (error) {
      if (error instanceof OsError)
        throw notThere(
          new SqlError(
            5133,
            `Directory lookup for the file "${wanted}" failed with the operating system error ${error.text}.`,
          ),
        )
      throw error
    }
  })
}
