import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence, KeyCopyProof } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { numberOf, printOf, textOf, timeOf } from '../../../ports/sql-rows.ts'
import type { SqlRow } from '../../../ports/sql-server.ts'
import type { DrilledSet } from '../../../scripts/runbook/drill-params.ts'
import { deviceOfFiles } from '../../../scripts/runbook/devices.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { drillFileList, drillHeader, drillLabel } from '../../../scripts/tsql/drill.ts'
import { evidenceOf, needed } from '../../sqlserver/steps/help.ts'
import { telling } from '../../sqlserver/steps/drill/explain.ts'

type Params = ParamsOf<'read-drill-backup'>

const timeoutMs = 120_000
/** BackupType of RESTORE HEADERONLY. */
const types: Readonly<Record<DrilledSet['kind'], number>> = { full: 1, log: 2, differential: 5 }

/** The proof of a backup, not of a key: the same ladder. */
export const backupProof = (
  ctx: StepContext,
  { original, sets }: { original: string; sets: readonly DrilledSet[] },
  level: KeyCopyProof['level'],
  note: string,
): KeyCopyProof => {
  const full = sets[0]
  return {
    key: `Backup of ${original} of ${full?.finishedAt.slice(0, 16).replace('T', ' ') ?? ''}`,
    kind: 'backup',
    location: `${ctx.sql.ref.name}: ${sets.flatMap(({ files }) => files).join(', ')}`,
    level,
    by: level === 'recorded' ? 'catalog' : 'server',
    at: ctx.clock.now().toISOString(),
    thumbprint: full?.thumbprint ?? null,
    note,
  }
}

/**
 * Only reads: what the files say of themselves against what the source recorded. The file is the truth; where it says
 * something else, the drill stops before anything is restored.
 */
export const readDrillBackupStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('read-drill-backup', ctx.step.params)
    const evidence: Evidence[] = []
    for (const set of params.sets) {
      const about = { around: params, files: set.files, original: params.original }
      evidence.push(
        ...(await telling(ctx, about, async () => [
          ...(await readStripes(ctx, set)),
          ...(await readHeader(ctx, params, set)),
        ])),
      )
    }
    const full = params.sets[0]
    if (full !== undefined) evidence.push(...(await readFileList(ctx, params, full)))
    return {
      evidence,
      proofs: [
        backupProof(ctx, params, 'recorded', `In the history of ${params.source}`),
        backupProof(
          ctx,
          params,
          'matched',
          'Its header, stripes, file list and thumbprints are those that the source recorded',
        ),
      ],
    }
  },
}

/** Each file by itself: which of how many stripes it is. A set that is not whole is named before anything is restored. */
const readStripes = async (ctx: StepContext, { files, credential }: DrilledSet): Promise<Evidence[]> => {
  const numbers = new Map<number, string>()
  for (const file of files) {
    const [row] = await ctx.sql.query(drillLabel(deviceOfFiles([file], credential)), { timeoutMs })
    const expected = numberOf(row?.['FamilyCount']) ?? 1
    const number = numberOf(row?.['FamilySequenceNumber']) ?? 1
    if (expected !== files.length || numbers.has(number))
      throw new KeyturnError('drill-stripe-missing', {
        expected: Math.max(expected, files.length),
        given: numbers.size,
        path: file,
      })
    numbers.set(number, file)
  }
  return [evidenceOf(ctx, 'RESTORE LABELONLY', 'Stripes', `${files.length} of ${files.length} are here`)]
}

const readHeader = async (ctx: StepContext, params: Params, set: DrilledSet): Promise<Evidence[]> => {
  const path = set.files.join(', ')
  const rows = await ctx.sql.query(drillHeader(deviceOfFiles(set.files, set.credential)), { timeoutMs })
  const row = rows.find((one) => (numberOf(one['Position']) ?? 1) === set.position)
  const other = (what: string): KeyturnError => new KeyturnError('drill-other-backup', { path, what })
  if (row === undefined) throw other(`it has no backup at position ${set.position}`)
  const setId = textOf(row['BackupSetGUID']).toUpperCase()
  if (setId !== '' && setId !== set.setId) throw other(`backup set ${setId}, recorded was ${set.setId}`)
  const database = textOf(row['DatabaseName'])
  if (database !== params.original) throw other(`a backup of ${database}`)
  const type = numberOf(row['BackupType'])
  if (type !== types[set.kind]) throw other(`not a ${set.kind} backup (type ${type ?? 'not named'})`)
  const thumbprint = printOf(row['EncryptorThumbprint'])
  if (thumbprint !== set.thumbprint)
    throw other(`it asks for ${thumbprint ?? 'no key'}, recorded was ${set.thumbprint ?? 'no key'}`)
  if (numberOf(row['IsDamaged']) === 1)
    throw new KeyturnError('drill-backup-damaged', {
      path,
      what: 'its header says that it was written with errors',
      original: params.original,
    })
  return [
    evidenceOf(
      ctx,
      'RESTORE HEADERONLY',
      `${set.kind === 'full' ? 'Full' : set.kind === 'log' ? 'Log' : 'Differential'} backup of ${database}, finished`,
      timeOf(row['BackupFinishDate']) ?? '',
      { path, setId: set.setId },
    ),
    evidenceOf(
      ctx,
      'RESTORE HEADERONLY',
      'Key that the backup asks for',
      thumbprint ?? 'none: not encrypted',
    ),
  ]
}

const readFileList = async (ctx: StepContext, params: Params, full: DrilledSet): Promise<Evidence[]> => {
  const about = { around: params, files: full.files, original: params.original }
  const rows = await telling(ctx, about, () =>
    ctx.sql.query(drillFileList(deviceOfFiles(full.files, full.credential), full.position), { timeoutMs }),
  )
  const names = (list: readonly string[]): string => [...list].sort().join(', ')
  const found = names(rows.map((row) => textOf(row['LogicalName'])))
  const planned = names(params.databaseFiles.map(({ logical }) => logical))
  if (found !== planned)
    throw new KeyturnError('drill-other-backup', {
      path: full.files.join(', '),
      what: `it holds the files ${found}, recorded were ${planned}`,
    })
  const tde = thumbprintIn(rows)
  const bytes = rows.reduce((sum, row) => sum + (numberOf(row['Size']) ?? 0), 0)
  return [
    evidenceOf(ctx, 'RESTORE FILELISTONLY', `Files of ${params.original}`, found, { bytes }),
    evidenceOf(
      ctx,
      'RESTORE FILELISTONLY',
      'Key that the database itself asks for (TDE)',
      tde ?? 'none: not under TDE',
      { tdeThumbprint: tde },
    ),
  ]
}

const thumbprintIn = (rows: readonly SqlRow[]): string | null =>
  rows.map((row) => printOf(row['TDEThumbprint'])).find((one) => one !== null) ?? null
