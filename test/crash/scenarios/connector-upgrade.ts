import { connectorQuestions, connectorUpgradeAnswers } from '../../support/connector-upgrade-answers.ts'
import { putUnderOldVersion } from '../../support/vault-key-rotation-answers.ts'
import type { CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

/** Back to the connector of September 2020, under a database with a key in a vault: the service stops and starts in it. */
export const connectorUpgrade: CrashScenario = {
  job: 'connector-upgrade',
  servers: [server],
  prepare: (stage) => putUnderOldVersion(stage, server, ['Sales']),
  answers: ({ ask }) => connectorUpgradeAnswers(ask, { server, task: 'back', version: '15.0.2000.367' }),
  middle: null,
  questions: connectorQuestions,
  shortPoints: 2,
}
