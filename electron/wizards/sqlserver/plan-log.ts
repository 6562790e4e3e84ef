import { fileNamePart, inServerFolder } from '../../../shared/forms/names.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import * as tsql from '../../scripts/tsql/tde.ts'
import type { ServerFacts } from './facts-model.ts'
import type { LogFacts } from './log-facts.ts'
import { logNeed, remedyFor } from './log-rule.ts'
import type { Draftstep } from './plan-parts.ts'
import { majorOf } from './read-server.ts'

/** Databases whose keys a plan changes, and what it says of their log backups. */
export interface LogPlan {
  databases: readonly string[]
  /** Folder on the server. */
  backupFolder: string
  logBackups: 'take' | 'mine'
  /** What the key of a database is under now, by name; undefined: not seen. */
  under(database: string): string | undefined
}

type Facts = LogFacts & Pick<ServerFacts, 'server' | 'plannedOn'>

/** What a backup of this run is called and marked with. `kind` is a part of the file name. */
export const backupOf = (
  plan: Pick<LogPlan, 'databases' | 'backupFolder'>,
  facts: Facts,
  mark: string,
  database: string,
  kind: string,
) => {
  const ending = kind === 'log' ? 'trn' : 'bak'
  return {
    file: inServerFolder(
      plan.backupFolder,
      `${fileNamePart(database)}_${kind}_${facts.plannedOn}_${mark}_${plan.databases.indexOf(database) + 1}.${ending}`,
    ),
    description: `keyturn:${mark}`,
    probe: fileProbeFor(majorOf(facts)),
  }
}

/** Before a change of the key: what the rule of SQL 33122 asks for, database by database. */
export const logStepsBeforeChange = (plan: LogPlan, facts: Facts, mark: string): Draftstep[] =>
  plan.databases.flatMap((database) => {
    const need = logNeed(facts, database)
    if (need === null) return []
    if (need.remedy === 'checkpoint') return [checkpointStep(database, need.because)]
    return plan.logBackups === 'take'
      ? [
          logBackupStep(
            plan,
            facts,
            mark,
            database,
            `${need.because}. A third change would be refused (SQL 33122)`,
          ),
        ]
      : []
  })

/** After the key was dropped: until then the log needs the certificate. */
export const logStepsAfterDrop = (plan: LogPlan, facts: Facts, mark: string): Draftstep[] =>
  plan.databases.flatMap((database) => {
    const { remedy, because } = remedyFor(facts, database)
    if (remedy === 'checkpoint')
      return [checkpointStep(database, `The log holds what was written under the key; ${because}`)]
    return plan.logBackups === 'take'
      ? [logBackupStep(plan, facts, mark, database, 'The log holds what was written under the key')]
      : []
  })

const logBackupStep = (
  plan: LogPlan,
  facts: Facts,
  mark: string,
  database: string,
  now: string,
): Draftstep => {
  const { file, description, probe } = backupOf(plan, facts, mark, database, 'log')
  const under = plan.under(database)
  return {
    kind: 'log-backup',
    title: `Back up the log of ${database}`,
    now,
    after: `${file}: part of the log chain${
      under === undefined
        ? ''
        : `; a restore of it needs ${under}, and everything else that the key was under since the log backup before`
    }. What the log holds from here on needs only what the key is under then`,
    scripts: [
      tsql.logBackup({
        database,
        path: file,
        name: `${fileNamePart(database)} log`.slice(0, 128),
        description,
        stats: 10,
      }),
    ],
    params: { database, file, probe, description },
    permission: `BACKUP LOG on ${database}`,
    undo: {
      can: false,
      because: `It is part of the log chain: a restore to a later time needs it. Keep it with the other log backups: ${file}`,
    },
    resume: 'marked',
    stopNow: { leaves: `A half file may stay on the server: ${file}. A retry writes over it` },
  }
}

const checkpointStep = (database: string, now: string): Draftstep => ({
  kind: 'checkpoint',
  title: `Checkpoint of ${database}`,
  now,
  after: 'What the log held may be written over. No view shows it: the server’s answer to what follows does',
  scripts: [tsql.checkpoint(database)],
  params: { database },
  permission: `CHECKPOINT on ${database}`,
  undo: { can: false, because: 'It loses nothing: the pages are on disk' },
  resume: 'named',
  stopNow: null,
})
