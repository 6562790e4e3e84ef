import type { Answers } from '../../shared/forms/form.ts'
import { setupPath } from '../../sandbox/sqlserver/windows/packages.ts'
import type { Ask } from './ask.ts'
import { targetNamed } from './job-answers.ts'

/** A complete draft in a rehearsal: another version of the connector, with backups by the run. */
export const connectorUpgradeAnswers = async (
  ask: Ask,
  wish: {
    server: string
    task: 'newer' | 'back'
    version: '15.0.2000.367' | '13.0.811.168' | '15.0.2000.440'
  },
): Promise<Answers> => {
  const target = await targetNamed(ask, wish.server)
  return {
    target,
    task: wish.task,
    setup: setupPath(wish.version),
    version: wish.version,
    mode: 'silent',
    backups: 'take',
    backupFolder: (await ask('serverFiles.list', { target, path: '' })).path,
  }
}

/** What the server shows of it, without times and thumbprints. */
export const connectorQuestions = {
  provider:
    'SELECT p.name AS name, p.version AS version, p.is_enabled AS enabled FROM sys.cryptographic_providers AS p',
  databases: `SELECT d.name AS name, d.state_desc AS state, k.encryptor_type AS type FROM sys.databases AS d
  LEFT JOIN sys.dm_database_encryption_keys AS k ON k.database_id = d.database_id`,
} as const
