import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../engine/contract.ts'
import { verdictOn } from '../../../ports/verdicts.ts'

/**
 * Asks the retire verdict in the moment before a key is taken away. Throws `key-still-needed` where something needs it, and
 * `key-use-not-read` where that is not known: what can't be read refuses like a need does.
 */
export const refuseNeeded = async (
  ctx: StepContext,
  what: string,
  { thumbprint, dropped }: { thumbprint: string; dropped: readonly string[] },
): Promise<void> => {
  const verdict = verdictOn(await ctx.verdicts.asymmetricKey(ctx.step.target, thumbprint), dropped)
  const target = ctx.sql.ref.name
  if (verdict.state === 'in-use') {
    throw new KeyturnError('key-still-needed', { what, target, users: verdict.users.join('; ') })
  }
  if (verdict.state === 'unknown') {
    throw new KeyturnError('key-use-not-read', { what, target, why: verdict.why })
  }
}

/** The script of the step's own way back. Throws `internal` for a step that has none: the engine asks no such step. */
export const wayBack = ({ step: { undo } }: StepContext) => {
  if (undo.can === false) throw new KeyturnError('internal')
  return undo.script
}
