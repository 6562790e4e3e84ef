import { answersOfRenew, renewalEndState, withVaultKey } from '../../support/credential-answers.ts'
import type { CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

/** A renewal: no secret without its value, the old one there until every server has proven the new one. */
export const credential: CrashScenario = {
  job: 'credential',
  servers: [server],
  prepare: (stage) => withVaultKey(stage, server, 'Sales'),
  answers: (stage) => answersOfRenew(stage, server),
  questions: {
    credential:
      'SELECT c.name AS name, c.credential_identity AS credential_identity FROM sys.credentials AS c',
    'used since the start': `SELECT c.name AS name, CASE WHEN s.sqlserver_start_time > c.modify_date THEN 1 ELSE 0 END AS used
      FROM sys.credentials AS c CROSS JOIN sys.dm_os_sys_info AS s`,
  },
  endState: (stage, run) => renewalEndState(stage, run),
  middle: null,
  shortPoints: 2,
}
