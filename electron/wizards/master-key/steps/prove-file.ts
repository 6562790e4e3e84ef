import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { generatePassword } from '../../../platform/generate-password.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { masterKeyIn } from '../../../scripts/tsql/queries.ts'
import {
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  tell,
} from '../../sqlserver/steps/help.ts'
import { databaseIsThere, dropDatabase } from '../../sqlserver/steps/scratch.ts'

const hasKey = async (ctx: StepContext, scratch: string): Promise<boolean> =>
  (await ctx.sql.query(masterKeyIn(scratch))).length > 0

/**
 * Opens a master key file with the server itself, in a database of its own that the next step drops. Resume: the
 * database's name holds the run's mark; what is there already is left out.
 */
export const proveMasterKeyFileStep: StepHandler = {
  check: async (ctx) => {
    const { scratch } = readParams('prove-master-key-file', ctx.step.params)
    if (!(await databaseIsThere(ctx, scratch))) return needed({ scratchThere: false })
    if (!hasIntent(ctx))
      return foreign('sql-exists', { what: `Database ${scratch}`, target: ctx.sql.ref.name })
    return (await hasKey(ctx, scratch)) ? satisfied(ctx.before) : needed(ctx.before)
  },
  apply: async (ctx) => {
    const { scratch } = readParams('prove-master-key-file', ctx.step.params)
    // Not kept anywhere: what it guards is dropped again, and another attempt takes another one.
    using throwAway = generatePassword()
    const secrets = new Map([...ctx.secrets, ['throw_away_password', throwAway]])
    const session = await ctx.session()
    const options = { secrets, onMessage: (message: Parameters<typeof tell>[1]) => tell(ctx, message) }
    if (!(await databaseIsThere(ctx, scratch))) await session.execute(scriptOf(ctx, 0), options)
    if (!(await hasKey(ctx, scratch))) await session.execute(scriptOf(ctx, 1), options)
  },
  verify: async (ctx) => {
    const { scratch, database, file } = readParams('prove-master-key-file', ctx.step.params)
    if (!(await hasKey(ctx, scratch)))
      throw notVerified(ctx, 'the scratch database shows no restored master key')
    const server = ctx.sql.ref.name
    return {
      evidence: [
        evidenceOf(ctx, `${scratch}.sys.symmetric_keys`, `A master key came out of ${file}`, 'restored'),
      ],
      proofs: [
        {
          key: `Database master key of ${database} on ${server}`,
          kind: 'database-master-key',
          location: `${server}: ${file}`,
          level: 'opened',
          by: 'server',
          at: ctx.clock.now().toISOString(),
          thumbprint: null,
          note: `Opened by ${server}: restored into ${scratch} with the kept password. The server shows nothing by which two master keys could be compared`,
        },
      ],
    }
  },
  undo: async (ctx) => {
    const { scratch } = readParams('prove-master-key-file', ctx.step.params)
    return [await dropDatabase(ctx, scratch)]
  },
}
