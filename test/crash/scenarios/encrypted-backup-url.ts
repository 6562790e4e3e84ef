import { answersOfEncryptedBackup } from '../../support/encrypted-backup-answers.ts'
import { answersOfContainer } from '../../support/url-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

/** Into two blobs, with a credential that the run makes: no second credential, no backup that msdb does not know. */
export const encryptedBackupUrl: CrashScenario = {
  job: 'encrypted-backup',
  name: 'encrypted-backup-url',
  servers: [server],
  answers: async (stage) => {
    const { target, answers } = await answersOfEncryptedBackup(stage.ask, {
      server,
      databases: ['Sales'],
      localFolder,
    })
    return {
      ...answers,
      destination: 'url',
      stripes: 2,
      transferSize: '65536',
      compression: false,
      ...(await answersOfContainer(stage, target)),
    }
  },
  middle: {
    kind: 'back-up-database',
    server,
    statement: 'BACKUP DATABASE',
    percents: [50],
    slow: async ({ simulators }) => {
      const fault = { kind: 'throttle', bytesPerSecond: 4_000_000 } as const
      await simulators.order({ command: 'fault', instance: server, fault })
    },
  },
  questions: {
    'credentials of storage': `SELECT c.name AS name, c.credential_identity AS identity_name FROM sys.credentials AS c`,
    'stripes on record': `SELECT f.family_sequence_number AS stripe, f.device_type AS device_type
      FROM msdb.dbo.backupmediafamily AS f JOIN msdb.dbo.backupset AS bs ON bs.media_set_id = f.media_set_id
      WHERE bs.description LIKE N'%keyturn:%' ORDER BY f.family_sequence_number`,
  },
  shortPoints: 2,
}
