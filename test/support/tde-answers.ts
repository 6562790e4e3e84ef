import type { Answers } from '../../shared/forms/form.ts'
import type { Program } from '../../electron/program.ts'
import type { Ask } from './ask.ts'
import { pickFolder, yearsFromNow } from './encrypted-backup-answers.ts'
import { generated, runJob, targetNamed } from './job-answers.ts'

/** A complete draft that turns TDE on, on a server that has a master key. `folder`: below the picker's first folder. */
export const answersOfTde = async (
  ask: Ask,
  wish: { server: string; databases: string[]; folder: string },
): Promise<Answers> => {
  const target = await targetNamed(ask, wish.server)
  const { path } = await ask('serverFiles.list', { target, path: '' })
  return {
    target,
    task: 'turn-on',
    databases: wish.databases,
    certificateMode: 'create',
    certificateName: 'KT_TDE_2026',
    certificateSubject: 'TDE of a test',
    certificateExpiry: yearsFromNow(5),
    algorithm: 'AES_256',
    format: 'pvk',
    keyFolder: path,
    backupFolder: path,
    certificateFilePassword: await generated(ask, target, 'sql.key-file-password', 'Private key file'),
    proveOnServer: true,
    localCopy: await pickFolder(ask, wish.folder),
  }
}

/** Gives master its key, by the job that a person would use. */
export const makeMasterKey = async (program: Program, ask: Ask, server: string): Promise<void> => {
  const target = await targetNamed(ask, server)
  const { state } = await runJob(program, 'master-key', {
    target,
    key: 'database',
    database: 'master',
    act: 'create',
    newPassword: await generated(ask, target, 'sql.dmk-password', 'New password'),
    filePassword: await generated(ask, target, 'sql.key-file-password', 'Key files'),
    keyFolder: (await ask('serverFiles.list', { target, path: '' })).path,
    proveOnServer: false,
  })
  if (state !== 'verified') throw new Error(`the master key: ${state}`)
}

/** What the server shows of database keys, without times and thumbprints. */
export const databaseKeysQuery = `SELECT d.name AS name, k.encryption_state AS state, k.key_algorithm AS algorithm, k.key_length AS bits, c.name AS protector, d.is_encrypted AS flag
  FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id
  LEFT JOIN master.sys.certificates AS c ON c.thumbprint = k.encryptor_thumbprint`
