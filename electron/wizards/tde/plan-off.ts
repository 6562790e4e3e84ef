import { fileNamePart } from '../../../shared/forms/names.ts'
import type { TdeDraft } from '../../../shared/forms/tde-draft.ts'
import * as tsql from '../../scripts/tsql/tde.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'
import { logPlan } from './facts-words.ts'
import { scansShown } from '../sqlserver/tde-facts.ts'
import { backupOf, logStepsAfterDrop } from '../sqlserver/plan-log.ts'
import { keepSteps } from './plan-protector.ts'
import { watchReplicaSteps, watchStep } from '../sqlserver/plan-tde.ts'

/** OFF, wait for state 1, drop the key, end what the log holds, full backup; the certificate is kept for what was written before. */
export const stepsToTurnOff = (draft: TdeDraft, facts: Facts, mark: string): Draftstep[] => {
  const { databases } = draft
  const scans = scansShown(facts)
  return [
    ...databases.map((database): Draftstep => ({
      kind: 'set-encryption-off',
      title: `Turn encryption off for ${database}`,
      now: 'Encryption state 3 (encrypted)',
      after: 'A scan decrypts every page',
      scripts: [tsql.setEncryption(database, 'OFF')],
      params: { database, scans },
      permission: `ALTER on ${database}`,
      undo: {
        can: 'until-first',
        of: 'drop-database-key',
        action: 'Turn encryption on again, and wait until its pages are encrypted',
        script: tsql.setEncryption(database, 'ON'),
      },
      resume: 'named',
      stopNow: null,
    })),
    ...databases.map((database) => watchStep(facts, database, 1)),
    // The server drops no key that a replica still uses (SQL 33123).
    ...watchReplicaSteps(facts, databases, 1, null),
    ...databases.map((database): Draftstep => ({
      kind: 'drop-database-key',
      title: `Drop the encryption key of ${database}`,
      now: 'A key with which nothing is encrypted any more (state 1)',
      after: 'No key. Log and backups from before still need the certificate',
      scripts: [tsql.dropDatabaseKey(database)],
      params: { database, scans },
      permission: `CONTROL on ${database}`,
      undo: {
        can: false,
        because: 'The server does not keep it. Turning TDE on again makes a new key; no data is lost',
      },
      resume: 'named',
      stopNow: null,
    })),
    ...logStepsAfterDrop(logPlan(draft, facts), facts, mark),
    ...databases.map((database) => backupStep(draft, facts, mark, database)),
    ...keepSteps(facts, databases),
  ]
}

const backupStep = (draft: TdeDraft, facts: Facts, mark: string, database: string): Draftstep => {
  const { file, description, probe } = backupOf(draft, facts, mark, database, 'without_TDE')
  return {
    kind: 'full-backup',
    title: `Take a full backup of ${database} without TDE`,
    now: 'Every backup of it may need the certificate',
    after: `${file}: pages in clear, needs no certificate`,
    scripts: [
      tsql.fullBackup({
        database,
        path: file,
        name: `${fileNamePart(database)} after TDE`.slice(0, 128),
        description,
        stats: 5,
      }),
    ],
    params: { database, file, probe, description },
    permission: `BACKUP DATABASE on ${database}`,
    undo: { can: false, because: `T-SQL can’t delete files. Stays on the server: ${file}` },
    resume: 'marked',
    stopNow: { leaves: `A half file may stay on the server: ${file}. A retry writes over it` },
  }
}
