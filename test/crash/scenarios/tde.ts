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
    slow: async ({ simulators }) => {
      await simulators.order({ command: 'scan', instance: server, pagesPerTick: 2, tickMilliseconds: 10 })
    },
  },
  questions: { 'database key': databaseKeysQuery },
  shortPoints: 4,
}
