import type { TdeDraft } from '../../../shared/forms/tde-draft.ts'
import * as tsql from '../../scripts/tsql/tde.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'
import { logPlan } from './facts-words.ts'
import { stateText } from '../sqlserver/database-keys.ts'
import { watchReplicaSteps, watchStep } from '../sqlserver/plan-tde.ts'
import { keyOf, scansShown } from '../sqlserver/tde-facts.ts'
import { logStepsBeforeChange } from '../sqlserver/plan-log.ts'

const stateNow = (facts: Facts, database: string): string => {
  const key = keyOf(facts, database)
  return key === undefined
    ? 'No database encryption key'
    : `Encryption state ${stateText({ ...key, percent: 0 })}`
}

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
  ...logStepsBeforeChange(logPlan(draft, facts), facts, mark),
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
