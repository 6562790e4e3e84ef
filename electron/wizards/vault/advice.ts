import { neverEscrowed } from '../../../shared/forms/vault.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import { daysUntil } from '../azure/key-rules.ts'
import { monthsLater } from '../azure/names.ts'
import { hsmRoles } from '../azure/roles.ts'
import { backupOpensIn, principalText, rightsText, sameNetwork } from '../azure/words.ts'
import { note } from '../sqlserver/words.ts'
import { blockersFor } from './blockers.ts'
import { makesSecret, wantedNetwork, type PlanContext } from './plan-context.ts'
import { applicationName } from './plan-identity.ts'
import { mayMakeKeys } from './plan-vault.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (ctx: PlanContext, satisfied: readonly SatisfiedStep[]): PlanAdvice => ({
  satisfied,
  blockers: blockersFor(ctx),
  warnings: [...keyWarnings(ctx), ...vaultWarnings(ctx), ...identityWarnings(ctx), ...unreadWarnings(ctx)],
  notes: notesOn(ctx),
  factsAt: ctx.facts.readAt,
})

const warn = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })
/** Closer than this, a date is named. */
const soonDays = 60

const keyWarnings = ({ draft, facts, key, vault }: PlanContext): Warning[] => {
  if (draft.keyMode === 'create') {
    return [
      warn(
        neverEscrowed,
        `Its backup opens only in ${backupOpensIn(vault.service)}. If both are lost, what SQL Server encrypted is lost. A key that must outlive Azure is imported: from a .pfx here, from a token by Import to Azure`,
        'key',
      ),
      ...newKeyWarnings(draft),
    ]
  }
  if (draft.keyMode === 'import') {
    return [
      warn(
        `Whoever has ${draft.importFile} and its password has the key`,
        'It was outside of the vault, and the vault can’t take it back. Keep the file where the key is escrowed, and nowhere else',
        'key',
      ),
      warn(
        'A new version that the vault makes is another key',
        'The file does not cover it. A rotation policy that makes versions by itself does not suit an imported key; none is set here',
        'key',
      ),
      ...newKeyWarnings(draft),
    ]
  }
  const there = facts.key?.read === true ? facts.key.value.key : null
  const days = daysUntil(there?.expires ?? null, new Date(facts.readAt))
  return days !== null && days < soonDays
    ? [warn(`Key ${key} expires in ${days} days`, 'It wraps nothing new after that', 'key')]
    : []
}

const newKeyWarnings = (draft: PlanContext['draft']): Warning[] => [
  ...(draft.keyType === 'RSA'
    ? [warn('The key is kept in software', 'Microsoft advises this for what is not production', 'key')]
    : []),
  ...(draft.keyExpiry === ''
    ? []
    : [
        warn(
          `The key wraps nothing new after ${draft.keyExpiry}`,
          'Databases that use it still open then. A new version or key is needed before that day',
          'key',
        ),
      ]),
]

const vaultWarnings = (ctx: PlanContext): Warning[] => {
  const { draft, facts, rights, vault } = ctx
  const settings = facts.chosenVault
  const network = wantedNetwork(draft)
  const purgeTurnsOn =
    draft.purgeProtection && (vault.isNew || settings?.purgeProtection === false) && vault.service === 'vault'
  return [
    ...(purgeTurnsOn
      ? [
          warn(
            'Purge protection can never be turned off again',
            'A deleted vault or key keeps its name taken until the retention ends; nobody can end that earlier',
            'settings',
          ),
        ]
      : []),
    ...(vault.service === 'vault' && !draft.purgeProtection && settings?.purgeProtection !== true
      ? [
          warn(
            'Without purge protection a deleted key can be removed for good at once',
            'One person with that right, or one program, is enough to lose what the key wrapped',
            'settings',
          ),
        ]
      : []),
    ...(settings !== null && rights !== null && rights !== settings.rights
      ? [modelWarning(ctx, settings)]
      : []),
    ...(network !== null && (network.otherwise === 'deny' || !network.publicAccess)
      ? [
          warn(
            draft.network === 'private'
              ? 'Only private endpoints reach the keys'
              : 'Only the named addresses and subnets reach the keys',
            'This computer must be among them for the rest of the run, and each SQL Server for as long as it uses the key. Trusted services are Azure’s own: SQL Server on a machine is none of them',
            'settings',
          ),
        ]
      : []),
    ...(draft.lock || hasLock(ctx)
      ? []
      : [
          warn(
            'No lock keeps the vault from being deleted',
            'One wrong click in the portal deletes it with all keys',
            'settings',
          ),
        ]),
    ...(draft.log === 'none' && !hasLog(ctx)
      ? [
          warn(
            'Nobody records who uses the keys',
            'Without a log nobody can say later who used or backed up a key',
            'settings',
          ),
        ]
      : []),
    ...(vault.service === 'managed-hsm' ? [hsmWarning(ctx)] : []),
  ]
}

const hasLock = ({ facts }: PlanContext): boolean =>
  facts.vault?.locks.read === true && facts.vault.locks.value.length > 0
const hasLog = ({ facts }: PlanContext): boolean =>
  facts.vault?.diagnostics.read === true && facts.vault.diagnostics.value.length > 0

