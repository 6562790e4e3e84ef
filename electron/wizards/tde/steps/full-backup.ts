import type { StepHandler } from '../../../engine/contract.ts'
import { flagOf, textOf, timeOf } from '../../../ports/sql-rows.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { checkOwnBackup, onRecord, ownHeader } from '../../sqlserver/steps/backup.ts'
import { evidenceOf, notVerified, scriptOf, send } from '../../sqlserver/steps/help.ts'

/** Resume: marked, by the rule of the encrypted backup: FORMAT meets only a file that this run began. */
export const fullBackupStep: StepHandler = {
  check: (ctx) => checkOwnBackup(ctx, readParams('full-backup', ctx.step.params)),
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })),
  verify: async (ctx) => {
    const params = readParams('full-backup', ctx.step.params)
    const header = await ownHeader(ctx, params)
    if (header === null) {
      throw notVerified(ctx, `RESTORE HEADERONLY finds no finished backup of this run in ${params.file}`)
    }
    if (flagOf(header['HasBackupChecksums']) !== true)
      throw notVerified(ctx, `${params.file} holds no checksums`)
    if (flagOf(header['IsDamaged']) === true) throw notVerified(ctx, `${params.file} is marked as damaged`)
    const record = await onRecord(ctx, params)
    if (record === 'absent') throw notVerified(ctx, `msdb has no entry for ${params.file}`)
    const algorithm = textOf(header['KeyAlgorithm']).trim()
    return {
      evidence: [
        evidenceOf(
          ctx,
          'RESTORE HEADERONLY',
          `Full backup of ${params.database}, finished`,
          timeOf(header['BackupFinishDate']) ?? '',
          { path: params.file },
        ),
        evidenceOf(
          ctx,
          'RESTORE HEADERONLY',
          'Encrypted with',
          algorithm === '' || algorithm.toLowerCase() === 'no_encryption' ? 'nothing, as planned' : algorithm,
        ),
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
}
