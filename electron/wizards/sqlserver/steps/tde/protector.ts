import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import { stillNeededText } from '../../../../../shared/model/retention.ts'
import type { Evidence } from '../../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { numberOf, timeOf } from '../../../../ports/sql-rows.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { backupsOfDatabase } from '../../../../scripts/tsql/tde-queries.ts'
import { changeProtector } from '../../../../scripts/tsql/tde.ts'
import { orRefusal, readBackupsUnder } from '../../read-certificate-users.ts'
import {
  certificateInMaster,
  certificateOfRun,
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../help.ts'
import { isBusy, readDatabaseKey } from '../../database-keys.ts'
import { comparePlanned } from './create-key.ts'
import { protectorOfRun, refuseForeign } from './protector-of-run.ts'
import { replicaWithoutProtector } from './replicas.ts'
import { keyAfter, noKey, protectorEvidence, stateEvidence, untilAtRest, wrongState } from './help.ts'

/**
 * Resume: before-image: the thumbprint of the protector. The key stays the same and no page is rewritten; only what it
 * is encrypted with changes.
 */
export const changeProtectorStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('change-protector', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, params)
    if (key === null) return noKey(ctx, params)
    const { thumbprint } = await protectorOfRun(ctx, params)
    const before = { thumbprint: params.from.thumbprint }
    if (key.thumbprint === thumbprint) return satisfied(hasIntent(ctx) ? ctx.before : before)
    if (key.thumbprint !== params.from.thumbprint) {
      return foreign('sql-exists', {
        what: `Another protector of ${params.database} (${key.thumbprint ?? 'not shown'})`,
        target: ctx.sql.ref.name,
      })
    }
    if (isBusy(key)) return wrongState(params, key)
    return (await replicaWithoutProtector(ctx, params)) ?? needed(before)
  },
  apply: async (ctx) => {
    const params = readParams('change-protector', ctx.step.params)
    await protectorOfRun(ctx, params)
    await send(ctx, scriptOf(ctx))
  },
  verify: async (ctx) => {
    const params = readParams('change-protector', ctx.step.params)
    const protector = await protectorOfRun(ctx, params)
    const { name, thumbprint } = protector
    await untilAtRest(ctx, params)
    const key = await keyAfter(ctx, params)
    comparePlanned(ctx, key, protector, null)
    return {
      evidence: [
        evidenceOf(
          ctx,
          'sys.dm_database_encryption_keys',
          `Protector of the key of ${params.database}, thumbprint; the same as that of ${name} in master`,
          thumbprint,
          {
            thumbprint,
            headline: `${name} is the TDE protector of`,
            subject: params.database,
            fact: `encryption state ${key.state}`,
          },
        ),
        stateEvidence(ctx, params, key),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const params = readParams('change-protector', ctx.step.params)
    const what = `The protector of ${params.database}`
    const { certificate, thumbprint } = params.from
    const old = await certificateInMaster(ctx, certificate)
    if (old?.thumbprint !== thumbprint || old.privateKey !== 'MK') {
      throw new KeyturnError('undo-refused', { what, user: `${certificate} (not there as it was)` })
    }
    const key = await untilAtRest(ctx, params)
    if (key === null) throw notVerified(ctx, `${params.database} shows no key any more`)
    if (key.thumbprint !== thumbprint) {
      refuseForeign(params.database, key, (await protectorOfRun(ctx, params)).thumbprint)
      await send(ctx, changeProtector(params.database, { certificate }))
    }
    await untilAtRest(ctx, params)
    const after = await keyAfter(ctx, params)
    comparePlanned(ctx, after, { thumbprint, type: 'CERTIFICATE' }, null)
    return [protectorEvidence(ctx, params, after)]
  },
}

/**
 * Reads that a certificate is there with its private key, and lists what may need it. It changes nothing, so it runs
 * again after a crash; nothing in Keyturn drops the certificate after it.
 */
export const keepProtectorStep: StepHandler = {
  check: () => Promise.resolve(needed({})),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const { certificate, thumbprint, databases } = readParams('keep-protector', ctx.step.params)
    const kept = await certificateOfRun(ctx, { certificate, thumbprint })
    if (kept.privateKey === 'NA') throw notVerified(ctx, `${certificate} has no private key any more`)
    const encrypted = await orRefusal(readBackupsUnder(ctx.sql, thumbprint))
    return {
      evidence: [
        evidenceOf(
          ctx,
          'master.sys.certificates',
          `${certificate} is there with its private key`,
          thumbprint,
          { thumbprint },
        ),
        ...(await Promise.all(databases.map((database) => backupsThatMayNeed(ctx, certificate, database)))),
        evidenceOf(
          ctx,
          'msdb.dbo.backupset',
          `Backups encrypted with ${certificate}`,
          typeof encrypted === 'string' ? encrypted : stillNeededText(encrypted),
        ),
        evidenceOf(
          ctx,
          'Keyturn',
          `The log of ${databases.join(', ')} written until now needs ${certificate}`,
          'until log backups have cycled through it; those log backups need it for good',
        ),
      ],
      proofs: [],
    }
  },
}

/** msdb does not say which backups TDE had encrypted: all of them until now are counted, and that is said. */
const backupsThatMayNeed = async (
  ctx: StepContext,
  certificate: string,
  database: string,
): Promise<Evidence> => {
  const rows = await orRefusal(ctx.sql.query(backupsOfDatabase(database)))
  const statement = `Backups of ${database} that may need ${certificate}`
  if (typeof rows === 'string') return evidenceOf(ctx, 'msdb.dbo.backupset', statement, rows)
  const count = numberOf(rows[0]?.['backups']) ?? 0
  const [oldest, newest] = [timeOf(rows[0]?.['oldest']), timeOf(rows[0]?.['newest'])]
  return evidenceOf(
    ctx,
    'msdb.dbo.backupset',
    statement,
    count === 0
      ? '0 backups on record'
      : `${count} on record, from ${oldest?.slice(0, 10) ?? 'no date'} to ${newest?.slice(0, 10) ?? 'no date'}; those taken while TDE was on need it. msdb does not say which`,
    { backups: count },
  )
}
