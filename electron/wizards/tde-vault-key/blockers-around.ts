import type { Blocker } from '../../../shared/model/plan.ts'
import { seenByDoctor } from '../sqlserver/doctor-link.ts'
import { folderBlockers, placeBlockers } from '../sqlserver/certificate-advice.ts'
import type { ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import { keyRefusal } from '../sqlserver/ekm-links.ts'
import { answeredReplicas, silentReplicas, whySilent } from '../sqlserver/tde-facts.ts'
import type { Facts } from './facts-model.ts'
import {
  accountOf,
  connectorState,
  isClustered,
  keyObjectOf,
  keyObjectProblem,
  registryState,
  runsOnWindows,
} from './found.ts'
import type { PlanContext } from './plan.ts'

/** What stands in the way beside the server itself: its host, and the other replicas. Pure. */

export const block = (what: string, measured: string, limit: string, screen: string): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

export const hostBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts } = ctx
  if (!runsOnWindows(facts)) return []
  const connector = connectorState(facts, draft)
  const registry = registryState(facts)
  const { reach } = facts.host
  const found: Blocker[] = [...placeBlockers(draft.scriptFolder, facts.scriptFolderLabel, 'host')]
  if (typeof connector === 'string' && draft.connectorSetup === '')
    found.push(
      seenByDoctor(
        facts.target,
        block(
          'The connector is not in order',
          connector,
          'The path of its setup, so that the run starts it; or install it, then read again',
          'host',
        ),
      ),
    )
  if (registry !== null && accountOf(facts) === null)
    found.push(
      seenByDoctor(
        facts.target,
        block(
          'The account of the service is not known',
          facts.service.read ? 'not named' : facts.service.because,
          'VIEW SERVER STATE, so that it can be read: the registry key is for this account',
          'host',
        ),
      ),
    )
  if (registry !== null && draft.exportFolder === '')
    found.push(
      block('No folder for the export of the registry key', 'empty', 'A folder on the server', 'host'),
    )
  if (registry !== null) found.push(...folderBlockers(facts.exportFolder, draft.exportFolder, 'host'))
  if (isClustered(facts) && (connector !== null || registry !== null))
    found.push(
      block(
        'The host of a failover cluster instance is prepared by hand',
        `${facts.identity.machineName} is the name of the virtual server, which no node has: a script for it is refused on each of them`,
        'Connector and registry key on every node, the checkpoint and a restart by the cluster, then provider, credential and a first key by T-SQL. Once the server shows that its connector works, this job goes on from there',
        'host',
      ),
    )
  if (!reach.reachable && draft.scriptFolder === null && (connector !== null || registry !== null))
    found.push(
      block(
        'No folder for the scripts that somebody runs on the host',
        reach.because,
        'A folder of yours: the run waits there for what the scripts leave',
        'host',
      ),
    )
  return found
}

export const replicaBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  if (draft.task === 'prepare') return []
  if (!facts.replicas.read)
    return [
      block(
        `Whether ${facts.target.name} has availability replicas was not read`,
        facts.replicas.because,
        'Each replica needs the key before the database’s key is made',
        'key',
      ),
    ]
  return [
    ...answeredReplicas(facts).flatMap(({ name }) => {
      const why = replicaProblem(facts, draft, name)
      return why === null
        ? []
        : [
            block(
              `${name} can’t open a key under ${draft.vaultKey}`,
              why,
              'This job, task “Prepare”, on that server with the same key. Then read again',
              'key',
            ),
          ]
    }),
    ...(draft.replicasConfirmed
      ? []
      : silentReplicas(facts).map((replica) =>
          block(
            `Whether ${replica.name} is prepared for ${draft.vaultKey} is not known`,
            whySilent(replica),
            'A connection and an answer, then read again; or your own word that you looked there',
            'key',
          ),
        )),
  ]
}

/** By thumbprint where the key object is here already; else by the place that the connector noted there. */
export const replicaProblem = (facts: Facts, draft: PlanContext['draft'], name: string): string | null => {
  const ekm = facts.replicaEkm[name]
  if (ekm === undefined) return 'not read'
  const known = keyObjectOf(facts, draft)
  if (known !== undefined) return keyRefusal(ekm, known.thumbprint)
  if (!ekm.keys.read) return ekm.keys.because
  const wished = wishedKeys(ekm.keys.value, draft)
  if (wished.length === 0) return 'no key object that leads to this key of the vault'
  const reasons = wished.map(({ thumbprint }) => keyRefusal(ekm, thumbprint))
  return reasons.includes(null) ? null : (reasons[0] ?? null)
}

/** Of a replica that nothing is wrong with: whether it was seen that its key is this one. */
export const replicaWords = (facts: Facts, draft: PlanContext['draft'], name: string): string => {
  const ekm = facts.replicaEkm[name]
  const seen =
    keyObjectOf(facts, draft) !== undefined ||
    (ekm?.keys.read === true &&
      wishedKeys(ekm.keys.value, draft).some(
        ({ place, thumbprint }) => place.read && keyRefusal(ekm, thumbprint) === null,
      ))
  return seen
    ? 'prepared for this key'
    : 'a key with login and credential is there; where it leads was not read'
}

/** A place that was not read rules a key out no more than it shows it. */
const wishedKeys = (
  keys: readonly ProviderKeyFact[],
  draft: PlanContext['draft'],
): readonly ProviderKeyFact[] =>
  keys.filter(
    (key) =>
      keyObjectProblem(key, { ...draft, providerName: key.provider ?? '' }) === null &&
      (!key.place.read || key.place.value !== null),
  )
