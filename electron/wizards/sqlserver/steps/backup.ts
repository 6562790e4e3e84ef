import { problemOf } from '../../../../shared/errors/problem.ts'
import { runMark } from '../../../../shared/model/ids.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../engine/contract.ts'
import { flagOf, isAsymmetric, numberOf, printOf, textOf, timeOf } from '../../../ports/sql-rows.ts'
import type { SqlRow } from '../../../ports/sql-server.ts'
import { backupOnRecord, requestsOfProgram } from '../../../scripts/tsql/queries.ts'
import { headerOnly } from '../../../scripts/tsql/restore.ts'
import { deviceOf, placeOf } from '../../../scripts/runbook/devices.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { readProviderKey } from '../read-ekm.ts'
import {
  asked,
  blocked,
  certificateOfRun,
  evidenceOf,
  foreign,
  hasIntent,
  isRefusal,
  isThere,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from './help.ts'

type Params = ParamsOf<'back-up-database'>
/** What a backup of this run is known by, whatever it is encrypted with. No blobs: a file on the server's disk. */
export type OwnBackup = Pick<Params, 'database' | 'file' | 'description'> & { blobs?: Params['blobs'] }

/** The header of the file, where it is a finished backup of this run; null for anything else. */
export const ownHeader = async (ctx: StepContext, params: OwnBackup): Promise<SqlRow | null> =>
  (await lookAt(ctx, params)).header

/** `there`: whether anything is; null: the server did not tell. Of blobs the header alone tells. */
const lookAt = async (
  ctx: StepContext,
  params: OwnBackup,
): Promise<{ there: boolean | null; header: SqlRow | null }> => {
  try {
    const rows = await ctx.sql.query(headerOnly(deviceOf(params)))
    return { there: true, header: rows.find((row) => isOwn(row, params)) ?? null }
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { there: problemOf(error).code === 'url-not-found' ? false : null, header: null }
  }
}

const isOwn = (row: SqlRow, params: OwnBackup): boolean =>
  textOf(row['BackupDescription']) === params.description &&
  textOf(row['DatabaseName']) === params.database &&
  timeOf(row['BackupFinishDate']) !== null

/** A statement of an earlier attempt may still work: two writers would meet in one file or database. */
export const stillWorking = async (ctx: StepContext): Promise<string | null> => {
  try {
    const rows = await ctx.sql.query(requestsOfProgram(`Keyturn run ${runMark(ctx.runId)}`))
    const row = rows[0]
    return row === undefined
      ? null
      : `session ${String(row['session_id'])} of this run (${textOf(row['command'])})`
  } catch (error) {
    if (problemOf(error).kind !== 'refused') throw error
    return null
  }
}

/**
 * `check` of every step that takes a backup. Resume: marked. FORMAT writes over a file only where its name holds this
 * run's mark *and* this run recorded, before its intent, that no such file was there. The rule in whole: README.md of
 * the job "Encrypted backup".
 */
export const checkOwnBackup = async (
  ctx: StepContext,
  params: OwnBackup & Pick<Params, 'probe'>,
): Promise<CheckResult> => {
  const busy = await stillWorking(ctx)
  if (busy !== null) return blocked('run-target-locked', { target: ctx.sql.ref.name, holder: busy })
  const onDisk = !params.blobs
  const seen = onDisk ? await isThere(ctx, params.probe, params.file) : null
  if (seen === false) return needed({ fileThere: false })
  const { there: read, header } = await lookAt(ctx, params)
  const there = onDisk ? seen : read
  if (there === false) return needed({ fileThere: false })
  const finished = header !== null
  // A whole file that the server's own history does not know was broken off in its last moment: it is taken again.
  if (hasIntent(ctx)) {
    return finished && (await onRecord(ctx, params)) !== 'absent' ? satisfied(ctx.before) : needed(ctx.before)
  }
  return there === true || finished
    ? foreign(onDisk ? 'sql-file-exists' : 'url-blob-exists', {
        path: placeOf(params),
        target: ctx.sql.ref.name,
      })
    : needed({ fileThere: false })
}

/** Resume: `checkOwnBackup`. */
export const backUpDatabaseStep: StepHandler = {
  check: (ctx) => checkOwnBackup(ctx, readParams('back-up-database', ctx.step.params)),
  apply: async (ctx) => {
    // A backup under a certificate whose copies nobody proved would be worse than none.
    await encryptorOfRun(ctx, readParams('back-up-database', ctx.step.params))
    await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })
  },
  verify: async (ctx) => {
    const params = readParams('back-up-database', ctx.step.params)
    // Nothing of this run changes the server now, so the three places are asked at the same time.
    const [encryptor, itsHeader, itsRecord] = asked(
      encryptorOfRun(ctx, params),
      ownHeader(ctx, params),
      onRecord(ctx, params),
    )
    const thumbprint = await encryptor
    const header = await itsHeader
    if (header === null) {
      throw notVerified(ctx, `RESTORE HEADERONLY finds no finished backup of this run in ${placeOf(params)}`)
    }
    const view = 'RESTORE HEADERONLY'
    compareHeader(ctx, header, params, thumbprint)
    const record = recordOf(ctx, params, thumbprint, await itsRecord)
    return {
      evidence: [
        evidenceOf(
          ctx,
          view,
          `Backup of ${params.database}, finished`,
          timeOf(header['BackupFinishDate']) ?? '',
          {
            path: placeOf(params),
          },
        ),
        evidenceOf(ctx, view, 'Encrypted with', textOf(header['KeyAlgorithm'])),
        evidenceOf(ctx, view, `Encrypted under ${params.certificate}, thumbprint`, thumbprint, {
          thumbprint,
        }),
        evidenceOf(ctx, view, 'Holds checksums', params.checksum ? 'yes' : 'no, as chosen'),
        record,
      ],
      proofs: [],
    }
  },
}

