import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { consistencyOf } from '../../sqlserver/steps/check-database.ts'
import { evidenceOf, needed, notVerified } from '../../sqlserver/steps/help.ts'
import { readDatabase, readFiles } from './database-rows.ts'
import { readEncryption } from './protectors.ts'

type Params = ParamsOf<'check-moved-database'>

/** Only reads: what came against what the plan read on the source. After a crash it asks again. */
export const checkMovedStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('check-moved-database', ctx.step.params)
    const found = await readDatabase(ctx.sql, params.newName)
    if (found?.state !== 'ONLINE')
      throw notVerified(ctx, `${params.newName} is ${found === null ? 'not there' : found.state}`)
    return {
      evidence: [
        evidenceOf(ctx, 'sys.databases', `State of ${params.newName}`, found.state, {
          headline: 'The move brought',
          subject: params.newName,
          fact: `${found.state}, ${params.consistency ? 'DBCC CHECKDB counted no errors' : 'pages not checked'}`,
        }),
        ...(await encryption(ctx, params)),
        ...(await pages(ctx, params)),
        ...(params.consistency ? [await consistency(ctx, params.newName)] : []),
      ],
      proofs: [],
    }
  },
}

const encryption = async (ctx: StepContext, params: Params): Promise<Evidence[]> => {
  const view = 'sys.dm_database_encryption_keys'
  const found = await readEncryption(ctx.sql, params.newName)
  if ((found?.thumbprint ?? null) !== params.tde)
    throw notVerified(
      ctx,
      `${params.newName} is under ${found?.thumbprint ?? 'no certificate'}, on the source it was ${params.tde ?? 'none'}`,
    )
  if (found === null) return [evidenceOf(ctx, view, 'Under TDE', 'no, as on the source')]
  if (found.state !== params.encryptionState)
    throw notVerified(ctx, `its encryption state is ${found.state}, on the source ${params.encryptionState}`)
  return [
    evidenceOf(ctx, view, 'Encryption state, the same as on the source', String(found.state)),
    evidenceOf(ctx, view, 'Thumbprint that it is under, the same as on the source', found.thumbprint ?? '', {
      thumbprint: found.thumbprint,
    }),
  ]
}

const pages = async (ctx: StepContext, params: Params): Promise<Evidence[]> => {
  const found = await readFiles(ctx.sql, params.newName)
  const view = 'sys.master_files'
  if (found.length === 0) return [evidenceOf(ctx, view, 'Size', 'not visible with this login')]
  const names = (all: readonly { logical: string }[]): string =>
    all
      .map(({ logical }) => logical)
      .sort()
      .join(', ')
  if (names(found) !== names(params.files))
    throw notVerified(ctx, `it has the files ${names(found)}, on the source ${names(params.files)}`)
  const total = (all: readonly { pages: number }[]): number => all.reduce((sum, one) => sum + one.pages, 0)
  const [came, was] = [total(found), total(params.files)]
  if (params.samePages && came !== was)
    throw notVerified(ctx, `it has ${came} pages, on the source there were ${was}`)
  return [
    evidenceOf(
      ctx,
      view,
      came === was ? 'Pages of 8 KB, as many as on the source when the plan was made' : 'Pages of 8 KB',
      came === was ? String(came) : `${came}; ${was} on the source when the plan was made`,
    ),
  ]
}

const consistency = (ctx: StepContext, database: string): Promise<Evidence> =>
  consistencyOf(
    ctx,
    database,
    (what, vendor) => new KeyturnError('move-not-consistent', { what, database }, { vendor }),
  )
