import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { textOf } from '../../../ports/sql-rows.ts'
import { allRows } from '../../../ports/sql-sight.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { certificatesUnderMasterKey } from '../../../scripts/tsql/fact-queries.ts'
import { keysIn } from '../../../scripts/tsql/sight.ts'
import { readMasterKey } from '../../sqlserver/read-server.ts'
import {
  blocked,
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'
import { keyCatalog, keyNameOf, opensWith } from '../../sqlserver/steps/master-key.ts'

/** Names of the private keys that the catalog lists under the master key of a database. */
const keysBelow = async (ctx: StepContext, database: string): Promise<string[]> =>
  (await allRows(ctx.sql, certificatesUnderMasterKey(database), keysIn(database))).map((row) =>
    textOf(row['name']),
  )

const belowEvidence = async (ctx: StepContext, database: string): Promise<Evidence> => {
  const names = await keysBelow(ctx, database)
  return evidenceOf(
    ctx,
    `${database}.sys.certificates, sys.asymmetric_keys`,
    'Private keys that the catalog lists under it',
    names.length === 0 ? 'none' : names.join(', '),
  )
}

/** What both ways to another key end with. The new password is this run's own, so what it opens is this run's key. */
const verifyNewKey = async (ctx: StepContext, database: string): Promise<Evidence[]> => {
  const key = await readMasterKey(ctx.sql, database)
  if (key === null) throw notVerified(ctx, `${database} shows no database master key`)
  if (!(await opensWith(ctx, database, 'new'))) {
    throw notVerified(ctx, 'the key that is there does not open with the new password')
  }
  return [
    evidenceOf(ctx, keyCatalog(database), `Database master key of ${database}`, key.keyGuid, {
      keyGuid: key.keyGuid,
    }),
    evidenceOf(ctx, 'OPEN MASTER KEY', 'It opens with the new password', 'opened and closed again'),
    await belowEvidence(ctx, database),
  ]
}

/** Resume: before-image. Only a key that this run made opens with the run's new password. */
export const regenerateStep: StepHandler = {
  check: async (ctx) => {
    const { database, keyGuid } = readParams('regenerate-master-key', ctx.step.params)
    const key = await readMasterKey(ctx.sql, database)
    if (key === null) return blocked('sql-master-key-closed', { database })
    if (await opensWith(ctx, database, 'new')) {
      return hasIntent(ctx)
        ? satisfied(ctx.before)
        : blocked('sql-password-opens-already', { what: keyNameOf(database) })
    }
    return key.keyGuid === keyGuid
      ? needed({ keyGuid })
      : foreign('sql-exists', { what: `Another master key (${key.keyGuid})`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { database, opensByItself } = readParams('regenerate-master-key', ctx.step.params)
    const evidence = await verifyNewKey(ctx, database)
    const key = await readMasterKey(ctx.sql, database)
    if (opensByItself && key?.opensByItself !== true) {
      throw notVerified(ctx, 'the server does not open the new key by itself, as it did the old one')
    }
    return { evidence, proofs: [] }
  },
}

export const restoreStep: StepHandler = {
  check: async (ctx) => {
    const { database } = readParams('restore-master-key', ctx.step.params)
    const key = await readMasterKey(ctx.sql, database)
    if (key === null) return needed({ keyGuid: null })
    if (await opensWith(ctx, database, 'new')) {
      return hasIntent(ctx)
        ? satisfied(ctx.before)
        : blocked('sql-password-opens-already', { what: keyNameOf(database) })
    }
    return needed({ keyGuid: key.keyGuid })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { database, file } = readParams('restore-master-key', ctx.step.params)
    const at = ctx.clock.now().toISOString()
    return {
      evidence: await verifyNewKey(ctx, database),
      proofs: [
        {
          key: `Database master key in ${file}`,
          kind: 'database-master-key',
          location: `${ctx.sql.ref.name}: ${file}`,
          level: 'restored',
          by: 'server',
          at,
          thumbprint: null,
          note: `Restored into ${database} on ${ctx.sql.ref.name} with the given password`,
        },
      ],
    }
  },
}