/**
 * Thumbprint of what the backup is encrypted under: the planned one, or the one that this run made, so that another
 * key in its place under the same name is noticed. Throws `step-not-verified`.
 */
const encryptorOfRun = async (ctx: StepContext, params: Params): Promise<string> => {
  if (params.encryptor === 'certificate') {
    const { certificate, thumbprint } = params
    return (await certificateOfRun(ctx, { certificate, thumbprint })).thumbprint
  }
  const key = await readProviderKey(ctx.sql, params.certificate)
  if (key === null)
    throw notVerified(ctx, `master shows no asymmetric key ${params.certificate} of a provider`)
  if (key.thumbprint !== params.thumbprint) {
    throw notVerified(
      ctx,
      `asymmetric key ${params.certificate} has thumbprint ${key.thumbprint}; this run is about ${params.thumbprint ?? 'none'}`,
    )
  }
  return key.thumbprint
}

/** By how the types of encryptors begin; versions put more behind it. */
const isOfType: Readonly<Record<Params['encryptor'], (type: string) => boolean>> = {
  certificate: (type) => /^CERTIFICATE/i.test(type),
  'asymmetric-key': isAsymmetric,
}

/** What the file says of itself against what was planned. Algorithm and encryptor names differ by version. */
const compareHeader = (ctx: StepContext, header: SqlRow, params: Params, thumbprint: string): void => {
  const algorithm = textOf(header['KeyAlgorithm']).trim()
  if (algorithm === '' || algorithm.toLowerCase() === 'no_encryption') {
    throw notVerified(
      ctx,
      `${placeOf(params)} is not encrypted (KeyAlgorithm ${algorithm === '' ? 'empty' : algorithm})`,
    )
  }
  if (algorithm.toLowerCase() !== params.algorithm.toLowerCase()) {
    throw notVerified(ctx, `${params.file} is encrypted with ${algorithm}, planned was ${params.algorithm}`)
  }
  const found = printOf(header['EncryptorThumbprint'])
  if (found !== thumbprint) {
    throw notVerified(
      ctx,
      `${params.file} needs thumbprint ${found ?? 'none that can be read'}, not ${thumbprint}`,
    )
  }
  const encryptor = textOf(header['EncryptorType'])
  if (!isOfType[params.encryptor](encryptor)) {
    throw notVerified(ctx, `the encryptor of ${params.file} is ${encryptor === '' ? 'not named' : encryptor}`)
  }
  if (params.checksum && flagOf(header['HasBackupChecksums']) !== true) {
    throw notVerified(ctx, `${params.file} holds no checksums`)
  }
  if (params.copyOnly && flagOf(header['IsCopyOnly']) === false) {
    throw notVerified(ctx, `${params.file} is not copy-only`)
  }
  if (flagOf(header['IsDamaged']) === true) throw notVerified(ctx, `${params.file} is marked as damaged`)
}

/** What msdb says of this backup; a login that may not read it gets no answer, which is not a no. */
export const onRecord = async (
  ctx: StepContext,
  params: OwnBackup,
): Promise<SqlRow | 'absent' | 'not-visible'> => {
  try {
    const rows = await ctx.sql.query(backupOnRecord(params.file, params.description))
    return rows.find((candidate) => textOf(candidate['database_name']) === params.database) ?? 'absent'
  } catch (error) {
    if (problemOf(error).kind !== 'refused') throw error
    return 'not-visible'
  }
}

const recordOf = (
  ctx: StepContext,
  params: Params,
  thumbprint: string,
  row: Awaited<ReturnType<typeof onRecord>>,
) => {
  const view = 'msdb.dbo.backupset'
  const statement = 'Entry in the server’s own backup history'
  if (row === 'not-visible') return evidenceOf(ctx, view, statement, 'not visible with this login')
  if (row === 'absent') throw notVerified(ctx, `msdb has no entry for ${params.file}`)
  const found = printOf(row['encryptor_thumbprint'])
  if (found !== thumbprint) {
    throw notVerified(ctx, `msdb has thumbprint ${found ?? 'none'} for ${params.file}, not ${thumbprint}`)
  }
  const id = numberOf(row['backup_set_id'])
  return evidenceOf(ctx, view, statement, `backup set ${id ?? '(no number)'}`, { backupSetId: id })
}

/** Message of the engine when the whole file was read: "The backup set on file 1 is valid." */
const readToItsEnd = 3262

/**
 * Only reads, so there is nothing to apply: `verify` runs the statement, and after a crash it runs again. Silence is
 * no answer: the engine's own message must have come.
 */
export const verifyBackupStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('verify-backup', ctx.step.params)
    const { database, checksum } = params
    const place = placeOf(params)
    const { messages } = await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })
    const said = messages.find(({ number }) => number === readToItsEnd)
    if (said === undefined) throw notVerified(ctx, `the server did not say that it read ${place} to its end`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          'RESTORE VERIFYONLY',
          checksum
            ? `The file of ${database} was read whole with this server’s key, checksums compared`
            : `The file of ${database} was read whole with this server’s key`,
          `${readToItsEnd}: ${said.text}`,
          { path: place },
        ),
      ],
      proofs: [],
    }
  },
}
