import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { flagOf, numberOf, textOf } from '../../../ports/sql-rows.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { dropDrillDatabase } from '../../../scripts/tsql/drill.ts'
import { drillDatabase, drillDatabaseFiles } from '../../../scripts/tsql/drill-queries.ts'
import type { FileProbe } from '../../../scripts/tsql/queries.ts'
import { stillWorking } from '../../sqlserver/steps/backup.ts'
import { consistencyOf } from '../../sqlserver/steps/check-database.ts'
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
import { importedThumbprint } from '../../sqlserver/steps/drill/certificate.ts'
import { telling } from '../../sqlserver/steps/drill/explain.ts'
import { backupProof } from './read-backup.ts'
import { usedVaultKeys } from './vault-keys.ts'

interface DatabaseRow {
  state: string
  encrypted: boolean
}

const readDatabase = async (ctx: StepContext, name: string): Promise<DatabaseRow | null> => {
  const row = (await ctx.sql.query(drillDatabase(name)))[0]
  return row === undefined
    ? null
    : { state: textOf(row['state_desc']), encrypted: flagOf(row['is_encrypted']) === true }
}

/**
 * Resume: marked. Database and files carry this run's mark, and before the intent none of that name may be there. A
 * database that is not ONLINE was broken off: only the last statement of the chain brings it there, so all are sent
 * again from the first.
 */
export const restoreDrillDatabaseStep: StepHandler = {
  check: async (ctx) => {
    const { database, targets, probe } = readParams('restore-drill-database', ctx.step.params)
    const busy = await stillWorking(ctx)
    if (busy !== null) return blocked('run-target-locked', { target: ctx.sql.ref.name, holder: busy })
    const found = await readDatabase(ctx, database)
    if (hasIntent(ctx)) {
      if (found === null) return needed(ctx.before)
      return found.state === 'ONLINE'
        ? satisfied(ctx.before)
        : { state: 'needed', before: ctx.before, partly: true }
    }
    if (found !== null)
      return foreign('sql-exists', { what: `Database ${database}`, target: ctx.sql.ref.name })
    for (const path of targets) {
      if ((await isThere(ctx, probe, path)) === true) return foreign('sql-file-exists', { path })
    }
    return needed({ databaseThere: false })
  },
  apply: async (ctx) => {
    const params = readParams('restore-drill-database', ctx.step.params)
    const count = params.sets.length
    for (const [index, set] of params.sets.entries()) {
      const about = { around: params, files: set.files, original: params.original }
      const part: StepContext = {
        ...ctx,
        progress: (progress) => ctx.progress(scaled(progress, index, count)),
      }
      await telling(ctx, about, () => send(part, scriptOf(ctx, index), { timeoutMs: 0, signal: ctx.signal }))
    }
  },
  verify: async (ctx) => {
    const params = readParams('restore-drill-database', ctx.step.params)
    const { database, original, targets } = params
    const found = await readDatabase(ctx, database)
    if (found === null) throw notVerified(ctx, `the server shows no database ${database}`)
    if (found.state !== 'ONLINE') throw notVerified(ctx, `${database} is ${found.state}`)
    const files = (await ctx.sql.query(drillDatabaseFiles(database))).map((row) =>
      textOf(row['physical_name']),
    )
    const strange = files.filter((file) => !targets.some((target) => same(target, file)))
    if (strange.length > 0)
      throw notVerified(ctx, `it has files that were not planned: ${strange.join(', ')}`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          'sys.databases',
          `State of ${database}, restored from the backup of ${original}`,
          found.state,
        ),
        evidenceOf(ctx, 'sys.master_files', 'Its files', files.join(', ') || 'not visible with this login'),
      ],
      proofs: [
        backupProof(
          ctx,
          params,
          'opened',
          'Read to its end by the drill server with the keys that it has; not checked yet',
        ),
      ],
    }
  },
  undo: async (ctx) => {
    const { database, targets, probe } = readParams('restore-drill-database', ctx.step.params)
    return drop(ctx, database, targets, probe)
  },
}

/** The percent of one statement as a part of all. */
const scaled = (
  progress: Parameters<StepContext['progress']>[0],
  index: number,
  count: number,
): Parameters<StepContext['progress']>[0] => ({
  ...progress,
  percent: progress.percent === null ? null : Math.floor((index * 100 + progress.percent) / count),
})

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const pageBytes = 8192

/** Only reads, so that there is nothing to apply: `verify` asks, and after a crash it asks again. */
export const checkDrillDatabaseStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('check-drill-database', ctx.step.params)
    const { database, original } = params
    const found = await readDatabase(ctx, database)
    if (found?.state !== 'ONLINE')
      throw notVerified(ctx, `${database} is ${found === null ? 'not there' : found.state}`)
    const evidence: Evidence[] = [
      evidenceOf(ctx, 'sys.databases', `State of ${database}`, found.state, {
        headline: 'The drill restored',
        subject: original,
        fact: params.consistency ? 'ONLINE, DBCC CHECKDB counted no errors' : 'ONLINE, pages not checked',
      }),
      evidenceOf(ctx, 'sys.databases', 'Under TDE', found.encrypted ? 'yes' : 'no'),
      ...(await sizeEvidence(ctx, database)),
    ]
    if (params.consistency) evidence.push(await consistency(ctx, database, original))
    const note = params.consistency
      ? 'Restored by a drill from these files alone; ONLINE, and DBCC CHECKDB counted no errors'
      : 'Restored by a drill from these files alone; ONLINE, pages not checked'
    return {
      evidence,
      proofs: [
        backupProof(ctx, params, 'restored', note),
        ...usedKeys(ctx, params, note),
        ...usedVaultKeys(ctx, askedOf(ctx, params), note),
      ],
    }
  },
}

