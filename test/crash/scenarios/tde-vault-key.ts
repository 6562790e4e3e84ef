import { vaultKeyAnswers, vaultKeyQuestions, withoutConnector } from '../../support/vault-key-answers.ts'
import type { CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

/** From a server without a connector to two databases under a key of a vault; the restart of the service is among it. */
export const tdeVaultKey: CrashScenario = {
  job: 'tde-vault-key',
  servers: [server],
  prepare: ({ simulators }) => withoutConnector(simulators, server),
  answers: ({ program, ask }) => vaultKeyAnswers(program, ask, { server, databases: ['Sales', 'Payroll'] }),
  middle: null,
  questions: vaultKeyQuestions,
  shortPoints: 2,
}
