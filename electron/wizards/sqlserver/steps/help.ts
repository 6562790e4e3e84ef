import { KeyturnError, problemOf, type ProblemExtras } from '../../../../shared/errors/problem.ts'
import type { ErrorCode, ErrorParams } from '../../../../shared/errors/catalogue.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { Thumbprint } from '../../../../shared/model/ids.ts'
import type { Json } from '../../../../shared/model/plan.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { CheckResult, StepContext } from '../../../engine/contract.ts'
import { readFileProbe, textOf, thumbprintOf, timeOf } from '../../../ports/sql-rows.ts'
import { oneRow } from '../../../ports/sql-sight.ts'
import type { SqlBatchResult, SqlExecuteOptions, SqlMessage, SqlServer } from '../../../ports/sql-server.ts'
import {
  certificateNamed,
  certificateThumbprints,
  fileExists,
  type FileProbe,
} from '../../../scripts/tsql/queries.ts'
import { keysIn } from '../../../scripts/tsql/sight.ts'
import { evidenceLine } from '../../evidence-line.ts'

/** The nth script of the step: what the review showed is what is sent. */
export const scriptOf = (ctx: StepContext, index = 0): Script => {
  const script = ctx.step.scripts[index]
  if (script === undefined) throw new KeyturnError('internal')
  return script
}

/** Sends one script on a connection of its own and passes on what the server says. */
export const send = async (
  ctx: StepContext,
  script: Script,
  options: SqlExecuteOptions = {},
): Promise<SqlBatchResult> => {
  const session = await ctx.session()
  return session.execute(script, {
    secrets: ctx.secrets,
    onMessage: (message) => tell(ctx, message),
    ...options,
  })
}

/** Progress is measured by the engine's own messages (3211); all others are for the run's page. */
export const tell = (ctx: StepContext, message: SqlMessage): void => {
  const percent = message.number === 3211 ? /\d+/.exec(message.text)?.[0] : undefined
  if (percent !== undefined) {
    ctx.progress({ percent: Math.min(100, Number(percent)), message: message.text })
  } else if (message.number !== contextChanged) {
    ctx.say(`${message.number}: ${message.text}`)
  }
}
/** "Changed database context to 'master'": follows every USE and tells nothing. */
const contextChanged = 5701

export const evidenceOf = (
  ctx: StepContext,
  view: string,
  statement: string,
  value: string,
  data?: Evidence['data'],
): Evidence => evidenceLine(ctx, `${ctx.sql.ref.name}, ${view}`, statement, value, data)

export const notVerified = (ctx: StepContext, what: string): KeyturnError =>
  new KeyturnError('step-not-verified', { step: ctx.step.id, what })

export const needed = (before: Json): CheckResult => ({ state: 'needed', before })
/** Needed, and a broken-off attempt of this run left a part that an undo takes back. */
export const begun = (before: Json): CheckResult => ({ state: 'needed', before, partly: true })
export const satisfied = (before: Json): CheckResult => ({ state: 'satisfied', before })
export const foreign = (code: ErrorCode, params: ErrorParams): CheckResult => ({
  state: 'foreign',
  problem: new KeyturnError(code, params).problem,
})
export const blocked = (code: ErrorCode, params: ErrorParams, extras: ProblemExtras = {}): CheckResult => ({
  state: 'blocked',
  problem: new KeyturnError(code, params, extras).problem,
})

/**
 * Reads that are under way at the same time and awaited one after the other: the first in this order that failed is
 * the one that is told, and none that nobody awaits any more ends the process.
 */
export const asked = <Reads extends readonly Promise<unknown>[]>(...reads: Reads): Reads => {
  for (const read of reads) read.catch(() => undefined)
  return reads
}

/** True after this run recorded its intent: what is there since then can be its own. */
export const hasIntent = (ctx: StepContext): boolean => ctx.before !== null

/** Null: the server does not tell this login. Its own refusal when it writes is the answer then. */
export const isThere = async (ctx: StepContext, probe: FileProbe, path: string): Promise<boolean | null> => {
  try {
    return readFileProbe(await ctx.sql.query(fileExists(probe, path)))?.exists ?? null
  } catch (error) {
    if (!isRefusal(error)) throw error
    return null
  }
}

/** The server answered, and the answer was no; as opposed to no answer. */
export const isRefusal = (error: unknown): boolean =>
  ['refused', 'not-mine', 'broken'].includes(problemOf(error).kind) &&
  problemOf(error).code !== 'sql-protocol'

export interface CertificateRow {
  subject: string
  thumbprint: Thumbprint
  privateKey: string
  expiry: string | null
  lastExport: string | null
}

/** The certificate of that name in master; null: none. Throws `sql-not-visible` where it may be there and hidden. */
export const certificateInMaster = (ctx: StepContext, name: string): Promise<CertificateRow | null> =>
  certificateOn(ctx.sql, name)

/** The same on any server of the plan. */
export const certificateOn = async (sql: SqlServer, name: string): Promise<CertificateRow | null> => {
  const row = await oneRow(sql, certificateNamed(name), keysIn('master'))
  const thumbprint = thumbprintOf(row?.['thumbprint'])
  if (row === null || thumbprint === null) return null
  return {
    subject: textOf(row['subject']),
    thumbprint,
    privateKey: textOf(row['private_key']).trim(),
    expiry: timeOf(row['expiry_date']),
    lastExport: timeOf(row['last_export']),
  }
}

/**
 * The certificate that this run is about: of the planned thumbprint, or of the one that this run made, so that another
 * certificate put in its place under the same name is noticed. Throws `step-not-verified`.
 */
export const certificateOfRun = async (
  ctx: StepContext,
  params: { certificate: string; thumbprint: string | null },
): Promise<CertificateRow> => {
  const row = await certificateInMaster(ctx, params.certificate)
  if (row === null) throw notVerified(ctx, `master shows no certificate ${params.certificate}`)
  const expected = params.thumbprint ?? madeInThisRun(ctx, params.certificate)
  if (expected !== null && row.thumbprint !== expected) {
    throw notVerified(
      ctx,
      `certificate ${params.certificate} has thumbprint ${row.thumbprint}; this run is about ${expected}`,
    )
  }
  return row
}

const madeInThisRun = (ctx: StepContext, certificate: string): string | null => {
  const made = ctx.earlier.findLast(({ data }) => data?.['certificate'] === certificate)?.data?.['thumbprint']
  return typeof made === 'string' ? made : null
}

/** Thumbprints of all certificates in master, for a before-image: what is among them was not made by this run. */
export const thumbprintsInMaster = async (ctx: StepContext): Promise<string[]> =>
  (await ctx.sql.query(certificateThumbprints())).flatMap((row) => thumbprintOf(row['thumbprint']) ?? [])

/** One `.pfx`, or a `.cer` and its `.pvk`. */
export const pairFiles = (params: { certificateFile: string; privateKeyFile: string | null }): string[] =>
  params.privateKeyFile === null ? [params.certificateFile] : [params.certificateFile, params.privateKeyFile]
