import * as tsql from '../../scripts/tsql/tde.ts'
import { firstScanMajor } from './database-keys.ts'
import type { Draftstep } from './plan-parts.ts'
import { majorOf } from './read-server.ts'
import { replicasOf, scansShown, type TdeFacts } from './tde-facts.ts'

/** Steps of jobs that encrypt databases, whatever their keys are under. Pure. */

export const turnOnStep = (facts: TdeFacts, database: string): Draftstep => ({
  kind: 'set-encryption-on',
  title: `Turn encryption on for ${database}`,
  now: 'Encryption state 1 (not encrypted)',
  after: 'A scan encrypts every page; tempdb is encrypted with the first such database',
  scripts: [tsql.setEncryption(database, 'ON')],
  params: { database, scans: scansShown(facts) },
  permission: `ALTER on ${database}`,
  undo: {
    can: true,
    action: 'Turn encryption off again, and wait until its pages are in clear',
    script: tsql.setEncryption(database, 'OFF'),
  },
  resume: 'named',
  stopNow: null,
})

/** Reads until the scan has ended. `state`: what it must end with; null: whatever it ends with. */
export const watchStep = (
  facts: TdeFacts,
  database: string,
  state: 1 | 3 | null,
  now = 'A scan is at work',
): Draftstep => ({
  kind: 'watch-scan',
  title: `Watch the scan of ${database} to its end`,
  now,
  after: state === null ? 'Encryption state 3 or 1' : `Encryption state ${state}`,
  scripts: [],
  params: { database, scans: scansShown(facts), state },
  permission: 'VIEW SERVER STATE',
  undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
  resume: 'named',
  stopNow: { leaves: `The scan of ${database} goes on on the server. This job watches it to its end` },
})

/** On each replica that can be asked; the others are named as not asked. `thumbprint` null: whatever its primary has. */
export const watchReplicaSteps = (
  facts: TdeFacts,
  databases: readonly string[],
  state: 1 | 3 | null,
  thumbprint: string | null,
): Draftstep[] =>
  databases.flatMap((database) =>
    replicasOf(facts, database).map((replica): Draftstep => ({
      kind: 'watch-replica',
      target: replica.target,
      title: `Watch ${database} on replica ${replica.target.name} until it has followed`,
      now: 'It follows the primary by itself',
      after:
        state === null
          ? 'The encryption state of the primary there too'
          : `Encryption state ${state} there too`,
      scripts: [],
      params: {
        database,
        scans: majorOf(replica) >= firstScanMajor,
        state,
        thumbprint,
        primary: facts.target.id,
      },
      permission: `VIEW SERVER STATE on ${replica.target.name}`,
      undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
      resume: 'named',
      stopNow: { leaves: `${replica.target.name} goes on following by itself` },
    })),
  )
