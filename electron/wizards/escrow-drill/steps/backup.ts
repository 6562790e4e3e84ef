import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { printOf, textOf, timeOf } from '../../../ports/sql-rows.ts'
import { deviceOfFiles } from '../../../scripts/runbook/devices.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { drillFileList, drillHeader } from '../../../scripts/tsql/drill.ts'
import { telling } from '../../sqlserver/steps/drill/explain.ts'
import { evidenceOf, needed, scriptOf, send } from '../../sqlserver/steps/help.ts'
import { certificateProof, onWhich, openedThumbprint } from './certificate.ts'
import { headlineOf } from './headline.ts'

type Params = ParamsOf<'read-escrow-backup'>

const timeoutMs = 120_000

/**
 * The proof by use: the server reads a whole encrypted backup, which it can't without the private key (SQL 33111). Only
 * reads, so it runs again after a crash. Layer: use.
 */
export const readBackupStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: async (ctx) => {
    const params = readParams('read-escrow-backup', ctx.step.params)
    await askedFor(ctx, params)
    await telling(ctx, aboutOf(params), () => send(ctx, scriptOf(ctx), { timeoutMs: 0 }))
  },
  verify: async (ctx) => {
    const params = readParams('read-escrow-backup', ctx.step.params)
    const { thumbprint, item, evidence } = await askedFor(ctx, params)
    const begun = ctx.clock.monotonicMs()
    const files = await telling(ctx, aboutOf(params), () =>
      ctx.sql.query(drillFileList(deviceOfFiles(params.files, null), 1), { timeoutMs }),
    )
    return {
      evidence: [
        ...evidence,
        evidenceOf(
          ctx,
          'RESTORE VERIFYONLY, RESTORE FILELISTONLY',
          `The whole backup was read with the certificate of item ${item.number}; files of its database`,
          files.map((row) => textOf(row['LogicalName'])).join(', '),
          {
            usedItem: item.number,
            ...headlineOf(params, item.name, `an encrypted backup opened on ${onWhich(params.purpose)}`),
          },
        ),
        evidenceOf(
          ctx,
          'RESTORE FILELISTONLY',
          'Time to open its file list once more',
          `${Math.round(ctx.clock.monotonicMs() - begun)} ms`,
        ),
      ],
      proofs: [
        certificateProof(
          ctx,
          { ...params, item, certificate: item.certificate },
          thumbprint,
          'restored',
          `Restored from the package alone on ${ctx.sql.ref.name}, which read an encrypted backup with it. The backup itself was not restored`,
        ),
      ],
    }
  },
}

const aboutOf = (params: Params) => ({ around: params, files: params.files, original: null })

/** Which of the restored certificates the backup asks for; it has to be one of them. */
const askedFor = async (
  ctx: StepContext,
  params: Params,
): Promise<{ thumbprint: string; item: Params['items'][number]; evidence: Evidence[] }> => {
  const rows = await telling(ctx, aboutOf(params), () =>
    ctx.sql.query(drillHeader(deviceOfFiles(params.files, null)), { timeoutMs }),
  )
  const [row] = rows
  const thumbprint = row === undefined ? null : printOf(row['EncryptorThumbprint'])
  const given = params.items.map((one) => ({ one, print: openedThumbprint(ctx, one.number) }))
  const item = given.find(({ print }) => print === thumbprint)?.one
  if (row === undefined || thumbprint === null || item === undefined)
    throw new KeyturnError('escrow-drill-backup-other', {
      path: params.files.join(', '),
      asked: thumbprint ?? 'no certificate: it is not encrypted',
      given: given.map(({ print }) => print).join(', '),
    })
  return {
    thumbprint,
    item,
    evidence: [
      evidenceOf(
        ctx,
        'RESTORE HEADERONLY',
        `Backup of ${textOf(row['DatabaseName'])} of ${timeOf(row['BackupFinishDate']) ?? 'an unknown time'}; it asks for`,
        thumbprint,
        { backupOf: textOf(row['DatabaseName']) },
      ),
    ],
  }
}
