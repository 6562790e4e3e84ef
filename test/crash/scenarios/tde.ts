import { answersOfTde, databaseKeysQuery, makeMasterKey } from '../../support/tde-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

/** Turns TDE on for two databases; the scan is the server's and goes on while nobody watches. */
export const tde: CrashScenario = {
  job: 'tde',
  servers: [server],
  prepare: ({ program, ask }) => makeMasterKey(program, ask, server),
  answers: ({ ask }) => answersOfTde(ask, { server, databases: ['Sales', 'Payroll'], folder: localFolder }),
  middle: {
    kind: 'watch-scan',
    server,
    statement: 'ALTER DATABASE',
    percents: [10, 50, 80],
    // Held a little further on: between two looks of the run the scan could end.
    slow: async ({ simulators }, percent) => {
      const holdAtPercent = Math.min(99, percent + 5)
      await simulators.order({ command: 'scan', instance: server, pagesPerTick: 2, holdAtPercent })
    },
    letGo: async ({ simulators }) => {
      await simulators.order({ command: 'scan', instance: server, holdAtPercent: null })
    },
  },
  questions: { 'database key': databaseKeysQuery },
  shortPoints: 4,
}