/** Keys in vaults among those that this backup and its database ask for. */
const askedOf = (
  ctx: StepContext,
  { vaultKeys, sets }: { vaultKeys: readonly string[]; sets: readonly { thumbprint: string | null }[] },
): string[] => {
  const asked = askedBy(ctx, sets)
  return vaultKeys.filter((thumbprint) => asked.has(thumbprint))
}

/** What the headers of the backups and the file list of the newest one ask for. */
const askedBy = (ctx: StepContext, sets: readonly { thumbprint: string | null }[]): Set<unknown> => {
  const tde = ctx.earlier.findLast(({ data }) => data !== undefined && 'tdeThumbprint' in data)?.data?.[
    'tdeThumbprint'
  ]
  return new Set([...sets.map(({ thumbprint }) => thumbprint), tde])
}

/** A key that this backup asked for was used by the restore; one that it did not ask for stays at what was proven before. */
const usedKeys = (
  ctx: StepContext,
  { certificates, sets }: { certificates: readonly string[]; sets: readonly { thumbprint: string | null }[] },
  note: string,
) => {
  const asked = askedBy(ctx, sets)
  return certificates.flatMap((certificate) => {
    const thumbprint = importedThumbprint(ctx, certificate)
    const data = ctx.earlier.findLast(({ data: one }) => one?.['drillCertificate'] === certificate)?.data
    return thumbprint === null || !asked.has(thumbprint)
      ? []
      : [
          {
            key: `Certificate ${thumbprint}`,
            kind: 'certificate' as const,
            location: String(data?.['location'] ?? ''),
            level: 'restored' as const,
            by: 'server' as const,
            at: ctx.clock.now().toISOString(),
            thumbprint,
            note,
          },
        ]
  })
}

const sizeEvidence = async (ctx: StepContext, database: string): Promise<Evidence[]> => {
  const rows = await ctx.sql.query(drillDatabaseFiles(database))
  if (rows.length === 0) return [evidenceOf(ctx, 'sys.master_files', 'Size', 'not visible with this login')]
  const pages = rows.reduce((sum, row) => sum + (numberOf(row['pages']) ?? 0), 0)
  const expected = ctx.earlier.findLast(({ data }) => typeof data?.['bytes'] === 'number')?.data?.['bytes']
  if (typeof expected === 'number' && pages * pageBytes !== expected)
    throw notVerified(ctx, `it has ${pages * pageBytes} bytes, the backup says ${expected}`)
  return [evidenceOf(ctx, 'sys.master_files', 'Pages of 8 KB, as many as the backup says', String(pages))]
}

const consistency = (ctx: StepContext, database: string, original: string): Promise<Evidence> =>
  consistencyOf(
    ctx,
    database,
    (what, vendor) => new KeyturnError('drill-not-consistent', { what, original }, { vendor }),
  )

const drop = async (
  ctx: StepContext,
  database: string,
  targets: readonly string[],
  probe: FileProbe,
): Promise<Evidence[]> => {
  const there = (await readDatabase(ctx, database)) !== null
  if (there) await send(ctx, dropDrillDatabase(database))
  return goneEvidence(ctx, database, targets, probe)
}

/** No row, and no file; a file that the server left (it does so for a database that was not ONLINE) is named. */
const goneEvidence = async (
  ctx: StepContext,
  database: string,
  targets: readonly string[],
  probe: FileProbe,
): Promise<Evidence[]> => {
  if ((await readDatabase(ctx, database)) !== null)
    throw notVerified(ctx, `database ${database} is still there`)
  const left: string[] = []
  for (const path of targets) if ((await isThere(ctx, probe, path)) === true) left.push(path)
  return [
    evidenceOf(ctx, 'sys.databases', `Database ${database}`, 'no row any more'),
    evidenceOf(
      ctx,
      probe,
      'Its files',
      left.length === 0 ? 'not there any more' : `still there, delete by hand: ${left.join(', ')}`,
    ),
  ]
}

export const dropDrillDatabaseStep: StepHandler = {
  check: async (ctx) => {
    const { database } = readParams('drop-drill-database', ctx.step.params)
    const state = { databaseThere: true }
    return (await readDatabase(ctx, database)) === null
      ? satisfied(hasIntent(ctx) ? ctx.before : state)
      : needed(state)
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { database, targets, probe } = readParams('drop-drill-database', ctx.step.params)
    return { evidence: await goneEvidence(ctx, database, targets, probe), proofs: [] }
  },
}