const modelWarning = (
  { rights, vault }: PlanContext,
  settings: { rights: 'roles' | 'access-policies'; accessPolicies: readonly { objectId: string }[] },
): Warning => {
  const holders = new Set(settings.accessPolicies.map(({ objectId }) => objectId))
  return settings.rights === 'access-policies'
    ? warn(
        `${holders.size} holders of access policies in ${vault.name} lose their rights at once`,
        `Whoever has no role then can’t use any key of the vault, running databases included. Give roles first: ${[...holders].slice(0, 10).join(', ')}${holders.size > 10 ? ' and more' : ''}`,
        'settings',
      )
    : warn(
        `Roles stop working for the keys of ${vault.name} at once`,
        `After the change only ${rightsText(rights ?? 'access-policies')} count, and there may be none. Databases whose server uses a role can’t open their key`,
        'settings',
      )
}

const hsmWarning = (ctx: PlanContext): Warning =>
  warn(
    'The role in the managed HSM is given outside of this run',
    `A managed HSM gives its roles itself. One of its administrators gives ${applicationName(ctx)} the role ${hsmRoles.cryptoServiceEncryptionUser.name}: az keyvault role assignment create --hsm-name ${ctx.vault.name} --role "${hsmRoles.cryptoServiceEncryptionUser.name}" --assignee-object-id «object id that the run shows» --scope /keys/${ctx.key}. The last step waits for it, and can be retried`,
    'vault',
  )

const identityWarnings = (ctx: PlanContext): Warning[] => {
  const { draft, facts, rights } = ctx
  const found = facts.application?.read === true ? facts.application.value : null
  const ending = (found?.application.secrets ?? []).filter(({ expires }) => {
    const days = daysUntil(expires, new Date(facts.readAt))
    return days !== null && days < soonDays
  })
  return [
    ...(makesSecret(draft)
      ? [
          warn(
            `The secret ends on ${monthsLater(facts.plannedAt, draft.secretMonths).slice(0, 10)} (UTC)`,
            'SQL Server can’t open the key at its next start after that: its databases stay in RECOVERY_PENDING until the credential has a new secret',
            'identity',
          ),
        ]
      : []),
    ...(rights === 'access-policies'
      ? [
          warn(
            'An access policy holds for every key of the vault',
            'With roles, the application could be held to this one key',
            'settings',
          ),
        ]
      : []),
    ...(rights === 'roles' && draft.useScope === 'vault'
      ? [warn('The role holds for every key of the vault', 'Also for keys that are made later', 'identity')]
      : []),
    ...(draft.applicationMode === 'create'
      ? [
          warn(
            'Whether you may register applications shows only in the run',
            'Entra does not say it beforehand. Application Developer is the role that helps; nothing is half done where it is missing',
            null,
          ),
        ]
      : []),
    ...ending.map(({ name, hint, expires }) =>
      warn(
        `Secret ${name === '' ? `${hint}…` : name} of ${found?.application.name ?? 'the application'} ends on ${expires?.slice(0, 10) ?? ''}`,
        'A server that signs in with it needs another one before',
        'identity',
      ),
    ),
  ]
}

const unreadWarnings = (ctx: PlanContext): Warning[] => {
  const { facts, vault, rights } = ctx
  const permissions = facts.rights?.permissions
  return [
    ...(permissions?.read === false
      ? [
          warn(
            'Your own rights were not read',
            `${permissions.because}. A missing one shows in the run`,
            'vault',
          ),
        ]
      : []),
    ...(rights !== null && mayMakeKeys(ctx) === null
      ? [warn('Whether you may make keys was not read', 'It shows in the run', 'settings')]
      : []),
    ...(vault.service === 'managed-hsm'
      ? [
          warn(
            'Your rights in the managed HSM were not read',
            `It has roles of its own; ${hsmRoles.cryptoUser.name} makes and backs up keys`,
            'vault',
          ),
        ]
      : []),
    ...(facts.vault?.locks.read === false
      ? [warn('Locks were not read', `${facts.vault.locks.because}. One may be there already`, 'settings')]
      : []),
    ...(facts.chosenVault?.privateEndpoints.some(({ state }) => !/^approved$/i.test(state)) === true
      ? [
          warn(
            `A private endpoint of ${vault.name} is not approved`,
            'Whoever comes through it is refused',
            null,
          ),
        ]
      : []),
  ]
}

const notesOn = (ctx: PlanContext): Evidence[] => {
  const { draft, facts, mark, vault } = ctx
  const region = facts.chosenVault?.region ?? facts.chosenHsm?.region ?? draft.region
  const keyturn = (statement: string, value: string): Evidence => ({
    statement,
    value,
    source: 'Keyturn',
    at: facts.readAt,
  })
  return [
    note(facts.subscriptions, 'Subscription', (all) => {
      const found = all.find(({ id }) => id.toLowerCase() === facts.identity.subscriptionId.toLowerCase())
      return found === undefined
        ? facts.identity.subscriptionId
        : `${found.name} (${found.id}), ${found.state}`
    }),
    keyturn('Signed in as', principalText(facts.principal)),
    keyturn('Tenant', facts.identity.tenantId),
    ...(vault.service === 'managed-hsm'
      ? []
      : [
          note(facts.regions, 'Geography in which the key’s backup can be restored', (all) => {
            const found = all.find(({ name }) => name.toLowerCase() === region.toLowerCase())
            return found?.geography ?? 'not said'
          }),
        ]),
    ...(facts.chosenVault !== null &&
    !sameNetwork(facts.chosenVault.network, wantedNetwork(draft) ?? facts.chosenVault.network)
      ? [keyturn(`Private endpoints of ${vault.name}`, String(facts.chosenVault.privateEndpoints.length))]
      : []),
    keyturn('Mark of this run, in every name that it gives', mark),
  ]
}
