import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Blocker, ReliedFact, Warning } from '../../../shared/model/plan.ts'
import { seenByDoctor } from '../sqlserver/doctor-link.ts'
import type { Replica } from '../sqlserver/read-replicas.ts'
import { silentReplicas, whySilent } from '../sqlserver/tde-facts.ts'
import { keyOn, type PlanContext, type RotatedServer } from './plan-context.ts'
import { setupIsElsewhere } from './plan-server.ts'

/** What the other replicas of the chosen databases said of their keys, and what follows from it. Pure. */

export const replicaBlockers = (ctx: PlanContext): Blocker[] => [
  ...unreadBlockers(ctx),
  ...ctx.servers.slice(1).flatMap((server) => providerBlockers(ctx, server)),
  ...silentReplicas(ctx.facts).flatMap((silent) => silentBlockers(ctx, silent)),
]

const unreadBlockers = ({ facts, draft }: PlanContext): Blocker[] =>
  facts.replicas.read || draft.replicasConfirmed
    ? []
    : [
        {
          what: `Whether ${facts.target.name} has availability replicas was not read`,
          measured: facts.replicas.because,
          limit:
            'VIEW ANY DEFINITION for the login: a replica without the new key suspends its data movement',
          screen: 'databases',
        },
      ]

/** On the primary too: what creates an asymmetric key there. */
export const providerBlockers = (ctx: PlanContext, server: RotatedServer): Blocker[] => {
  const { facts, ekm, provider, there } = server
  const name = facts.target.name
  const elsewhere = there === null ? setupIsElsewhere(ctx, server) : null
  const found = ekm.providers.read ? ekm.providers.value.find((one) => one.name === provider) : undefined
  return [
    ...(ekm.option.read && !ekm.option.value.inUse
      ? [
          seenByDoctor(facts.target, {
            what: `Extensible key management is off on ${name}`,
            measured: `${ekm.option.source}: EKM provider enabled, in use 0`,
            limit: 'The option in use (SQL 33053)',
            screen: 'databases',
          }),
        ]
      : []),
    ...(ekm.providers.read && found?.enabled !== true
      ? [
          seenByDoctor(facts.target, {
            what: `${name} has no usable provider ${provider}`,
            measured: `${ekm.providers.source}: ${found === undefined ? 'none of that name' : 'disabled'}`,
            limit: 'The connector registered there under the same name, and enabled',
            screen: 'databases',
          }),
        ]
      : []),
    ...(elsewhere === null
      ? []
      : [
          {
            what: `${facts.principal} holds another vault’s credential on ${name}`,
            measured: elsewhere,
            limit:
              'A login holds one credential for a provider (SQL 33043). Take it from that login, or connect as another one',
            screen: 'server',
          },
        ]),
  ]
}

const silentBlockers = ({ draft }: PlanContext, silent: Replica): Blocker[] => {
  const { name } = silent
  if (draft.to === 'new-version') {
    return [
      {
        what: `${name} can’t have a key of a version that this run makes`,
        measured: whySilent(silent),
        limit:
          'A connection to it (Connections), then read again. Or make the version in the vault first, bring its key to that replica, and choose “the newest version”',
        screen: 'key',
      },
    ]
  }
  return draft.replicasConfirmed
    ? []
    : [
        {
          what: `Whether ${name} has an asymmetric key of this version is not known`,
          measured: whySilent(silent),
          limit:
            silent.asked === 'no-answer'
              ? 'An answer from it, or your own word that you looked there'
              : 'A connection to it (Connections), then read again; or your own word that you looked there',
          screen: 'server',
        },
      ]
}

export const silentReplicaWarnings = (ctx: PlanContext): Warning[] =>
  ctx.draft.to === 'new-version' || !ctx.draft.replicasConfirmed
    ? []
    : silentReplicas(ctx.facts).map((silent) => ({
        what: `${silent.name} has the new key by your word only`,
        why: `Keyturn saw nothing of it (${whySilent(silent)}). Without the key its data movement stops when the protector is changed, and a failover to it fails`,
        screen: 'server',
      }))

/** With source and time, for the review. */
export const replicaNotes = (ctx: PlanContext): Evidence[] =>
  ctx.facts.replicasAsked.map((replica) => {
    const statement = `Replica ${replica.name} of ${replica.databases.join(', ')}`
    if (replica.asked !== 'answered') {
      return { statement, value: whySilent(replica), source: 'Keyturn', at: replica.at }
    }
    const server = ctx.servers.find(({ facts }) => facts.target.id === replica.facts.target.id)
    return {
      statement,
      value:
        server === undefined || server.there === null
          ? `gets ${ctx.draft.keyName} with a login and a credential in this run`
          : `${keyOn(ctx, server)} is there, thumbprint ${server.there.thumbprint}`,
      source: server?.ekm.keys.source ?? replica.name,
      at: server?.ekm.keys.at ?? replica.facts.readAt,
    }
  })

/** Part of the digest: a replica that lost its connection since the review makes another plan. */
export const replicasRelied = ({ facts }: PlanContext): ReliedFact[] =>
  facts.replicasAsked.map((replica) => ({
    target: replica.name,
    fact: `replica of ${replica.databases.join(', ')}`,
    value: replica.asked === 'answered' ? 'answers' : whySilent(replica),
  }))
