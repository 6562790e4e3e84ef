import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import {
  addMasterKeyPasswordAgain,
  addServiceMasterKeyCopy,
  dropMasterKeyPassword,
} from '../../../scripts/tsql/master-key.ts'
import type { MasterKeyFact } from '../../sqlserver/facts-model.ts'
import { readMasterKey } from '../../sqlserver/read-server.ts'
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
} from '../../sqlserver/steps/help.ts'
import { keyCatalog, keyNameOf, opensWith, refuseWhileNeeded } from '../../sqlserver/steps/master-key.ts'

const opening = 'OPEN MASTER KEY'

type Found = { key: MasterKeyFact } | { stop: ReturnType<typeof blocked> }

/** The key that the plan is about, or why the step can't go on: none there, or another one. */
const plannedKey = async (
  ctx: StepContext,
  { database, keyGuid }: { database: string; keyGuid: string },
): Promise<Found> => {
  const key = await readMasterKey(ctx.sql, database)
  if (key === null) return { stop: blocked('sql-master-key-closed', { database }) }
  return key.keyGuid === keyGuid
    ? { key }
    : {
        stop: foreign('sql-exists', {
          what: `Another master key (${key.keyGuid})`,
          target: ctx.sql.ref.name,
        }),
      }
}

/** The key that is there is still the planned one. Throws `step-not-verified`. */
const samePlannedKey = async (
  ctx: StepContext,
  database: string,
  keyGuid: string,
): Promise<MasterKeyFact> => {
  const key = await readMasterKey(ctx.sql, database)
  if (key?.keyGuid !== keyGuid) throw notVerified(ctx, `${keyNameOf(database)} is another one now`)
  return key
}

/** Resume: before-image. Which passwords open the key is asked of the key itself. */
export const addPasswordStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('add-master-key-password', ctx.step.params)
    const found = await plannedKey(ctx, params)
    if ('stop' in found) return found.stop
    if (await opensWith(ctx, params.database, 'new')) {
      return hasIntent(ctx)
        ? satisfied(ctx.before)
        : blocked('sql-password-opens-already', { what: keyNameOf(params.database) })
    }
    return needed({ passwordCopies: found.key.passwordCopies })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { database, keyGuid } = readParams('add-master-key-password', ctx.step.params)
    const key = await samePlannedKey(ctx, database, keyGuid)
    if (!(await opensWith(ctx, database, 'new'))) {
      throw notVerified(ctx, 'the key does not open with the new password')
    }
    return {
      evidence: [
        evidenceOf(ctx, opening, 'The key opens with the new password', 'opened and closed again'),
        evidenceOf(ctx, keyCatalog(database), 'Copies under a password', String(key.passwordCopies)),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { database } = readParams('add-master-key-password', ctx.step.params)
    const what = 'The new password of the key'
    if (!(await opensWith(ctx, database, 'new'))) {
      return [evidenceOf(ctx, opening, what, 'does not open the key')]
    }
    await send(ctx, dropMasterKeyPassword(database, 'new'))
    if (await opensWith(ctx, database, 'new')) throw notVerified(ctx, 'the new password still opens the key')
    return [evidenceOf(ctx, opening, what, 'removed; it does not open the key any more')]
  },
}

/** Removes the password that the key had. Never before the new one was seen to open it. */
export const dropPasswordStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('drop-master-key-password', ctx.step.params)
    const found = await plannedKey(ctx, params)
    if ('stop' in found) return found.stop
    if (!(await opensWith(ctx, params.database, 'present'))) return satisfied({ opens: false })
    return (await opensWith(ctx, params.database, 'new'))
      ? needed({ opens: true })
      : blocked('sql-wrong-password', { database: params.database })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { database, keyGuid } = readParams('drop-master-key-password', ctx.step.params)
    await samePlannedKey(ctx, database, keyGuid)
    if (await opensWith(ctx, database, 'present'))
      throw notVerified(ctx, 'the old password still opens the key')
    if (!(await opensWith(ctx, database, 'new'))) {
      throw notVerified(ctx, 'the key does not open with the new password')
    }
    return {
      evidence: [
        evidenceOf(ctx, opening, 'The old password', 'does not open the key any more'),
        evidenceOf(ctx, opening, 'The new password', 'opens the key'),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { database } = readParams('drop-master-key-password', ctx.step.params)
    if (!(await opensWith(ctx, database, 'present'))) await send(ctx, addMasterKeyPasswordAgain(database))
    if (!(await opensWith(ctx, database, 'present'))) {
      throw notVerified(ctx, 'the old password does not open the key')
    }
    return [evidenceOf(ctx, opening, 'The old password', 'opens the key again')]
  },
}

/** Removes the way by which the server opens the key itself. The password is tried first: it is all that is left then. */
export const dropCopyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('drop-master-key-copy', ctx.step.params)
    const found = await plannedKey(ctx, params)
    if ('stop' in found) return found.stop
    if (!(await opensWith(ctx, params.database, 'present'))) {
      return blocked('sql-wrong-password', { database: params.database })
    }
    if (found.key.serviceMasterKeyCopies === 0) {
      return satisfied(hasIntent(ctx) ? ctx.before : { opensByItself: false })
    }
    return needed({ opensByItself: true })
  },
  apply: async (ctx) => {
    const { database } = readParams('drop-master-key-copy', ctx.step.params)
    await refuseWhileServerNeedsIt(ctx, database)
    await send(ctx, scriptOf(ctx))
  },
  verify: async (ctx) => {
    const { database, keyGuid } = readParams('drop-master-key-copy', ctx.step.params)
    const key = await samePlannedKey(ctx, database, keyGuid)
    if (key.serviceMasterKeyCopies > 0)
      throw notVerified(ctx, 'the copy under the service master key is still there')
    if (!(await opensWith(ctx, database, 'present'))) {
      throw notVerified(ctx, 'the key does not open with its password')
    }
    return {
      evidence: [
        evidenceOf(ctx, keyCatalog(database), 'Copies under the service master key', 'none'),
        evidenceOf(ctx, opening, 'The key opens with its password', 'opened and closed again'),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { database } = readParams('drop-master-key-copy', ctx.step.params)
    const key = await readMasterKey(ctx.sql, database)
    if (key !== null && !key.opensByItself) await send(ctx, addServiceMasterKeyCopy(database))
    const after = await readMasterKey(ctx.sql, database)
    if (after?.opensByItself !== true) throw notVerified(ctx, 'the copy is not there')
    return [evidenceOf(ctx, keyCatalog(database), 'The copy under the service master key', 'there again')]
  },
}

/** In master the server opens certificates without a session: what is under the key there needs the copy. */
const refuseWhileServerNeedsIt = async (ctx: StepContext, database: string): Promise<void> => {
  if (database === 'master') {
    await refuseWhileNeeded(ctx, database, 'The copy of the master key under the service master key')
  }
}
