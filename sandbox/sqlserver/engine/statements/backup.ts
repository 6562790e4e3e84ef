import { isSecondary } from '../../availability/rules.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError, notSimulated } from '../errors.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { assertOnline } from '../session.ts'
import { exclusiveAccess, inTransaction, terminating, textOf } from './backup-common.ts'
import { encryptor } from './backup-encryptor.ts'
import { backupOptions, databaseOperand, devices, mirrors } from './backup-grammar.ts'
import type { BackupOptions, DeviceOperand, TextOperand } from './backup-grammar.ts'
import { assertUrlOptions } from '../url/rules.ts'
import { prepareMedia } from './backup-media.ts'
import { writeBackup } from './backup-write.ts'
import type { BackupKind } from './backup-write.ts'

const backup = (what: 'DATABASE' | 'LOG'): StatementHandler => ({
  head: ['BACKUP', what],
  parse(c) {
    const line = c.line
    const database = databaseOperand(c)
    if (c.isWord('FILE', 'FILEGROUP', 'READ_WRITE_FILEGROUPS'))
      throw notSimulated(`BACKUP ${what} ${c.peek().upper}`, c.line)
    c.expectWord('TO')
    const targets = devices(c)
    const copies = mirrors(c)
    const options = backupOptions(c)
    if (what === 'LOG' && options.differential)
      throw new SqlError(
        3032,
        'One or more of the options (differential) are not supported for this statement. Review the documentation for supported options.',
        { line },
      )
    if (what === 'DATABASE' && options.noRecovery)
      throw new SqlError(
        3032,
        'One or more of the options (norecovery) are not supported for this statement. Review the documentation for supported options.',
        { line },
      )
    const statement = `BACKUP ${what}` as const
    return {
      run: async (frame) => {
        await terminating(statement, () => runBackup(frame, statement, database, targets, copies, options))
        return null
      },
    }
  },
})

async function runBackup(
  frame: Frame,
  statement: 'BACKUP DATABASE' | 'BACKUP LOG',
  name: TextOperand,
  targets: readonly DeviceOperand[],
  copies: readonly (readonly DeviceOperand[])[],
  options: BackupOptions,
): Promise<void> {
  const { session } = frame
  const { instance } = session
  const kind: BackupKind = statement === 'BACKUP LOG' ? 'log' : options.differential ? 'differential' : 'full'
  if (session.transaction !== undefined) throw inTransaction()
  const database = backedUpDatabase(frame, statement, textOf(name, frame))
  assertChain(database, kind)
  if (targets[0]?.kind === 'url')
    assertUrlOptions(instance, statement, targets.length, options, copies.length > 0)
  if (copies.length > 0) refuseMirrors(frame, options)
  if (options.noRecovery) assertUnused(frame, database)
  const encryption =
    options.encryption === undefined ? null : await encryptor(frame, statement, options.encryption)
  if (instance.busy.has(database.id))
    throw new SqlError(
      3023,
      'Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a database must be serialized. Reissue the statement after the current backup or file manipulation operation is completed.',
    )
  instance.busy.set(database.id, statement)
  try {
    const named = targets.map((target) => ({ kind: target.kind, name: textOf(target.name, frame) }))
    const media = await prepareMedia(frame, named, options)
    await writeBackup(frame, { kind, statement, devices: media, encryption, options }, database)
  } finally {
    instance.busy.delete(database.id)
  }
}

function backedUpDatabase(frame: Frame, statement: string, name: string): DatabaseRecord {
  const { session } = frame
  const { instance } = session
  const database = instance.databaseNamed(name)
  if (database === undefined)
    throw new SqlError(
      911,
      `Database '${name}' does not exist. Make sure that the name is entered correctly.`,
    )
  if (!instance.permissions.database(session.login, database, statement))
    throw new SqlError(262, `${statement} permission denied in database '${database.name}'.`, {
      severity: 14,
    })
  if (database.databaseId === 2)
    throw new SqlError(3147, 'Backup and restore operations are not allowed on database tempdb.')
  // A real secondary takes copy-only and log backups; nothing here does.
  if (isSecondary(database)) throw notSimulated(`${statement} on a secondary replica`)
  assertOnline(database)
  return database
}

function assertChain(database: DatabaseRecord, kind: BackupKind): void {
  if (kind === 'full') return
  if (database.databaseId === 1)
    throw kind === 'log'
      ? new SqlError(4212, 'Cannot back up the log of the master database. Use BACKUP DATABASE instead.')
      : new SqlError(
          3024,
          'You can only perform a full backup of the master database. Use BACKUP DATABASE to back up the entire master database.',
        )
  if (kind === 'differential') {
    if (database.log.base === null)
      throw new SqlError(
        3035,
        `Cannot perform a differential backup for database "${database.name}", because a current database backup does not exist. Perform a full database backup by reissuing BACKUP DATABASE, omitting the WITH DIFFERENTIAL option.`,
      )
    return
  }
  if (database.recoveryModel === 'SIMPLE')
    throw new SqlError(
      4208,
      'The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE.',
    )
  if (database.log.backupFrom === null)
    throw new SqlError(4214, 'BACKUP LOG cannot be performed because there is no current database backup.')
}

/** Mirrors are known, and refused with the engine's number where the edition has none. */
function refuseMirrors(frame: Frame, options: BackupOptions): never {
  const { edition } = frame.session.instance.options
  if (edition !== 'Enterprise' && edition !== 'Developer')
    throw new SqlError(
      3218,
      'Backup mirroring is not available in this edition of SQL Server. See Books Online for more details on feature support in different SQL Server editions.',
    )
  if (!options.format) throw new SqlError(3215, 'Use WITH FORMAT to create a new mirrored backup set.')
  throw notSimulated('MIRROR TO')
}

function assertUnused(frame: Frame, database: DatabaseRecord): void {
  const used = [...frame.session.instance.sessions.values()].some(
    (session) => session.databaseId === database.databaseId,
  )
  if (used) throw exclusiveAccess()
}

export const BACKUP_STATEMENTS: readonly StatementHandler[] = [backup('DATABASE'), backup('LOG')]
