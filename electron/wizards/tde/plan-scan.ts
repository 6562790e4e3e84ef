import type { TdeDraft } from '../../../shared/forms/tde-draft.ts'
import * as tsql from '../../scripts/tsql/tde.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'
import { keyOf, scansShown } from './facts-words.ts'
import { firstScanMajor, stateText } from './keys.ts'
import { logStepsBeforeChange } from './plan-log.ts'
import { replicasOf } from './replicas.ts'

const stateNow = (facts: Facts, database: string): string => {
  const key = keyOf(facts, database)
  return key === undefined
    ? 'No database encryption key'
    : `Encryption state ${stateText({ ...key, percent: 0 })}`
}

/** Reads until the scan has ended. `state`: what it must end with; null: whatever it ends with. */
export const watchStep = (
  facts: Facts,
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
  facts: Facts,
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

export const watchSteps = ({ databases }: TdeDraft, facts: Facts): Draftstep[] => [
  ...databases.map((database) => watchStep(facts, database, null, stateNow(facts, database))),
  ...watchReplicaSteps(facts, databases, null, null),
]

export const suspendSteps = ({ databases }: TdeDraft, facts: Facts): Draftstep[] =>
  databases.map((database) => ({
    kind: 'suspend-scan',
    title: `Suspend the scan of ${database}`,
    now: stateNow(facts, database),
    after: 'The scan rests, also over a restart, until someone resumes it',
    scripts: [tsql.setEncryption(database, 'SUSPEND')],
    params: { database, scans: scansShown(facts) },
    permission: `ALTER on ${database}`,
    undo: { can: true, action: 'Resume the scan', script: tsql.setEncryption(database, 'RESUME') },
    resume: 'named',
    stopNow: null,
  }))

export const resumeSteps = ({ databases }: TdeDraft, facts: Facts): Draftstep[] => [
  ...databases.map((database): Draftstep => ({
    kind: 'resume-scan',
    title: `Resume the scan of ${database}`,
    now: stateNow(facts, database),
    after: 'The scan goes on where it was',
    scripts: [tsql.setEncryption(database, 'RESUME')],
    params: { database, scans: scansShown(facts) },
    permission: `ALTER on ${database}`,
    undo: { can: true, action: 'Suspend the scan', script: tsql.setEncryption(database, 'SUSPEND') },
    resume: 'named',
    stopNow: null,
  })),
  ...databases.map((database) => watchStep(facts, database, null)),
]

export const regenerateSteps = (draft: TdeDraft, facts: Facts, mark: string): Draftstep[] => [
  ...logStepsBeforeChange(draft, facts, mark),
  ...changeSteps(draft, facts),
]

const changeSteps = ({ databases, algorithm }: TdeDraft, facts: Facts): Draftstep[] => [
  ...databases.map((database): Draftstep => ({
    kind: 'regenerate-database-key',
    title: `Regenerate the key of ${database}`,
    now: `${keyOf(facts, database)?.algorithm ?? 'No key'}, regenerated ${keyOf(facts, database)?.regenerated?.slice(0, 10) ?? 'never'}`,
    after: `A new key, ${algorithm}; a scan rewrites every page`,
    scripts: [tsql.regenerateDatabaseKey(database, algorithm)],
    params: { database, scans: scansShown(facts), algorithm },
    permission: `CONTROL on ${database}`,
    undo: {
      can: false,
      because:
        'The server does not keep the old key. Nothing is lost with it: pages are rewritten, and backups hold their own key under the certificate',
    },
    resume: 'before-image',
    stopNow: null,
  })),
  ...databases.map((database) => watchStep(facts, database, 3)),
]
