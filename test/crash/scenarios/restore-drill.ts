import {
  answersOfRestoreDrill,
  backupsToDrill,
  drillServer,
  drillSource,
} from '../../support/restore-drill-answers.ts'
import type { CrashScenario } from '../scenario.ts'

/** A full backup, a differential and a log under one certificate; on the drill server nothing may be left. */
export const restoreDrill: CrashScenario = {
  job: 'restore-drill',
  servers: [drillServer, drillSource],
  prepare: (stage) => backupsToDrill(stage),
  answers: (stage) => answersOfRestoreDrill(stage),
  middle: {
    kind: 'restore-drill-database',
    server: drillServer,
    statement: 'RESTORE DATABASE',
    // The log, the last third, is a few pages: its progress comes too late to be killed in.
    percents: [5, 20, 50],
    slow: async ({ simulators }) => {
      const fault = { kind: 'throttle', bytesPerSecond: 2_000_000 } as const
      await simulators.order({ command: 'fault', instance: drillServer, fault })
    },
  },
  questions: {
    'restored file': `SELECT f.file_or_directory_name AS name FROM sys.dm_os_enumerate_filesystem(N'D:\\Backup', N'*') AS f`,
  },
}
