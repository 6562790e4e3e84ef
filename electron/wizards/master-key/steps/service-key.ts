import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { textOf, timeOf } from '../../../ports/sql-rows.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { databasesOpenedByServer, serviceMasterKey } from '../../../scripts/tsql/queries.ts'
import {
  blocked,
  evidenceOf,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'

interface ServiceKeyRow {
  keyGuid: string
  modified: string | null
}

const readServiceKey = async (ctx: StepContext): Promise<ServiceKeyRow | null> => {
  const row = (await ctx.sql.query(serviceMasterKey()))[0]
  return row === undefined ? null : { keyGuid: textOf(row['key_guid']), modified: timeOf(row['modify_date']) }
}

const catalog = 'master.sys.symmetric_keys'

/** The key itself, and that the server opens the same database master keys as before. */
const verifyServiceKey = async (ctx: StepContext, opened: readonly string[]): Promise<Evidence[]> => {
  const key = await readServiceKey(ctx)
  if (key === null) throw notVerified(ctx, 'the catalog shows no service master key')
  const now = (await ctx.sql.query(databasesOpenedByServer())).map((row) => textOf(row['name']))
  const lost = opened.filter((database) => !now.includes(database))
  if (lost.length > 0) {
    throw notVerified(ctx, `the server does not open the master key of ${lost.join(', ')} by itself any more`)
  }
  return [
    evidenceOf(ctx, catalog, 'Service master key', key.keyGuid, { keyGuid: key.keyGuid }),
    evidenceOf(ctx, catalog, 'Changed', key.modified ?? 'no time shown'),
    evidenceOf(
      ctx,
      'sys.databases',
      'Databases whose master key the server opens by itself',
      now.length === 0 ? 'none' : now.join(', '),
    ),
  ]
}

/** Before-image: the key's row as it was. The statement is one transaction of the server: all of it, or nothing. */
const checkServiceKey = async (ctx: StepContext): Promise<ReturnType<typeof needed>> => {
  const key = await readServiceKey(ctx)
  if (key === null)
    return blocked('sql-permission', {
      target: ctx.sql.ref.name,
      what: 'the service master key in sys.symmetric_keys',
      permission: 'CONTROL SERVER',
    })
  const image = { keyGuid: key.keyGuid, modified: key.modified }
  if (!hasIntent(ctx)) return needed(image)
  return JSON.stringify(ctx.before) === JSON.stringify(image) ? needed(ctx.before) : satisfied(ctx.before)
}

export const regenerateServiceKeyStep: StepHandler = {
  check: checkServiceKey,
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { opened } = readParams('regenerate-service-master-key', ctx.step.params)
    return { evidence: await verifyServiceKey(ctx, opened), proofs: [] }
  },
}

export const restoreServiceKeyStep: StepHandler = {
  check: checkServiceKey,
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { opened, file } = readParams('restore-service-master-key', ctx.step.params)
    return {
      evidence: await verifyServiceKey(ctx, opened),
      proofs: [
        {
          key: `Service master key in ${file}`,
          kind: 'service-master-key',
          location: `${ctx.sql.ref.name}: ${file}`,
          level: 'restored',
          by: 'server',
          at: ctx.clock.now().toISOString(),
          thumbprint: null,
          note: `Restored on ${ctx.sql.ref.name} with the given password`,
        },
      ],
    }
  },
}
