import { problemOf } from '../../../shared/errors/problem.ts'
import { flagOf, numberOf, textOf, thumbprintOf, timeOf } from '../../ports/sql-rows.ts'
import { unreadBecause } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { agentStepsNaming, backupsByEncryptor } from '../../scripts/tsql/fact-queries.ts'

/** A step of a SQL Server Agent job whose text names a certificate. */
export interface AgentStep {
  job: string
  enabled: boolean
  stepId: number
  stepName: string
}

export interface BackupsUnder {
  backups: number
  /** ISO times; null: none on record. */
  newest: string | null
  keptUntil: string | null
  withoutEnd: number
}

export const readAgentSteps = async (sql: SqlServer, certificate: string): Promise<AgentStep[]> =>
  (await sql.query(agentStepsNaming(certificate))).map((row) => ({
    job: textOf(row['job']),
    enabled: flagOf(row['enabled']) === true || numberOf(row['enabled']) === 1,
    stepId: numberOf(row['step_id']) ?? 0,
    stepName: textOf(row['step_name']),
  }))

export const readBackupsUnder = async (sql: SqlServer, thumbprint: string): Promise<BackupsUnder> => {
  const row = (await sql.query(backupsByEncryptor())).find(
    (one) => thumbprintOf(one['encryptor_thumbprint']) === thumbprint,
  )
  return {
    backups: numberOf(row?.['backups']) ?? 0,
    newest: timeOf(row?.['newest']),
    keptUntil: timeOf(row?.['kept_until']),
    withoutEnd: numberOf(row?.['without_end']) ?? 0,
  }
}

/** What msdb tells, or why this login is not told. Anything worse than a refusal goes up. */
export const orRefusal = async <Value>(read: Promise<Value>): Promise<Value | string> => {
  try {
    return await read
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind !== 'refused') throw error
    return unreadBecause(problem)
  }
}

export const agentStepText = ({ job, enabled, stepId, stepName }: AgentStep): string =>
  `${job}${enabled ? '' : ' (disabled)'}, step ${stepId} (${stepName})`
