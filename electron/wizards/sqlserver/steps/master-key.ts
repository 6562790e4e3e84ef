import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import { holesOf } from '../../../../shared/model/script.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import {
  dropMasterKey,
  dropServiceMasterKeyCopy,
  openAndCloseMasterKey,
  type KeyPassword,
} from '../../../scripts/tsql/master-key.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import type { MasterKeyFact } from '../facts-model.ts'
import { readMasterKey } from '../read-server.ts'
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
import { copiesText } from '../words.ts'

export type MasterKeyRow = Pick<MasterKeyFact, 'keyGuid' | 'opensByItself' | 'passwordCopies'>

export const keyNameOf = (database: string): string => `The database master key of ${database}`

export const keyCatalog = (database: string): string =>
  `${database}.sys.symmetric_keys, sys.key_encryptions, sys.databases`

/** Throws `step-not-verified` unless the key is there and the server opens it by itself. */
export const readOpenKey = async (ctx: StepContext, database: string): Promise<MasterKeyRow> => {
  const key = await readMasterKey(ctx.sql, database)
  if (key === null) throw notVerified(ctx, `${database} shows no database master key`)
  if (!key.opensByItself) throw notVerified(ctx, 'the master key has no copy under the service master key')
  return key
}

export const keyEvidence = (ctx: StepContext, database: string, key: MasterKeyRow): Evidence[] => [
  evidenceOf(ctx, keyCatalog(database), `Database master key of ${database}`, key.keyGuid, {
    keyGuid: key.keyGuid,
  }),
  evidenceOf(
    ctx,
    keyCatalog(database),
    'A copy of it is under the service master key, so the server opens it by itself',
    `yes; ${copiesText(key.passwordCopies)} under a password`,
  ),
]

/** True: the key that is there opens with that password of this run. */
export const opensWith = async (
  ctx: StepContext,
  database: string,
  password: KeyPassword,
): Promise<boolean> => {
  try {
    await send(ctx, openAndCloseMasterKey(database, password))
    return true
  } catch (error) {
    if (problemOf(error).kind !== 'not-mine') throw error
    return false
  }
}

/** The password that the step's own statement gives the key: jobs that change keys name it apart from the one before. */
const passwordOfNew = (ctx: StepContext): KeyPassword =>
  holesOf(scriptOf(ctx)).some(({ hole }) => hole === 'dmk_new_password') ? 'new' : 'present'

/**
 * Resume: before-image. A key that was not there when the intent was recorded is taken for this run's, and `verify`
 * and `undo` ask the key itself: only this run's password opens it.
 */
export const createMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const { database } = readParams('create-master-key', ctx.step.params)
    const key = await readMasterKey(ctx.sql, database)
    if (key === null) return needed({ keyGuid: null })
    return hasIntent(ctx)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `A database master key in ${database}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { database } = readParams('create-master-key', ctx.step.params)
    const key = await readOpenKey(ctx, database)
    if (!(await opensWith(ctx, database, passwordOfNew(ctx)))) {
      throw notVerified(ctx, 'the master key that is there does not open with the kept password')
    }
    return {
      evidence: [
        ...keyEvidence(ctx, database, key),
        evidenceOf(ctx, 'OPEN MASTER KEY', 'It opens with the kept password', 'opened and closed again'),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { database } = readParams('create-master-key', ctx.step.params)
    const what = keyNameOf(database)
    const catalog = keyCatalog(database)
    if ((await readMasterKey(ctx.sql, database)) === null)
      return [evidenceOf(ctx, catalog, what, 'not there')]
    await refuseWhileNeeded(ctx, database, what)
    if (!(await opensWith(ctx, database, passwordOfNew(ctx)))) {
      throw new KeyturnError('undo-refused', {
        what,
        user: 'someone else (it has another password than this run’s)',
      })
    }
    await send(ctx, dropMasterKey(database))
    if ((await readMasterKey(ctx.sql, database)) !== null)
      throw notVerified(ctx, 'the master key is still there')
    return [evidenceOf(ctx, catalog, what, 'dropped; no row any more')]
  },
}

/** Resume: before-image. The key must be the planned one; a copy that somebody else added in between is as good. */
export const repairMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const { keyGuid, database } = readParams('repair-master-key', ctx.step.params)
    const key = await readMasterKey(ctx.sql, database)
    if (key === null) return blocked('sql-master-key-closed', { database })
    if (keyGuid !== null && key.keyGuid !== keyGuid) {
      return foreign('sql-exists', { what: `Another master key (${key.keyGuid})`, target: ctx.sql.ref.name })
    }
    if (!key.opensByItself) return needed({ opensByItself: false })
    return satisfied(hasIntent(ctx) ? ctx.before : { opensByItself: true })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { database } = readParams('repair-master-key', ctx.step.params)
    return { evidence: keyEvidence(ctx, database, await readOpenKey(ctx, database)), proofs: [] }
  },
  undo: async (ctx) => {
    const { database } = readParams('repair-master-key', ctx.step.params)
    const what = `The copy of the master key of ${database} under the service master key`
    const catalog = keyCatalog(database)
    const key = await readMasterKey(ctx.sql, database)
    if (key === null || !key.opensByItself) return [evidenceOf(ctx, catalog, what, 'not there')]
    await refuseWhileNeeded(ctx, database, what)
    await send(ctx, dropServiceMasterKeyCopy(database))
    const after = await readMasterKey(ctx.sql, database)
    if (after?.opensByItself !== false) throw notVerified(ctx, 'the copy is still there')
    return [evidenceOf(ctx, catalog, what, 'removed; the key opens only with its password again')]
  },
}

/** Throws `undo-refused` while the verdict finds a user of that key, or can't tell. */
export const refuseWhileNeeded = async (ctx: StepContext, database: string, what: string): Promise<void> => {
  const verdict = await ctx.verdicts.databaseMasterKey(ctx.step.target, database)
  if (verdict.state === 'unused') return
  const user = verdict.state === 'in-use' ? verdict.users.join(', ') : `it is not known who (${verdict.why})`
  throw new KeyturnError('undo-refused', { what, user })
}
