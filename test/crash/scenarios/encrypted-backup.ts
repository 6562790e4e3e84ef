import { answersOfEncryptedBackup } from '../../support/encrypted-backup-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

export const encryptedBackup: CrashScenario = {
  job: 'encrypted-backup',
  servers: [server],
  answers: async ({ ask }) =>
    (await answersOfEncryptedBackup(ask, { server, databases: ['Sales'], localFolder })).answers,
  middle: {
    kind: 'back-up-database',
    server,
    statement: 'BACKUP DATABASE',
    percents: [10, 50, 90],
    slow: async ({ simulators }) => {
      const fault = { kind: 'throttle', bytesPerSecond: 4_000_000 } as const
      await simulators.order({ command: 'fault', instance: server, fault })
    },
  },
  shortPoints: 8,
}
