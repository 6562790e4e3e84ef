import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import { dayIn, daysUntil } from '../azure/key-rules.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { connectorText } from '../sqlserver/host-rules.ts'
import { keyOf, silentReplicas, whySilent } from '../sqlserver/tde-facts.ts'
import { note } from '../sqlserver/words.ts'
import { replicaProblem, replicaWords } from './blockers-around.ts'
import { blockersOn } from './blockers.ts'
import {
  azureOf,
  connectorState,
  credentialNameOf,
  credentialOf,
  holds,
  isClustered,
  keyObjectOf,
  loginIsThere,
  providerOf,
  registryState,
  runsOnWindows,
} from './found.ts'
import type { PlanContext } from './plan.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (ctx: PlanContext, plan: Plan): PlanAdvice => ({
  satisfied: satisfiedBefore(ctx),
  blockers: blockersOn(ctx, plan),
  warnings: warningsOn(ctx, plan),
  notes: notesOn(ctx),
  factsAt: ctx.facts.readAt,
})

const seen = (read: Read<unknown>, statement: string, value: string): Evidence => ({
  statement,
  value,
  source: read.source,
  at: read.at,
})

/** What of the chain is there already: it is used and not made again. */
const satisfiedBefore = ({ draft, facts }: PlanContext): SatisfiedStep[] => {
  const { ekm, host } = facts
  const done: SatisfiedStep[] = []
  const connector = host.connector
  if (runsOnWindows(facts) && connectorState(facts, draft) === null)
    done.push({
      title: 'Connector',
      evidence:
        connector?.read === true
          ? seen(connector, 'Library of the connector', connectorText(connector.value))
          : seen(
              ekm.providers,
              'The server has loaded it',
              providerOf(facts, draft)?.properties?.version ?? '',
            ),
    })
  if (runsOnWindows(facts) && registryState(facts) === null)
    done.push({
      title: 'Registry key of the connector',
      evidence:
        host.registry?.read === true
          ? seen(host.registry, 'Full Control for', host.registry.value.service?.account ?? '')
          : seen(ekm.keys, 'The connector has written places of keys there', 'yes'),
    })
  if (ekm.option.read && ekm.option.value.inUse)
    done.push({
      title: 'Extensible key management',
      evidence: seen(ekm.option, 'EKM provider enabled, in use', '1'),
    })
  const provider = providerOf(facts, draft)
  if (provider !== undefined)
    done.push({
      title: `Provider ${provider.name}`,
      evidence: seen(ekm.providers, 'Its library', `${provider.dllPath}, version ${provider.version}`),
    })
  const credential = credentialOf(facts, draft)
  if (credential !== undefined)
    done.push({
      title: `Credential ${credential.name}`,
      evidence: seen(ekm.credentials, 'Its IDENTITY', credential.identity),
    })
  const key = keyObjectOf(facts, draft)
  if (key !== undefined)
    done.push({ title: `Key object ${key.name}`, evidence: seen(ekm.keys, 'Its thumbprint', key.thumbprint) })
  if (loginIsThere(facts, draft))
    done.push({
      title: `Login ${draft.keyLogin}`,
      evidence: seen(ekm.keyLogins, 'Made from an asymmetric key', 'yes'),
    })
  if (holds(credential, draft.keyLogin))
    done.push({
      title: 'Credential of the key’s login',
      evidence: seen(ekm.credentials, `${draft.keyLogin} holds`, credentialNameOf(draft)),
    })
  for (const database of draft.databases) {
    const own = keyOf(facts, database)
    if (own !== undefined)
      done.push({
        title: `Create the encryption key of ${database}`,
        evidence: seen(
          facts.keys,
          `Database encryption key of ${database}`,
          `${own.algorithm}, thumbprint ${own.thumbprint ?? 'not shown'}`,
        ),
      })
  }
  return done
}

const warn = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })

const warningsOn = (ctx: PlanContext, plan: Plan): Warning[] => {
  const { draft, facts } = ctx
  const restarts = plan.steps.some(({ kind }) => kind === 'restart-service')
  return [
    warn(
      `Whoever loses key ${draft.vaultKey} loses these databases and their backups`,
      'A database under it opens only where SQL Server reaches this key of the vault. Old versions and the key stay enabled for as long as a database, its log or a backup needs them; this job never disables or deletes one',
      'key',
    ),
    ...(draft.keyBackupConfirmed
      ? []
      : [
          warn(
            `No backup of ${draft.vaultKey} is shown`,
            'Azure does not say whether one was taken. The job “Vault” writes one into a folder of yours and reads it again: do that before the first use',
            'key',
          ),
        ]),
    ...vaultWarnings(ctx),
    ...secretWarnings(ctx),
    ...changedWarning(ctx),
    ...(restarts
      ? [
          warn(
            `The service of ${facts.target.name} is restarted`,
            `Every connection is cut, and all databases are closed for as long as it takes: ${databaseNames(ctx)}${isClustered(facts) ? '. The cluster restarts it' : ''}`,
            'host',
          ),
        ]
      : []),
    ...(runsOnWindows(facts) &&
    !facts.host.reach.reachable &&
    !isClustered(facts) &&
    (connectorState(facts, draft) !== null || registryState(facts) !== null)
      ? [
          warn(
            'Somebody has to work on the host while the run waits',
            `${facts.host.reach.because}. Each script is written into your folder; what it leaves is read from there, and could have been changed by hand`,
            'host',
          ),
        ]
      : []),
    ...(isClustered(facts)
      ? [
          warn(
            'The other nodes of the failover cluster are not seen',
            'Connector and the right on the registry key are needed on every node; the checkpoint carries only the key',
            'host',
          ),
        ]
      : []),
    ...(draft.task === 'turn-on' && draft.replicasConfirmed
      ? silentReplicas(facts).map((replica) =>
          warn(
            `${replica.name} is prepared by your word only`,
            `Keyturn saw nothing of it (${whySilent(replica)}). Without the key its data movement stops when the database’s key is made, and a failover to it fails`,
            'key',
          ),
        )
      : []),
  ]
}

