import { makesSecret, removesSecret } from '../../../shared/forms/credential-draft.ts'
import { runMark } from '../../../shared/model/ids.ts'
import * as directory from '../../scripts/azure/directory.ts'
import * as tsql from '../../scripts/tsql/ekm.ts'
import { monthsLater } from '../azure/names.ts'
import { serverTime } from '../sqlserver/ekm-facts.ts'
import { databasesOfCredential } from '../sqlserver/ekm-links.ts'
import { restartStep, serviceOf } from '../sqlserver/plan-host.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts, Node } from './facts-model.ts'
import {
  applicationIn,
  applicationName,
  azureOf,
  chosenIn,
  clientIdIn,
  newSecret,
  proveInAzure,
  proofOf,
  provable,
  secretSource,
  type Chosen,
  type PlanContext,
} from './plan-context.ts'

/**
 * New secret, proof in Azure, then the new value on EVERY node, then one node at a time: failover where it is the primary,
 * restart, proof. The old secret goes last.
 */
export const stepsToRenew = (ctx: PlanContext): Draftstep[] => {
  const chosen = chosenIn(ctx)
  return [
    ...[secretStep(ctx), proveInAzure(ctx)].filter((step) => step !== null),
    ...chosen.flatMap((one) => changeStep(ctx, one)),
    ...restartOrder(chosen).flatMap((node) =>
      restartSteps(
        ctx,
        node,
        chosen.filter((one) => one.node === node),
      ),
    ),
    ...[removeStep(ctx, chosen)].filter((step) => step !== null),
  ]
}

/** Secondaries first: a restart of one stops nobody. Inside of each kind by name, so that the plan is always the same. */
const restartOrder = (chosen: readonly Chosen[]): Node[] => {
  const nodes = [...new Set(chosen.map(({ node }) => node))]
  const byName = (a: Node, b: Node): number => (a.target.name < b.target.name ? -1 : 1)
  return [
    ...nodes.filter((node) => primaryOf(node).length === 0).toSorted(byName),
    ...nodes.filter((node) => primaryOf(node).length > 0).toSorted(byName),
  ]
}

export const primaryOf = ({ primaryOf: read }: Node): readonly string[] => (read.read ? read.value : [])

export const waitsForFailover = (
  { draft, facts }: { draft: PlanContext['draft']; facts: Facts },
  node: Node,
): boolean =>
  draft.restartPrimary === 'after-failover' && facts.others.length > 0 && primaryOf(node).length > 0

export const secretExpires = ({ draft, facts }: PlanContext): string =>
  monthsLater(
    `${facts.plannedOn.slice(0, 4)}-${facts.plannedOn.slice(4, 6)}-${facts.plannedOn.slice(6, 8)}T00:00:00Z`,
    draft.secretMonths,
  )

const secretStep = (ctx: PlanContext): Draftstep | null => {
  const side = azureOf(ctx.facts)
  if (!makesSecret(ctx.draft) || side === null) return null
  const name = applicationName(ctx)
  const { secret, label } = newSecret(ctx)
  const expires = secretExpires(ctx)
  const objectId = applicationIn(ctx)?.objectId ?? null
  return {
    kind: 'create-client-secret',
    target: side.target,
    title: `Make a secret of ${name}`,
    now: 'none of this run; the old one signs in',
    after: `secret ${secret}, until ${expires.slice(0, 10)} (UTC); its value only in the keyring. The old one stays`,
    scripts: [directory.addPassword(side.cloud, objectId, { name: secret, expires })],
    params: { application: clientIdIn(ctx), secret, expires, label },
    permission: 'Application.ReadWrite.OwnedBy, as owner of the application, or Application Administrator',
    undo: {
      can: 'until-first',
      of: 'change-ekm-credential',
      action: `Remove secret ${secret}, and its value from the keyring`,
      script: directory.removePassword(side.cloud, objectId),
    },
    resume: 'marked',
    stopNow: null,
  }
}

