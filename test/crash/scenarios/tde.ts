import type { Answers } from '../../../shared/forms/form.ts'
import { pickFolder, yearsFromNow } from '../../support/encrypted-backup-answers.ts'
import { generated, runJob, targetNamed } from '../../support/job-answers.ts'
import { localFolder, type CrashScenario, type Stage } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

const answers = async ({ ask }: Stage): Promise<Answers> => {
  const target = await targetNamed(ask, server)
  return {
    target,
    task: 'turn-on',
    databases: ['Sales', 'Payroll'],
    certificateMode: 'create',
    certificateName: 'KT_TDE_2026',
    certificateSubject: 'TDE crash matrix',
    certificateExpiry: yearsFromNow(5),
    algorithm: 'AES_256',
    format: 'pvk',
    keyFolder: (await ask('serverFiles.list', { target, path: '' })).path,
    certificateFilePassword: await generated(ask, target, 'sql.key-file-password', 'Private key file'),
    proveOnServer: true,
    localCopy: await pickFolder(ask, localFolder),
  }
}

const createMasterKey = async (stage: Stage): Promise<void> => {
  const { ask } = stage
  const target = await targetNamed(ask, server)
  const { state } = await runJob(stage.program, 'master-key', {
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

/** Turns TDE on for two databases; the scan is the server's and goes on while nobody watches. */
export const tde: CrashScenario = {
  job: 'tde',
  servers: [server],
  prepare: createMasterKey,
  answers,
  middle: {
    kind: 'watch-scan',
    percents: [10, 50, 80],
    slow: async ({ simulators }) => {
      await simulators.order({ command: 'scan', instance: server, pagesPerTick: 2, tickMilliseconds: 10 })
    },
  },
  questions: {
    'database key': `SELECT d.name AS name, k.encryption_state AS state, k.key_algorithm AS algorithm, k.key_length AS bits, c.name AS protector, d.is_encrypted AS flag
      FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id
      LEFT JOIN master.sys.certificates AS c ON c.thumbprint = k.encryptor_thumbprint`,
  },
  shortPoints: 4,
}
