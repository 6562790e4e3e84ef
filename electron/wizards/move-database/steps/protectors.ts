import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { asTargetId, type Thumbprint } from '../../../../shared/model/ids.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { numberOf, textOf, thumbprintOf } from '../../../ports/sql-rows.ts'
import { allRows } from '../../../ports/sql-sight.ts'
import type { SqlServer } from '../../../ports/sql-server.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { certificates } from '../../../scripts/tsql/fact-queries.ts'
import { openAndCloseMasterKey } from '../../../scripts/tsql/master-key.ts'
import { encryptionOf } from '../../../scripts/tsql/move.ts'
import { keysIn } from '../../../scripts/tsql/sight.ts'
import { readMasterKey } from '../../sqlserver/read-server.ts'
import { evidenceOf, needed, notVerified, send } from '../../sqlserver/steps/help.ts'

export interface EncryptionRow {
  state: number
  thumbprint: Thumbprint | null
}

/** Null: the database has no encryption key. */
export const readEncryption = async (sql: SqlServer, database: string): Promise<EncryptionRow | null> => {
  const row = (await sql.query(encryptionOf(database)))[0]
  return row === undefined
    ? null
    : {
        state: numberOf(row['encryption_state']) ?? 0,
        thumbprint: thumbprintOf(row['encryptor_thumbprint']),
      }
}

type Params = Pick<ParamsOf<'match-protectors'>, 'database' | 'source' | 'destination' | 'tde' | 'backup'>

/**
 * Everything that the destination needs to open the database, read right before the source is touched: throws while
 * one part is missing. `gone`: the source has no such database any more (it is detached), so only the destination is
 * asked.
 */
export const assertProtectors = async (
  ctx: StepContext,
  params: Params,
  gone = false,
): Promise<Evidence[]> => {
  const source = ctx.server(asTargetId(params.source))
  const destination = ctx.server(asTargetId(params.destination))
  const at = (): string => ctx.clock.now().toISOString()
  const from = (sql: SqlServer, view: string, statement: string, value: string): Evidence => ({
    statement,
    value,
    source: `${sql.ref.name}, ${view}`,
    at: at(),
  })
  const evidence: Evidence[] = []
  if (!gone) {
    const found = (await readEncryption(source, params.database))?.thumbprint ?? null
    if (found !== params.tde) {
      throw new KeyturnError('move-protector-changed', {
        database: params.database,
        what: `planned ${params.tde ?? 'none'}, now ${found ?? 'none'}`,
      })
    }
    evidence.push(
      from(
        source,
        'sys.dm_database_encryption_keys',
        `Certificate that ${params.database} is under`,
        found ?? 'none: not under TDE',
      ),
    )
  }
  const asked = [params.tde, params.backup].filter((one) => one !== null)
  if (asked.length === 0) return evidence
  const missing = (thumbprint: string, what: string): KeyturnError =>
    new KeyturnError('move-certificate-missing', {
      target: destination.ref.name,
      database: params.database,
      thumbprint,
      what,
    })
  const rows = await allRows(destination, certificates(), keysIn('master'))
  const key = await readMasterKey(destination, 'master')
  for (const thumbprint of new Set(asked)) {
    const row = rows.find((one) => thumbprintOf(one['thumbprint']) === thumbprint)
    if (row === undefined) throw missing(thumbprint, `it has no certificate ${thumbprint}`)
    const name = textOf(row['name'])
    if (textOf(row['private_key']).trim() !== 'MK')
      throw missing(thumbprint, `the private key of ${name} is not under its master key`)
    if (key?.opensByItself !== true)
      throw missing(thumbprint, 'its master key has no copy under the service master key')
    evidence.push(
      from(
        destination,
        'master.sys.certificates',
        `${name} there has the same thumbprint, its private key under a master key that opens by itself`,
        thumbprint,
      ),
    )
  }
  return evidence
}

/** Only reads: the same question that the steps behind it ask again before they send anything. */
export const matchProtectorsStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => ({
    evidence: await assertProtectors(ctx, readParams('match-protectors', ctx.step.params)),
    proofs: [],
  }),
}

/** Opens and closes the database's own master key on the source: a wrong password shows before anything moves. */
export const tryDatabaseKeyStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const { database, keyGuid } = readParams('try-database-key', ctx.step.params)
    const key = await readMasterKey(ctx.sql, database)
    if (key?.keyGuid !== keyGuid)
      throw notVerified(ctx, `${database} shows ${key === null ? 'no master key' : `key ${key.keyGuid}`}`)
    await send(ctx, openAndCloseMasterKey(database))
    return {
      evidence: [
        evidenceOf(
          ctx,
          'OPEN MASTER KEY',
          `The master key of ${database} opens with the kept password`,
          'opened and closed again',
          { keyGuid },
        ),
      ],
      proofs: [],
    }
  },
}
