import { makesSecret, removesSecret } from '../../../shared/forms/credential-draft.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import { block } from './blocker.ts'
import type { Node } from './facts-model.ts'
import { silenceOf, silentNodes } from './nodes.ts'
import {
  applicationIn,
  azureOf,
  chosenIn,
  leftOutIn,
  leftOutNames,
  nodesOf,
  provable,
  type LeftOut,
  type PlanContext,
} from './plan-context.ts'
import { oldSecretOf } from './plan-renew.ts'

/** What keeps a secret from being renewed, or the old one from being removed. Pure. */
export const renewBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts } = ctx
  const chosen = chosenIn(ctx)
  const old = oldSecretOf(ctx)
  const silent = silentNodes(facts.others)
  return [
    ...(facts.replicas.read
      ? []
      : [
          block(
            'Other nodes were not read',
            facts.replicas.because,
            'Their list: the new secret is needed on each',
            'credential',
          ),
        ]),
    ...(draft.nodesConfirmed
      ? []
      : silent.map((node) =>
          block(
            `Whether ${node.name} signs in with this application is not known`,
            silenceOf(node),
            node.asked === 'no-answer'
              ? 'An answer from it, or your own word that you set the new secret there'
              : 'A connection to it (Connections), then read again; or your own word that you set the new secret there',
            'credential',
          ),
        )),
    ...(draft.restartBy === 'person' ? [] : nodesOf(facts).flatMap(clusterBlocker)),
    ...leftOutIn(ctx).flatMap((left) => leftOut(left, removesSecret(draft))),
    ...(makesSecret(draft) && applicationIn(ctx) === null && azureOf(facts)?.application?.read !== false
      ? [
          block(
            'There is no application to make a secret of',
            'none is chosen, or it is not there',
            'An application of the tenant',
            'identity',
          ),
        ]
      : []),
    ...(removesSecret(draft) && old === null
      ? [
          block(
            'The old secret is not there any more',
            draft.oldSecret,
            'One that Entra lists, or keep it',
            'identity',
          ),
        ]
      : []),
    ...(removesSecret(draft)
      ? chosen
          .filter((one) => one.fact !== undefined && !provable(one))
          .map(({ node, name }) =>
            block(
              `The old secret can’t be removed: nothing on ${node.target.name} can prove ${name}`,
              `no database hangs on it alone, and ${node.principal} does not hold it`,
              'Keep the old secret; or map the credential to your login for the renewal',
              'identity',
            ),
          )
      : []),
    ...(removesSecret(draft) && silent.length > 0
      ? [
          block(
            'The old secret can’t be removed: not every node is proven in this run',
            silent.map(({ name }) => name).join(', '),
            'Keep the old secret, and remove it when those nodes were restarted with the new one',
            'identity',
          ),
        ]
      : []),
  ]
}

/** Its service is the cluster's to stop and to start. */
const clusterBlocker = ({ target, clustered }: Node): Blocker[] =>
  clustered.read && clustered.value
    ? [
        block(
          `${target.name} is a failover cluster instance`,
          'SERVERPROPERTY: IsClustered',
          'A restart by its cluster, which you do: choose “I do it”',
          'use',
        ),
      ]
    : []

/** Where the old secret stays, one left out beside a chosen one is warned of only. */
const leftOut = (left: LeftOut, removes: boolean): Blocker[] => {
  const at = left.node.target.name
  if (left.none) {
    return [
      block(
        `No credential of ${at} is chosen`,
        leftOutNames(left),
        'Those that sign in as this application have to get the new secret too',
        'credential',
      ),
    ]
  }
  return removes
    ? [
        block(
          `The old secret can’t be removed: not every credential of ${at} for this vault is chosen`,
          leftOutNames(left),
          'Choose those that sign in as this application; where one signs in as another application, keep the old secret',
          'credential',
        ),
      ]
    : []
}
