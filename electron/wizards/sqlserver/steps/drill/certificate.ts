import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { textOf, thumbprintOf } from '../../../../ports/sql-rows.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { dropDrillCertificate } from '../../../../scripts/tsql/drill.ts'
import { keysUnder } from '../../../../scripts/tsql/fact-queries.ts'
import {
  certificateInMaster,
  evidenceOf,
  foreign,
  hasIntent,
  isRefusal,
  needed,
  notVerified,
  satisfied,
  send,
} from '../help.ts'

/** Certificates under names of a drill. */
export const catalog = 'master.sys.certificates'

/**
 * A copy that came from files or a package minutes ago: dropping it loses nothing, those are still there. It stays while a
 * database encryption key on this server is under it.
 */
export const dropDrillCertificateOf = async (ctx: StepContext, certificate: string) => {
  const what = `Certificate ${certificate}`
  const found = await certificateInMaster(ctx, certificate)
  if (found === null) return evidenceOf(ctx, catalog, what, 'not there')
  const users = await databasesUnder(ctx, found.thumbprint)
  if (users.length > 0)
    throw new KeyturnError('undo-refused', {
      what,
      user: users.map((name) => `the database encryption key of ${name}`).join(', '),
    })
  await send(ctx, dropDrillCertificate(certificate))
  if ((await certificateInMaster(ctx, certificate)) !== null)
    throw notVerified(ctx, `certificate ${certificate} is still there`)
  return evidenceOf(ctx, catalog, what, 'dropped; no row any more')
}

/** Not visible: the engine itself refuses to drop a certificate that a database needs (SQL 33127). */
const databasesUnder = async (ctx: StepContext, thumbprint: string): Promise<string[]> => {
  try {
    return (await ctx.sql.query(keysUnder(thumbprint))).map((row) => textOf(row['database_name']))
  } catch (error) {
    if (!isRefusal(error)) throw error
    return []
  }
}

/** The thumbprint that this run read back for a certificate of its own. */
export const importedThumbprint = (ctx: StepContext, certificate: string): string | null => {
  const data = ctx.earlier.findLast(({ data: one }) => one?.['drillCertificate'] === certificate)?.data
  return thumbprintOf(typeof data?.['thumbprint'] === 'string' ? data['thumbprint'] : null)
}

export const dropDrillCertificateStep: StepHandler = {
  check: async (ctx) => {
    const { certificate } = readParams('drop-drill-certificate', ctx.step.params)
    const found = await certificateInMaster(ctx, certificate)
    const state = { certificateThere: true }
    if (found === null) return satisfied(hasIntent(ctx) ? ctx.before : state)
    return found.thumbprint === importedThumbprint(ctx, certificate)
      ? needed(state)
      : foreign('sql-exists', { what: `Another certificate ${certificate}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => {
    const { certificate } = readParams('drop-drill-certificate', ctx.step.params)
    await dropDrillCertificateOf(ctx, certificate)
  },
  verify: async (ctx) => {
    const { certificate } = readParams('drop-drill-certificate', ctx.step.params)
    if ((await certificateInMaster(ctx, certificate)) !== null)
      throw notVerified(ctx, `certificate ${certificate} is still there`)
    return {
      evidence: [evidenceOf(ctx, catalog, `Certificate ${certificate}`, 'no row any more')],
      proofs: [],
    }
  },
}
