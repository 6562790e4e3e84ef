import type { Evidence } from '../../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { flagOf, numberOf, textOf, timeOf } from '../../../../ports/sql-rows.ts'
import type { SqlRow } from '../../../../ports/sql-server.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { logChainOf } from '../../../../scripts/tsql/tde-queries.ts'
import { checkOwnBackup, onRecord, ownHeader } from '../backup.ts'
import { blocked, evidenceOf, needed, notVerified, scriptOf, send } from '../help.ts'

type Kind = 'full-backup' | 'log-backup'

const view = 'RESTORE HEADERONLY'
const words = { 'full-backup': 'Full backup of', 'log-backup': 'Log backup of' } as const
/** BackupType of RESTORE HEADERONLY. */
const types = { 'full-backup': 1, 'log-backup': 2 } as const

/** Resume: marked, by the rule of the encrypted backup: FORMAT meets only a file that this run began. */
const ownBackupStep = (kind: Kind, more: (ctx: StepContext, header: SqlRow) => Evidence[]): StepHandler => ({
  check: (ctx) => checkOwnBackup(ctx, readParams(kind, ctx.step.params)),
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })),
  verify: async (ctx) => {
    const params = readParams(kind, ctx.step.params)
    const { database, file } = params
    const header = await ownHeader(ctx, params)
    if (header === null) throw notVerified(ctx, `${view} finds no finished backup of this run in ${file}`)
    const type = numberOf(header['BackupType'])
    if (type !== types[kind]) throw notVerified(ctx, `${file} is a backup of type ${type ?? 'not named'}`)
    if (flagOf(header['HasBackupChecksums']) !== true) throw notVerified(ctx, `${file} holds no checksums`)
    if (flagOf(header['IsDamaged']) === true) throw notVerified(ctx, `${file} is marked as damaged`)
    const record = await onRecord(ctx, params)
    if (record === 'absent') throw notVerified(ctx, `msdb has no entry for ${file}`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          view,
          `${words[kind]} ${database}, finished`,
          timeOf(header['BackupFinishDate']) ?? '',
          { path: file },
        ),
        ...more(ctx, header),
        evidenceOf(
          ctx,
          'msdb.dbo.backupset',
          'Entry in the server’s own backup history',
          record === 'not-visible' ? 'not visible with this login' : 'there',
        ),
      ],
      proofs: [],
    }
  },
})

export const fullBackupStep = ownBackupStep('full-backup', (ctx, header) => {
  const algorithm = textOf(header['KeyAlgorithm']).trim()
  return [
    evidenceOf(
      ctx,
      view,
      'Encrypted with',
      algorithm === '' || algorithm.toLowerCase() === 'no_encryption' ? 'nothing, as planned' : algorithm,
    ),
  ]
})

/** A copy-only one would leave the log as it is, and the next change of the key refused. */
export const logBackupStep = ownBackupStep('log-backup', (ctx, header) => {
  if (flagOf(header['IsCopyOnly']) === true) throw notVerified(ctx, 'the log backup is copy-only')
  return [evidenceOf(ctx, view, 'Part of the log chain', 'yes: not copy-only')]
})

/** Sent again after a crash: a second one takes nothing away. Only where there are no log backups that it could be mistaken for. */
export const checkpointStep: StepHandler = {
  check: async (ctx) => {
    const { database } = readParams('checkpoint', ctx.step.params)
    const { chained, model } = await chainOf(ctx, database)
    return chained === true
      ? blocked('tde-log-backup-first', { database, target: ctx.sql.ref.name })
      : needed({ recoveryModel: model })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })),
  verify: async (ctx) => {
    const { database } = readParams('checkpoint', ctx.step.params)
    const { chained, model } = await chainOf(ctx, database)
    if (chained === true)
      throw notVerified(ctx, `${database} has a log chain now (${model}): it needs a log backup`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          'sys.database_recovery_status',
          `${database} has no log backups that could be needed first`,
          `recovery model ${model}, ${chained === null ? 'log chain not visible with this login' : 'no log chain'}`,
        ),
        evidenceOf(ctx, 'CHECKPOINT', `Checkpoint of ${database}`, 'ended without an error'),
      ],
      proofs: [],
    }
  },
}

/** `chained` null: not visible. In SIMPLE recovery the server keeps no chain. */
const chainOf = async (
  ctx: StepContext,
  database: string,
): Promise<{ chained: boolean | null; model: string }> => {
  const row = (await ctx.sql.query(logChainOf(database)))[0]
  const model = textOf(row?.['recovery_model'])
  return {
    model: model === '' ? 'not visible' : model,
    chained: row === undefined ? null : model !== 'SIMPLE' && flagOf(row['chained']) === true,
  }
}
