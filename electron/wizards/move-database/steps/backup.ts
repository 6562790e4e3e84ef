import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { flagOf, numberOf, textOf, thumbprintOf, timeOf } from '../../../ports/sql-rows.ts'
import type { SqlRow } from '../../../ports/sql-server.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { fileListOf } from '../../../scripts/tsql/move.ts'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { headerOnly } from '../../../scripts/tsql/restore.ts'
import { checkOwnBackup, ownHeader } from '../../sqlserver/steps/backup.ts'
import {
  blocked,
  evidenceOf,
  isThere,
  needed,
  notVerified,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'
import { grantCommand } from '../../sqlserver/steps/refusals.ts'
import { telling } from './explain.ts'
import { assertProtectors } from './protectors.ts'

type Params = ParamsOf<'back-up-for-move'>

/**
 * The copy-only backup that travels. Resume: marked, by the same rule as any backup of Keyturn: FORMAT meets a file
 * only where its name holds this run's mark and the run recorded that none was there.
 */
export const backUpForMoveStep: StepHandler = {
  check: (ctx) => checkOwnBackup(ctx, readParams('back-up-for-move', ctx.step.params)),
  apply: async (ctx) => {
    await assertProtectors(ctx, readParams('back-up-for-move', ctx.step.params))
    await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })
  },
  verify: async (ctx) => {
    const params = readParams('back-up-for-move', ctx.step.params)
    const header = await ownHeader(ctx, params)
    if (header === null)
      throw notVerified(ctx, `RESTORE HEADERONLY finds no finished backup of this run in ${params.file}`)
    return { evidence: headerEvidence(ctx, params, header), proofs: [] }
  },
}

const headerEvidence = (ctx: StepContext, params: Params, header: SqlRow) => {
  const encryptor = thumbprintOf(header['EncryptorThumbprint'])
  if (encryptor !== params.backup)
    throw notVerified(
      ctx,
      `${params.file} needs ${encryptor ?? 'no key'}, planned was ${params.backup ?? 'none'}`,
    )
  if (flagOf(header['IsDamaged']) === true) throw notVerified(ctx, `${params.file} is marked as damaged`)
  if (flagOf(header['IsCopyOnly']) === false) throw notVerified(ctx, `${params.file} is not copy-only`)
  const view = 'RESTORE HEADERONLY'
  return [
    evidenceOf(
      ctx,
      view,
      `Copy-only backup of ${params.database}, finished`,
      timeOf(header['BackupFinishDate']) ?? '',
      {
        path: params.file,
      },
    ),
    evidenceOf(
      ctx,
      view,
      'Key that the backup asks for',
      encryptor ?? 'none: the backup itself is not encrypted',
    ),
  ]
}

const timeoutMs = 120_000

/**
 * The destination reads what the file says of itself. Only reads; what is missing (the file, the right to it, a key)
 * is named with its command, and the run waits.
 */
export const readMovedBackupStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('read-moved-backup', ctx.step.params)
    return (await isThere(ctx, params.probe, params.file)) === false
      ? blocked('move-files-not-there', {
          target: ctx.sql.ref.name,
          path: params.file,
          command: params.commands.join('; ') || grantCommand(params.file, params.account, 'R'),
        })
      : needed({ reads: true })
  },
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('read-moved-backup', ctx.step.params)
    const about = { ...params, files: [params.file], rights: 'R' as const }
    const [header] = await telling(ctx, about, () =>
      ctx.sql.query(headerOnly({ kind: 'disk', paths: [params.file] }), { timeoutMs }),
    )
    const other = (what: string): KeyturnError =>
      new KeyturnError('move-backup-other', { path: params.file, what, target: ctx.sql.ref.name })
    if (textOf(header?.['BackupDescription']) !== params.description)
      throw other('its description has not the mark of this run')
    if (textOf(header?.['DatabaseName']) !== params.database) throw other('a backup of another database')
    const list = await telling(ctx, about, () => ctx.sql.query(fileListOf(params.file), { timeoutMs }))
    const sorted = (names: readonly string[]): string => [...names].sort().join(', ')
    const found = sorted(list.map((row) => textOf(row['LogicalName'])))
    if (found !== sorted(params.logical))
      throw other(`it holds the files ${found}, planned were ${sorted(params.logical)}`)
    const tde = list.map((row) => thumbprintOf(row['TDEThumbprint'])).find((one) => one !== null) ?? null
    if (tde !== params.tde)
      throw other(`its database is under ${tde ?? 'no TDE'}, not ${params.tde ?? 'none'}`)
    const bytes = list.reduce((sum, row) => sum + (numberOf(row['Size']) ?? 0), 0)
    const view = 'RESTORE FILELISTONLY'
    return {
      evidence: [
        evidenceOf(ctx, 'RESTORE HEADERONLY', 'It opens here, and holds the mark of this run', params.file),
        evidenceOf(ctx, view, `Files of ${params.database}`, found, { bytes }),
        evidenceOf(ctx, view, 'Certificate that the database itself asks for', tde ?? 'none: not under TDE'),
      ],
      proofs: [],
    }
  },
}