const changeStep = (ctx: PlanContext, { node, name, fact }: Chosen): Draftstep[] =>
  fact === undefined || fact.provider === null
    ? []
    : [
        {
          kind: 'change-ekm-credential',
          target: node.target,
          title: `Set the new secret in ${name} on ${node.target.name}`,
          now: `IDENTITY ${fact.identity}, last changed ${serverTime(fact.changed)} (time of the server)`,
          after: 'the same IDENTITY, the client id and the new secret; it counts from the restart',
          scripts: [tsql.alterEkmCredential(name, fact.identity, clientIdIn(ctx))],
          params: {
            credential: name,
            provider: fact.provider,
            identity: fact.identity,
            clientId: clientIdIn(ctx),
            secret: secretSource(ctx),
          },
          permission: 'ALTER ANY CREDENTIAL',
          undo: {
            can: false,
            because:
              'no server tells the secret that a credential had. The old one still signs in, and the service uses it until its restart',
          },
          resume: 'before-image',
          stopNow: null,
        },
      ]

export const serviceOfNode = ({ identity }: Node): string => serviceOf(identity.instanceName)

const restartSteps = (ctx: PlanContext, node: Node, chosen: readonly Chosen[]): Draftstep[] => {
  const { name } = node.target
  const primary = primaryOf(node)
  return [
    ...(waitsForFailover(ctx, node)
      ? [
          {
            kind: 'await-failover',
            target: node.target,
            title: `Wait until ${name} is no longer the primary of ${primary.join(', ')}`,
            now: `primary of ${primary.join(', ')}, as read for this plan; others are not looked at`,
            after: 'a person has failed these over to another node, as planned',
            scripts: [],
            params: { databases: [...primary] },
            permission: 'VIEW ANY DEFINITION, VIEW SERVER STATE',
            undo: { can: false, because: 'it only reads', leaves: 'nothing' },
            resume: 'named',
            stopNow: null,
          } satisfies Draftstep,
        ]
      : []),
    restartOf(ctx, node, chosen),
    ...chosen.flatMap((one) => proofOf(one, provable(one))),
  ]
}

/** With its script only where Keyturn is to restart it: without one the step waits for a person. */
const restartOf = (ctx: PlanContext, node: Node, chosen: readonly Chosen[]): Draftstep => {
  const { name } = node.target
  const service = serviceOfNode(node)
  const shared = restartStep(
    { computer: node.identity.machineName, service, mark: runMark(ctx.runId), place: null },
    { resource: null, why: 'the service uses the old secret' },
  )
  const databases = [
    ...new Set(
      chosen.flatMap(({ fact }) =>
        fact === undefined ? [] : databasesOfCredential(node.ekm, fact).map((one) => one.name),
      ),
    ),
  ]
  const keyturn = ctx.draft.restartBy === 'keyturn'
  return {
    ...shared,
    kind: 'restart-service',
    target: node.target,
    title: keyturn ? `Restart ${service} of ${name}` : `Wait for the restart of ${name}`,
    after: `service ${service} started after the change${databases.length === 0 ? '' : `; ${databases.join(', ')} closed meanwhile`}`,
    scripts: keyturn ? shared.scripts : [],
    params: { service, resource: null, credentials: chosen.map((one) => one.name) },
  }
}

/** The old secret as Entra lists it; null: not chosen, or not there any more. */
export const oldSecretOf = (ctx: PlanContext) =>
  applicationIn(ctx)?.secrets.find(({ keyId }) => keyId === ctx.draft.oldSecret) ?? null

export const secretName = ({ name, hint }: { name: string; hint: string }): string => name || `${hint}…`

const removeStep = (ctx: PlanContext, chosen: readonly Chosen[]): Draftstep | null => {
  const side = azureOf(ctx.facts)
  const old = oldSecretOf(ctx)
  if (!removesSecret(ctx.draft) || side === null || old === null) return null
  return {
    kind: 'remove-client-secret',
    target: side.target,
    title: `Remove the old secret ${secretName(old)} of ${applicationName(ctx)}`,
    now: `it signs in, until ${old.expires?.slice(0, 10) ?? 'a day that Entra does not say'} (UTC)`,
    after: 'gone. Refused while one of the nodes was not proven with the new one',
    scripts: [directory.removePassword(side.cloud, applicationIn(ctx)?.objectId ?? null)],
    params: {
      application: clientIdIn(ctx),
      keyId: old.keyId,
      secret: secretName(old),
      proven: chosen.map(({ node, name }) => ({ server: node.target.id, credential: name })),
    },
    permission: 'Application.ReadWrite.OwnedBy, as owner of the application, or Application Administrator',
    undo: { can: false, because: 'Entra gives a removed secret to nobody again' },
    resume: 'named',
    stopNow: null,
  }
}
