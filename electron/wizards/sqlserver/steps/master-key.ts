import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { flagOf, numberOf, textOf } from '../../../ports/sql-rows.ts'
import {
  dropMasterKey,
  dropServiceMasterKeyCopy,
  openAndCloseMasterKey,
} from '../../../scripts/tsql/master-key.ts'
import { masterKeyFlag, masterKeyOfMaster } from '../../../scripts/tsql/queries.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import {
  blocked,
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from './help.ts'

interface MasterKeyRow {
  keyGuid: string
  opensByItself: boolean
  passwordCopies: number
}

const readMasterKey = async (ctx: StepContext): Promise<MasterKeyRow | null> => {
  const row = (await ctx.sql.query(masterKeyOfMaster()))[0]
  if (row === undefined) return null
  const flag = flagOf((await ctx.sql.query(masterKeyFlag()))[0]?.['opens'])
  return {
    keyGuid: textOf(row['key_guid']),
    opensByItself: (numberOf(row['smk_copies']) ?? 0) > 0 && flag === true,
    passwordCopies: numberOf(row['password_copies']) ?? 0,
  }
}

const catalog = 'master.sys.symmetric_keys, sys.key_encryptions, sys.databases'

/** Throws `step-not-verified` unless the key is there and the server opens it by itself. */
const readOpenKey = async (ctx: StepContext): Promise<MasterKeyRow> => {
  const key = await readMasterKey(ctx)
  if (key === null) throw notVerified(ctx, 'master shows no database master key')
  if (!key.opensByItself) throw notVerified(ctx, 'the master key has no copy under the service master key')
  return key
}

const keyEvidence = (ctx: StepContext, key: MasterKeyRow): Evidence[] => [
  evidenceOf(ctx, catalog, 'Database master key of master', key.keyGuid, { keyGuid: key.keyGuid }),
  evidenceOf(
    ctx,
    catalog,
    'A copy of it is under the service master key, so the server opens it by itself',
    `yes; ${key.passwordCopies} copies under a password`,
  ),
]

/** True: the key that is there opens with the password of this run. */
const opensWithKeptPassword = async (ctx: StepContext): Promise<boolean> => {
  try {
    await send(ctx, openAndCloseMasterKey())
    return true
  } catch (error) {
    if (problemOf(error).kind !== 'not-mine') throw error
    return false
  }
}

/**
 * Resume: before-image. A key that was not there when the intent was recorded is taken for this run's, and `verify`
 * and `undo` ask the key itself: only this run's password opens it.
 */
export const createMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const key = await readMasterKey(ctx)
    if (key === null) return needed({ keyGuid: null })
    return hasIntent(ctx)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: 'A database master key in master', target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const key = await readOpenKey(ctx)
    if (!(await opensWithKeptPassword(ctx))) {
      throw notVerified(ctx, 'the master key that is there does not open with the kept password')
    }
    return {
      evidence: [
        ...keyEvidence(ctx, key),
        evidenceOf(ctx, 'OPEN MASTER KEY', 'It opens with the kept password', 'opened and closed again'),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const what = 'The database master key of master'
    if ((await readMasterKey(ctx)) === null) return [evidenceOf(ctx, catalog, what, 'not there')]
    await refuseWhileNeeded(ctx, what)
    if (!(await opensWithKeptPassword(ctx))) {
      throw new KeyturnError('undo-refused', {
        what,
        user: 'someone else (it has another password than this run’s)',
      })
    }
    await send(ctx, dropMasterKey())
    if ((await readMasterKey(ctx)) !== null) throw notVerified(ctx, 'the master key is still there')
    return [evidenceOf(ctx, catalog, what, 'dropped; no row any more')]
  },
}

/** Resume: before-image. The key must be the planned one; a copy that somebody else added in between is as good. */
export const repairMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const { keyGuid } = readParams('repair-master-key', ctx.step.params)
    const key = await readMasterKey(ctx)
    if (key === null) return blocked('sql-master-key-closed', { database: 'master' })
    if (key.keyGuid !== keyGuid) {
      return foreign('sql-exists', { what: `Another master key (${key.keyGuid})`, target: ctx.sql.ref.name })
    }
    if (!key.opensByItself) return needed({ opensByItself: false })
    return satisfied(hasIntent(ctx) ? ctx.before : { opensByItself: true })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => ({ evidence: keyEvidence(ctx, await readOpenKey(ctx)), proofs: [] }),
  undo: async (ctx) => {
    const what = 'The copy of the master key under the service master key'
    const key = await readMasterKey(ctx)
    if (key === null || !key.opensByItself) return [evidenceOf(ctx, catalog, what, 'not there')]
    await refuseWhileNeeded(ctx, what)
    await send(ctx, dropServiceMasterKeyCopy())
    const after = await readMasterKey(ctx)
    if (after?.opensByItself !== false) throw notVerified(ctx, 'the copy is still there')
    return [evidenceOf(ctx, catalog, what, 'removed; the key opens only with its password again')]
  },
}

const refuseWhileNeeded = async (ctx: StepContext, what: string): Promise<void> => {
  const verdict = await ctx.verdicts.databaseMasterKey(ctx.step.target, 'master')
  if (verdict.state === 'unused') return
  const user = verdict.state === 'in-use' ? verdict.users.join(', ') : `it is not known who (${verdict.why})`
  throw new KeyturnError('undo-refused', { what, user })
}
