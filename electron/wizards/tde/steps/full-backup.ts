import type { StepHandler } from '../../../engine/contract.ts'
import { flagOf, textOf, timeOf } from '../../../ports/sql-rows.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { onRecord, ownHeader, stillWorking } from '../../sqlserver/steps/backup.ts'
import {
  blocked,
  evidenceOf,
  foreign,
  hasIntent,
  isThere,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'

/** Resume: marked, by the rule of the encrypted backup: FORMAT meets only a file that this run began. */
export const fullBackupStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('full-backup', ctx.step.params)
    const busy = await stillWorking(ctx)
    if (busy !== null) return blocked('run-target-locked', { target: ctx.sql.ref.name, holder: busy })
    const there = await isThere(ctx, params.probe, params.file)
    if (there === false) return needed({ fileThere: false })
    const finished = (await ownHeader(ctx, params)) !== null
    if (hasIntent(ctx)) {
      return finished && (await onRecord(ctx, params)) !== 'absent'
        ? satisfied(ctx.before)
        : needed(ctx.before)
    }
    return there === true || finished
      ? foreign('sql-file-exists', { path: params.file })
      : needed({ fileThere: false })
  },
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
