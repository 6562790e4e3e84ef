import * as tsql from '../../scripts/tsql/tde.ts'
import { logStepsBeforeChange, type LogPlan } from '../sqlserver/plan-log.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { watchReplicaSteps } from '../sqlserver/plan-tde.ts'
import { firstLogMajor } from '../sqlserver/read-key-needs.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { replicasOf, scansShown } from '../sqlserver/tde-facts.ts'
import { keyOn, oldKeyOf, usersOf, type PlanContext, type RotatedServer } from './plan-context.ts'

/** Log backups that the rule of SQL 33122 asks for, then each database, its replicas, and the old keys. */
export const databaseSteps = (ctx: PlanContext): Draftstep[] => {
  const [primary] = ctx.servers
  if (primary === undefined) return []
  return [
    ...logStepsBeforeChange(logPlanOf(ctx), ctx.facts, ctx.mark),
    ...ctx.draft.databases.flatMap((database) => changeStep(ctx, primary, database)),
    ...watchReplicaSteps(ctx.facts, ctx.draft.databases, null, primary.there?.thumbprint ?? null),
    ...keepSteps(ctx),
  ]
}

export const logPlanOf = ({ draft, facts }: PlanContext): LogPlan => ({
  databases: draft.databases,
  backupFolder: draft.backupFolder,
  logBackups: draft.logBackups,
  under: (database) => oldKeyOf(facts, database)?.name,
})

/** Empty where the old key is not seen: the review blocks, and there is nothing that a step could compare with. */
const changeStep = (ctx: PlanContext, primary: RotatedServer, database: string): Draftstep[] => {
  const old = oldKeyOf(ctx.facts, database)
  if (old === null) return []
  const key = keyOn(ctx, primary)
  return [
    {
      kind: 'change-protector',
      title: `Put the key of ${database} under ${key}`,
      now: `Under ${old.name}`,
      after: `The same key, under ${key}; no page is rewritten`,
      scripts: [tsql.changeProtector(database, { asymmetricKey: key })],
      params: {
        database,
        scans: scansShown(ctx.facts),
        asymmetricKey: key,
        provider: primary.provider,
        thumbprint: primary.there?.thumbprint ?? null,
        from: {
          asymmetricKey: old.name,
          provider: old.provider ?? primary.provider,
          thumbprint: old.thumbprint,
        },
        replicas: replicasOf(ctx.facts, database).map(({ target }) => target.id),
      },
      permission: `CONTROL on ${database}, VIEW DEFINITION on asymmetric key ${key}`,
      undo: {
        can: true,
        action: `Put the key under ${old.name} again`,
        script: tsql.changeProtector(database, { asymmetricKey: old.name }),
      },
      resume: 'before-image',
      stopNow: null,
    },
  ]
}

const keepSteps = (ctx: PlanContext): Draftstep[] =>
  ctx.old.map((old): Draftstep => ({
    kind: 'keep-vault-key',
    title: `Keep ${old.key.name}, and list what still needs it`,
    now: `${old.key.name} is in master`,
    after: `It is there as it was, with its login and credential: backups and logs from before need it`,
    scripts: [],
    params: {
      asymmetricKey: old.key.name,
      thumbprint: old.key.thumbprint,
      place: old.key.place.read ? old.key.place.value : null,
      databases: usersOf(ctx, old),
      showsLog: majorOf(ctx.facts) >= firstLogMajor,
    },
    permission: 'VIEW DEFINITION on master, VIEW SERVER STATE; SELECT in msdb to list backups',
    undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }))
