import { scratchPrefix } from '../../../shared/forms/names.ts'
import { createScratch, dropScratch } from '../../scripts/tsql/database.ts'
import * as tsql from '../../scripts/tsql/tde.ts'
import type { Draftstep, UndoPlan } from '../sqlserver/plan-parts.ts'
import { turnOnStep, watchReplicaSteps, watchStep } from '../sqlserver/plan-tde.ts'
import { keyOf, replicasOf, scansShown } from '../sqlserver/tde-facts.ts'
import { keyObjectOf } from './found.ts'
import type { PlanContext } from './plan.ts'

const underKey = ({ draft, facts }: PlanContext) => ({
  asymmetricKey: draft.keyName,
  provider: draft.providerName,
  thumbprint: keyObjectOf(facts, draft)?.thumbprint ?? null,
})

const keyStep = (ctx: PlanContext, database: string, undo: UndoPlan): Draftstep => {
  const { draft, facts } = ctx
  return {
    kind: 'create-database-key',
    title: `Create the encryption key of ${database}`,
    now: 'No database encryption key',
    after: `${draft.algorithm}, under ${draft.keyName}: the vault’s key wraps it; nothing is encrypted with it yet`,
    scripts: [tsql.createDatabaseKey(database, draft.algorithm, { asymmetricKey: draft.keyName })],
    params: {
      ...underKey(ctx),
      database,
      scans: scansShown(facts),
      algorithm: draft.algorithm,
      replicas: replicasOf(facts, database).map(({ target }) => target.id),
    },
    permission: `CONTROL on ${database}, VIEW DEFINITION on key ${draft.keyName}`,
    undo,
    resume: 'before-image',
    stopNow: null,
  }
}

const compareStep = (ctx: PlanContext, database: string): Draftstep => {
  const { draft, facts } = ctx
  return {
    kind: 'compare-vault-key',
    title: `Compare the three places that name the key of ${database}`,
    now: 'Not compared',
    after: 'Key object, database key and the connector’s note in the registry name one key of the vault',
    scripts: [],
    params: {
      ...underKey(ctx),
      database,
      scans: scansShown(facts),
      host: draft.vaultHost,
      vaultKey: draft.vaultKey,
      version: draft.versionMode === 'pinned' ? draft.keyVersion : null,
    },
    permission: 'VIEW SERVER STATE; sysadmin to read the registry',
    undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }
}

const goesWithScratch: UndoPlan = {
  can: false,
  because: 'It goes with the scratch database',
  leaves: 'nothing',
}

/** The whole chain in a database of its own, dropped in the end. Its log and pages go with it. */
export const scratchSteps = (ctx: PlanContext): Draftstep[] => {
  const { facts, mark } = ctx
  const scratch = `${scratchPrefix}${mark}`
  const scans = scansShown(facts)
  return [
    {
      kind: 'create-scratch',
      title: 'Create a scratch database',
      now: 'No database of that name',
      after: `${scratch}: what follows is tried in it first`,
      scripts: [createScratch(scratch)],
      params: { scratch, scans },
      permission: 'CREATE ANY DATABASE',
      undo: { can: true, action: 'Bring it in clear and drop it', script: dropScratch(scratch) },
      resume: 'marked',
      stopNow: null,
    },
    keyStep(ctx, scratch, goesWithScratch),
    { ...turnOnStep(facts, scratch), undo: goesWithScratch },
    watchStep(facts, scratch, 3),
    compareStep(ctx, scratch),
    {
      kind: 'set-encryption-off',
      title: `Turn encryption off for ${scratch}`,
      now: 'Encryption state 3 (encrypted)',
      after: 'A scan brings its pages in clear',
      scripts: [tsql.setEncryption(scratch, 'OFF')],
      params: { database: scratch, scans },
      permission: `ALTER on ${scratch}`,
      undo: goesWithScratch,
      resume: 'named',
      stopNow: null,
    },
    watchStep(facts, scratch, 1),
    {
      kind: 'drop-database-key',
      title: `Drop the encryption key of ${scratch}`,
      now: 'Encryption state 1 (not encrypted)',
      after: 'No database encryption key',
      scripts: [tsql.dropDatabaseKey(scratch)],
      params: { database: scratch, scans },
      permission: `CONTROL on ${scratch}`,
      undo: goesWithScratch,
      resume: 'named',
      stopNow: null,
    },
    {
      kind: 'drop-scratch',
      title: 'Drop the scratch database',
      now: `${scratch} is there`,
      after: 'Gone, with its files',
      scripts: [dropScratch(scratch)],
      params: { scratch },
      permission: `CONTROL on ${scratch}`,
      undo: { can: false, because: 'It only removes what this run made', leaves: 'nothing' },
      resume: 'named',
      stopNow: null,
    },
  ]
}

/** Databases that have a key already (state 1, under this key) keep it: it is not made again. */
export const databaseSteps = (ctx: PlanContext): Draftstep[] => {
  const { draft, facts } = ctx
  const { databases } = draft
  return [
    ...databases
      .filter((database) => keyOf(facts, database) === undefined)
      .map((database) =>
        keyStep(ctx, database, {
          can: true,
          action: 'Drop the database encryption key, once its state is 1',
          script: tsql.dropDatabaseKey(database),
        }),
      ),
    ...databases.map((database) => turnOnStep(facts, database)),
    ...databases.map((database) => watchStep(facts, database, 3)),
    ...databases.map((database) => compareStep(ctx, database)),
    ...watchReplicaSteps(facts, databases, 3, underKey(ctx).thumbprint),
  ]
}
