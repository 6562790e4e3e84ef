import { problemOf, type KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { VendorAnswer } from '../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../engine/contract.ts'
import { evidenceOf, notVerified, scriptOf, send, tell } from './help.ts'

/** "CHECKDB found 0 allocation errors and 0 consistency errors": the engine's own count, in any language two numbers. */
const countedErrors = 8989

/** DBCC reports each damaged page with a number of 8900 to 8999 (or 2500 to 2599). */
const namesDamage = (number: number): boolean =>
  (number >= 8900 && number < 9000) || (number >= 2500 && number < 2600)

/**
 * Sends the step's script, a DBCC CHECKDB, and reads its count; silence is no answer. `refused` makes the error of
 * whoever asks where pages are damaged.
 */
export const consistencyOf = async (
  ctx: StepContext,
  database: string,
  refused: (what: string, vendor: VendorAnswer) => KeyturnError,
): Promise<Evidence> => {
  const damaged = (what: string): KeyturnError =>
    refused(what, { system: 'sql', number: countedErrors, text: what })
  const messages = await send(ctx, scriptOf(ctx), {
    timeoutMs: 0,
    signal: ctx.signal,
    // One line per table would drown the page; the count at the end is what is asked for.
    onMessage: (message) => {
      if (message.number === countedErrors || message.severity > 10) tell(ctx, message)
    },
  }).then(
    (result) => result.messages,
    (error: unknown) => {
      const { title, vendor } = problemOf(error)
      if (vendor !== undefined && namesDamage(Number(vendor.number))) throw damaged(vendor.text ?? title)
      throw error
    },
  )
  const counted = messages.find(({ number }) => number === countedErrors)
  if (counted === undefined) throw notVerified(ctx, 'DBCC CHECKDB did not say how many errors it counted')
  const numbers = counted.text.replaceAll(database, '').match(/\d+/g) ?? []
  if (numbers.length < 2 || numbers.some((number) => Number(number) !== 0)) throw damaged(counted.text)
  return evidenceOf(ctx, 'DBCC CHECKDB', 'Errors that it counted', `${countedErrors}: ${counted.text}`)
}
