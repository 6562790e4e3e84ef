import type { Problem } from '../../../shared/errors/problem.ts'
import { proofLevels, type ProofLevel } from '../../../shared/model/evidence.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { RecordBody } from '../../../shared/model/record.ts'
import type { EndedRun, RunResult } from '../../engine/contract.ts'
import { problemBody } from '../../../shared/errors/problem-body.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'

type Body = RecordBody<'drill-ended'>

/** One entry per drilled backup, whichever way the run ended: the recovery ledger stands on these. Pure. */
export const drillResults = (ended: EndedRun): RunResult[] =>
  ended.plan.steps.flatMap((planned, at) => {
    if (planned.kind !== 'read-drill-backup') return []
    const body = bodyOf(ended, planned, at)
    return [
      {
        entry: { kind: 'drill-ended', body },
        outcome: body.outcome === 'restored' ? 'done' : 'failed',
      } satisfies RunResult,
    ]
  })

const bodyOf = (ended: EndedRun, planned: PlannedStep, at: number): Body => {
  const { plan, steps, lastFailure } = ended
  const { original, source, sourceId, sets } = readParams('read-drill-backup', planned.params)
  const restoreAt = at + 1
  const checkAt = at + 2
  // What the steps of this database proved; an undo leaves the proofs where they are.
  const own = [at, restoreAt, checkAt].flatMap((index) => steps[index]?.proofs ?? [])
  const level = highest(own.filter(({ kind }) => kind === 'backup').map((proof) => proof.level))
  const failedHere =
    lastFailure !== null &&
    [at, restoreAt, checkAt].some((index) => plan.steps[index]?.id === lastFailure.step)
  // A key that did not open keeps every backup of the drill from being restored.
  const failedBefore =
    lastFailure !== null &&
    plan.steps.findIndex(({ id }) => id === lastFailure.step) < at &&
    level === 'recorded'
  const problem = level !== 'restored' && (failedHere || failedBefore) ? lastFailure.problem : null
  const checks = plan.steps[checkAt]
  const consistency = checks !== undefined && readParams('check-drill-database', checks.params).consistency
  return {
    sourceId,
    source,
    drillServerId: planned.target.id,
    drillServer: planned.target.name,
    database: original,
    sets: sets.map(({ setId, kind, finishedAt }) => ({ setId, kind, finishedAt })),
    thumbprints: importedOf(ended),
    passwords: passwordsOf(ended),
    level,
    outcome: level === 'restored' ? 'restored' : saysNo(problem) ? 'failed' : 'not-finished',
    checks: level === 'restored' ? ['state', 'size', ...(consistency ? ['DBCC CHECKDB'] : [])] : [],
    restoreSeconds: level === 'restored' ? seconds(steps[restoreAt]) : null,
    totalSeconds: between(ended.startedAt, ended.endedAt) ?? 0,
    problem: problem === null ? null : problemBody(problem),
  }
}

/** A drill that was stopped, or whose server went away, says nothing against the backup. */
const saysNo = (problem: Problem | null): boolean =>
  problem !== null && problem.kind !== 'cancelled' && problem.kind !== 'unreachable'

const highest = (levels: readonly ProofLevel[]): ProofLevel =>
  levels.reduce<ProofLevel>(
    (best, level) => (proofLevels.indexOf(level) > proofLevels.indexOf(best) ? level : best),
    'recorded',
  )

/** Certificates that this run read back after it had imported them, and keys in vaults that it saw on the drill server. */
const importedOf = ({ steps }: EndedRun): string[] =>
  steps.flatMap(({ evidence }) =>
    evidence.flatMap(({ data }) =>
      typeof data?.['drillCertificate'] === 'string'
        ? [String(data['thumbprint'])]
        : typeof data?.['drillVaultKey'] === 'string'
          ? [data['drillVaultKey']]
          : [],
    ),
  )

const passwordsOf = ({ plan }: EndedRun): Body['passwords'] => {
  const from = new Set(
    plan.steps.flatMap(({ kind, params }) =>
      kind === 'import-drill-certificate'
        ? [readParams('import-drill-certificate', params).passwordFrom]
        : [],
    ),
  )
  if (from.has('typed or kept') || from.size === 2) return 'typed and kept'
  return from.has('typed') ? 'typed' : from.has('kept') ? 'kept' : 'none'
}

const seconds = (step: EndedRun['steps'][number] | undefined): number | null =>
  step === undefined ? null : between(step.startedAt, step.endedAt)

const between = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000))