/** The connector keeps the secret that it used first, until the service starts again. */
const changedWarning = ({ draft, facts }: PlanContext): Warning[] => {
  const credential = credentialOf(facts, draft)
  return credential?.inUse === false && credential.changed !== credential.created
    ? [
        warn(
          `Credential ${credential.name} was changed since the service started`,
          `Changed ${credential.changed ?? '(no time)'} (time of the server). Until a restart the connector may use the secret from before, and what works now may not work after it`,
          'identity',
        ),
      ]
    : []
}

const databaseNames = ({ facts }: PlanContext): string =>
  facts.databases.read
    ? facts.databases.value.map(({ name }) => name).join(', ')
    : 'its databases were not read'

/** A key that ends within a year is named: nothing renews it by itself. */
const soonDays = 365

const vaultWarnings = ({ draft, facts }: PlanContext): Warning[] => {
  const side = azureOf(facts)
  if (side === null)
    return [
      warn(
        'The vault itself is not looked at',
        'Size and dates of the key, purge protection and the end of the secret are known to Azure only. What is wrong shows at the first use, or not before it ends',
        'task',
      ),
    ]
  const found: Warning[] = []
  const key = side.key?.read === true ? side.key.value.key : null
  const days = key === null ? null : daysUntil(key.expires, new Date(facts.readAt))
  if (key !== null && key.expires !== null && days !== null)
    found.push(
      warn(
        `Key ${key.name} expires on ${dayIn(key.expires)}${days < soonDays ? `, in ${days} days` : ''}`,
        'After that it wraps nothing new. A key in use has no expiry, or a rotation before it',
        'key',
      ),
    )
  const vault = side.vaults.read
    ? side.vaults.value.find(({ host }) => host.toLowerCase() === draft.vaultHost.toLowerCase())
    : undefined
  if (vault !== undefined && !vault.purgeProtection)
    found.push(
      warn(
        `${vault.name} has no purge protection`,
        'A key that somebody deletes can be purged at once, and every database under it is gone. The job “Vault” turns it on',
        'key',
      ),
    )
  return found
}

const secretSoonDays = 60

const secretWarnings = ({ draft, facts }: PlanContext): Warning[] => {
  const read = azureOf(facts)?.application
  if (draft.identityKind === 'managed-identity' || read?.read !== true) return []
  if (read.value === null)
    return [
      warn(
        'The application is not in this tenant, or not visible',
        'The vault trusts its own tenant only. Check the client id',
        'identity',
      ),
    ]
  const ends = read.value.application.secrets.flatMap(({ expires }) => expires ?? []).toSorted()
  const last = ends.at(-1) ?? null
  const days = daysUntil(last, new Date(facts.readAt))
  if (last === null || days === null)
    return [
      warn('The application has no secret in Entra', 'SQL Server could not sign in with any', 'identity'),
    ]
  return days > secretSoonDays
    ? []
    : [
        warn(
          `The last secret of the application ends on ${dayIn(last)}`,
          'At the next start of the service after that the databases stay closed. The job “Credential” renews it',
          'identity',
        ),
      ]
}

const notesOn = ({ draft, facts }: PlanContext): Evidence[] => {
  const side = azureOf(facts)
  return [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    note(
      facts.service,
      'Service account',
      ({ account, clustered }) => `${account ?? 'not named'}${clustered ? ', failover cluster' : ''}`,
    ),
    ...(facts.host.connector === null
      ? []
      : [note(facts.host.connector, 'Library of the connector', connectorText)]),
    ...(side === null || side.key === null
      ? []
      : [
          note(side.key, `Key ${draft.vaultKey} of ${draft.vaultHost}`, ({ key }) =>
            key === null
              ? 'not there'
              : `${key.type} ${key.bits ?? ''}, version ${key.version}, ${key.enabled ? 'enabled' : 'disabled'}, expires ${key.expires ?? 'never'}`,
          ),
        ]),
    ...facts.replicasAsked.map((replica) =>
      replica.asked === 'answered'
        ? {
            statement: `Replica ${replica.name}`,
            value: replicaProblem(facts, draft, replica.name) ?? replicaWords(facts, draft, replica.name),
            source: facts.replicaEkm[replica.name]?.keys.source ?? 'Keyturn',
            at: facts.replicaEkm[replica.name]?.keys.at ?? facts.readAt,
          }
        : {
            statement: `Replica ${replica.name}`,
            value: whySilent(replica),
            source: 'Keyturn',
            at: replica.at,
          },
    ),
  ]
}
