import { answersOfCleanUp, chainQuestions, deleteRegistryKey } from '../../support/clean-up-answers.ts'
import { withKeyOfVault } from '../../support/credential-answers.ts'
import type { CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

/** Everything of a key goes; the registry key waits for a person. Whenever the process ends: nothing half gone. */
export const cleanUp: CrashScenario = {
  job: 'ekm-clean-up',
  servers: [server],
  prepare: (stage) => withKeyOfVault(stage, server),
  answers: (stage) => answersOfCleanUp(stage, server),
  questions: chainQuestions,
  help: (stage) => deleteRegistryKey(stage, server),
  middle: null,
  shortPoints: 2,
}
