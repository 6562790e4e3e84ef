import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { optionScripts, type DatabaseOptions } from '../../../scripts/tsql/move.ts'
import {
  blocked,
  evidenceOf,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  send,
} from '../../sqlserver/steps/help.ts'
import { readDatabase, type DatabaseRow } from './database-rows.ts'

/** The options that are not as wanted, in words; empty: all are. An owner that is not visible can't be compared. */
export const optionsThatDiffer = (
  found: DatabaseRow,
  { owner, trustworthy, broker }: DatabaseOptions,
): { option: keyof DatabaseOptions; what: string }[] => [
  ...(owner === null || found.owner.toLowerCase() === owner.toLowerCase()
    ? []
    : [{ option: 'owner' as const, what: `owner ${found.owner || 'not visible'}, not ${owner}` }]),
  ...(found.trustworthy === trustworthy
    ? []
    : [{ option: 'trustworthy' as const, what: `TRUSTWORTHY ${found.trustworthy ? 'on' : 'off'}` }]),
  ...(found.broker === broker
    ? []
    : [{ option: 'broker' as const, what: `Service Broker ${found.broker ? 'on' : 'off'}` }]),
]

/** Sends the statements for what is not as wanted, and no others: setting the broker disconnects people. */
export const setOptions = async (
  ctx: StepContext,
  database: string,
  wanted: DatabaseOptions,
): Promise<void> => {
  const found = await readDatabase(ctx.sql, database)
  if (found === null) throw notVerified(ctx, `there is no database ${database}`)
  const differ = new Set(optionsThatDiffer(found, wanted).map(({ option }) => option))
  for (const { option, script } of optionScripts(database, wanted)) {
    if (differ.has(option)) await send(ctx, script, { timeoutMs: 300_000 })
  }
}

/** Read back; throws `step-not-verified` where something is not as wanted. */
export const optionEvidence = async (
  ctx: StepContext,
  database: string,
  wanted: DatabaseOptions,
): Promise<Evidence[]> => {
  const found = await readDatabase(ctx.sql, database)
  if (found === null) throw notVerified(ctx, `there is no database ${database}`)
  const differ = optionsThatDiffer(found, wanted)
  if (differ.length > 0) throw notVerified(ctx, `${database}: ${differ.map(({ what }) => what).join(', ')}`)
  const view = 'sys.databases'
  const word = (on: boolean): string => (on ? 'on' : 'off')
  return [
    evidenceOf(
      ctx,
      view,
      wanted.owner === null
        ? `Owner of ${database}; what it was before is not known`
        : `Owner of ${database}`,
      found.owner || 'not visible',
    ),
    evidenceOf(ctx, view, `TRUSTWORTHY of ${database}`, word(found.trustworthy)),
    evidenceOf(ctx, view, `Service Broker of ${database}`, word(found.broker)),
  ]
}

/** Resume: named: the values are the whole of it. */
export const setDatabaseOptionsStep: StepHandler = {
  check: async (ctx) => {
    const { database, ...wanted } = readParams('set-database-options', ctx.step.params)
    const found = await readDatabase(ctx.sql, database)
    if (found === null)
      return blocked('step-not-verified', { step: ctx.step.id, what: `there is no database ${database}` })
    const before = hasIntent(ctx)
      ? ctx.before
      : { owner: found.owner, trustworthy: found.trustworthy, broker: found.broker }
    return optionsThatDiffer(found, wanted).length === 0 ? satisfied(before) : needed(before)
  },
  apply: async (ctx) => {
    const { database, ...wanted } = readParams('set-database-options', ctx.step.params)
    await setOptions(ctx, database, wanted)
  },
  verify: async (ctx) => {
    const { database, ...wanted } = readParams('set-database-options', ctx.step.params)
    return { evidence: await optionEvidence(ctx, database, wanted), proofs: [] }
  },
}
