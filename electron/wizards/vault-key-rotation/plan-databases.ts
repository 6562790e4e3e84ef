import { displayScript, type Script } from '../../../shared/model/script.ts'
import * as tsql from '../../scripts/tsql/tde.ts'
import type { ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
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
    ...changeSteps(ctx, primary),
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

/** So many databases are one step: each has its own statement in it. */
const mostInStep = 50

/** A database whose old key is not seen is left out: the review blocks, and there is nothing that the step could compare with. */
const changeSteps = (ctx: PlanContext, primary: RotatedServer): Draftstep[] => {
  const moves = ctx.draft.databases.flatMap((database) => {
    const old = oldKeyOf(ctx.facts, database)
    return old === null ? [] : [{ database, old }]
  })
  const groups: (typeof moves)[] = []
  for (let at = 0; at < moves.length; at += mostInStep) groups.push(moves.slice(at, at + mostInStep))
  return groups.map((group, index) => changeStep(ctx, primary, group, index * mostInStep))
}

const changeStep = (
  ctx: PlanContext,
  primary: RotatedServer,
  group: readonly { database: string; old: ProviderKeyFact }[],
  offset: number,
): Draftstep => {
  const key = keyOn(ctx, primary)
  const names = group.map(({ database }) => database)
  const olds = [...new Set(group.map(({ old }) => old.name))].join(', ')
  const [first] = group
  const total = ctx.draft.databases.length
  return {
    kind: 'change-protectors',
    title:
      names.length === 1
        ? `Put the key of ${first?.database ?? ''} under ${key}`
        : `Put the keys of ${names.length} databases under ${key}${
            total > names.length ? ` (${offset + 1} to ${offset + names.length} of ${total})` : ''
          }`,
    now: `Under ${olds}: ${names.join(', ')}`,
    after: `The same keys, under ${key}; no page is rewritten. A few at a time`,
    scripts: names.map((database) => tsql.changeProtector(database, { asymmetricKey: key })),
    params: {
      asymmetricKey: key,
      provider: primary.provider,
      thumbprint: primary.there?.thumbprint ?? null,
      scans: scansShown(ctx.facts),
      databases: group.map(({ database, old }) => ({
        database,
        from: {
          asymmetricKey: old.name,
          provider: old.provider ?? primary.provider,
          thumbprint: old.thumbprint,
        },
      })),
      replicas: replicaIds(ctx, names),
    },
    permission: `CONTROL on each database, VIEW DEFINITION on asymmetric key ${key}`,
    undo: {
      can: true,
      action: `Put each key under what it was under (${olds}) again`,
      script: inOneText(
        group.map(({ database, old }) => tsql.changeProtector(database, { asymmetricKey: old.name })),
      ),
    },
    resume: 'before-image',
    stopNow: { leaves: 'Databases that were put under the new key stay there; the others are as they were' },
  }
}

/** For reading: an undo sends each by itself, and only for databases that this run moved. */
const inOneText = (scripts: readonly Script[]): Script => ({
  language: 'tsql',
  parts: [scripts.map(displayScript).join('\n')],
})

const replicaIds = (ctx: PlanContext, databases: readonly string[]): string[] => [
  ...new Set(
    databases.flatMap((database) => replicasOf(ctx.facts, database).map(({ target }) => target.id as string)),
  ),
]

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
