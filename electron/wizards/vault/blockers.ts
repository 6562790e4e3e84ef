import type { Blocker } from '../../../shared/model/plan.ts'
import { connectorRefusal } from '../azure/key-rules.ts'
import { permits, rightsFor, type NeededRight } from '../azure/roles.ts'
import { hsmRefusal, principalText, sameId } from '../azure/words.ts'
import { makesSecret, type PlanContext } from './plan-context.ts'
import { mayMakeKeys } from './plan-vault.ts'

/** What no run can mend, or what only another answer can. */
export const blockersFor = (ctx: PlanContext): Blocker[] => [
  ...subscriptionBlockers(ctx),
  ...(ctx.vault.isNew ? newVaultBlockers(ctx) : existingBlockers(ctx)),
  ...rightBlockers(ctx),
  ...applicationBlockers(ctx),
  ...keyBlockers(ctx),
  ...importBlockers(ctx),
  ...placeBlockers(ctx),
]

const block = (what: string, measured: string, limit: string, screen: string | null): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

const subscriptionBlockers = ({ facts }: PlanContext): Blocker[] => {
  const { subscriptions, identity } = facts
  if (!subscriptions.read) return []
  const found = subscriptions.value.find(({ id }) => sameId(id, identity.subscriptionId))
  if (found === undefined || /^(enabled|pastdue|warned)$/i.test(found.state)) return []
  return [
    block(
      `Subscription ${found.name} takes no changes`,
      `Azure says ${found.state}`,
      'An enabled subscription',
      'vault',
    ),
  ]
}

const newVaultBlockers = ({ draft, facts, vault }: PlanContext): Blocker[] => {
  const found: Blocker[] = []
  const groups = facts.groups.read ? facts.groups.value : null
  const group = groups?.find(({ name }) => sameId(name, vault.group))
  if (draft.groupMode === 'create' && group !== undefined) {
    found.push(
      block(
        `Resource group ${group.name} is there`,
        `in ${group.region}`,
        'Choose it, or another name',
        'vault',
      ),
    )
  }
  if (draft.groupMode === 'use' && groups !== null && group === undefined) {
    found.push(
      block(
        `There is no resource group ${vault.group}`,
        'not there, or not visible',
        'One of those listed',
        'vault',
      ),
    )
  }
  if (facts.regions.read && !facts.regions.value.some(({ name }) => sameId(name, draft.region))) {
    found.push(block('The region can’t be used', draft.region, 'A region of this subscription', 'vault'))
  }
  const deleted = facts.deletedVaults.read
    ? facts.deletedVaults.value.find(({ name }) => sameId(name, vault.name))
    : undefined
  if (deleted !== undefined) {
    found.push(
      block(
        `The name ${vault.name} is held by a deleted vault of this subscription`,
        `deleted ${deleted.deletedAt?.slice(0, 10) ?? 'on a day that Azure does not say'}, held until ${deleted.purgeAt?.slice(0, 10) ?? 'not said'}`,
        'Another name, or that vault recovered in the portal',
        'vault',
      ),
    )
    return found
  }
  const free = facts.nameFree
  if (free?.read === true && !free.value.free) {
    found.push(
      block(
        free.value.why === 'rule'
          ? `Azure takes no vault of the name ${vault.name}`
          : `The name ${vault.name} is taken`,
        free.value.text,
        'A name that no vault in the world has, not even a deleted one',
        'vault',
      ),
    )
  }
  return found
}

const existingBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts, vault } = ctx
  const list = draft.service === 'vault' ? facts.vaults : facts.managedHsms
  if (!list.read) return [block('Vaults were not read', list.because, 'The plan needs them', 'vault')]
  const there = facts.chosenVault ?? facts.chosenHsm
  if (there === null) {
    return [
      block(`There is no vault ${vault.name}`, 'not there, or not visible', 'One of those listed', 'vault'),
    ]
  }
  if (!sameId(there.tenantId, facts.identity.tenantId)) {
    return [
      block(
        `${vault.name} belongs to another tenant`,
        there.tenantId,
        `The tenant of the application, ${facts.identity.tenantId}: SQL Server signs in there`,
        'vault',
      ),
    ]
  }
  const inactive = facts.chosenHsm === null ? null : hsmRefusal(facts.chosenHsm)
  if (inactive !== null) {
    return [block(`${vault.name} takes no keys`, inactive, 'An activated managed HSM', 'vault')]
  }
  return settingsBlockers(ctx)
}

const settingsBlockers = ({ draft, facts, vault }: PlanContext): Blocker[] => {
  const settings = facts.chosenVault
  if (settings === null) return []
  const days = settings.retentionDays
  return [
    ...(settings.softDelete
      ? []
      : [
          block(
            `${vault.name} has no soft delete`,
            'off: a deleted key is gone at once',
            'A vault with soft delete. Azure turns it on when the vault is next changed; or make a new vault',
            'vault',
          ),
        ]),
    ...(days !== null && days < draft.retentionDays
      ? [
          block(
            `${vault.name} keeps what is deleted for ${days} days only`,
            `${days} days`,
            `${draft.retentionDays} days as you wish. It was fixed when the vault was made: accept ${days}, or make a new vault`,
            'settings',
          ),
        ]
      : []),
  ]
}

/** The operator's own rights, as far as Azure tells them. What can't be read is a warning, not a blocker. */
const rightBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts, rights, vault } = ctx
  const permissions = facts.rights?.permissions
  const who = principalText(facts.principal)
  const lacks = (right: NeededRight, why: string, screen: string): Blocker[] =>
    permissions?.read !== true || permits(permissions.value, right)
      ? []
      : [
          block(
            `${who} may not ${why}`,
            `${permissions.source}: no ${right.action}`,
            `The role ${right.helps}`,
            screen,
          ),
        ]
  const changes =
    facts.chosenVault !== null &&
    ((draft.purgeProtection && !facts.chosenVault.purgeProtection) ||
      draft.network !== 'as-is' ||
      rights !== facts.chosenVault.rights)
  const locked = facts.vault?.locks.read === true && facts.vault.locks.value.length > 0
  return [
    ...(vault.isNew && draft.groupMode === 'create'
      ? lacks(rightsFor.makeGroup, 'make a resource group', 'vault')
      : []),
    ...(vault.isNew || changes || rights === 'access-policies'
      ? lacks(rightsFor.writeVault, 'make or change a key vault there', 'vault')
      : []),
    ...(rights === 'roles' ? lacks(rightsFor.giveRoles, 'give roles there', 'identity') : []),
    ...(draft.lock && !locked ? lacks(rightsFor.lock, 'put a lock there', 'settings') : []),
    ...(draft.log === 'none' ? [] : lacks(rightsFor.sendLog, 'set up where the log goes', 'settings')),
    ...(mayMakeKeys(ctx) === false && !draft.operatorRole
      ? [
          block(
            `${who} may not make and back up keys in ${vault.name}`,
            rights === 'access-policies'
              ? 'no access policy with get, create and backup'
              : 'no role with these rights',
            `${rightsFor.makeKeys.helps}, or let the run give it to you (Settings)`,
            'settings',
          ),
        ]
      : []),
  ]
}

const applicationBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts } = ctx
  const found: Blocker[] = []
  if (draft.applicationMode === 'use') {
    const { application } = facts
    if (application === null || !application.read) {
      found.push(
        block(
          'The application was not read',
          application?.because ?? 'not asked',
          'The plan needs it',
          'identity',
        ),
      )
    } else if (application.value === null) {
      found.push(
        block(
          'The application is not in this tenant',
          draft.application,
          'An application of the tenant of the vault',
          'identity',
        ),
      )
    } else if (application.value.servicePrincipal?.enabled === false) {
      found.push(
        block(
          `${application.value.application.name} may not sign in`,
          'its service principal is disabled',
          'Enable it in Entra',
          'identity',
        ),
      )
    }
  }
  const handle = draft.applicationSecret
  if (!makesSecret(draft) && handle !== null && facts.secrets[handle] === undefined) {
    found.push(
      block('The secret of the application is not kept', 'no such secret', 'Enter it again', 'identity'),
    )
  }
  return found
}

const keyBlockers = (ctx: PlanContext): Blocker[] => {
  const { draft, facts, vault, key } = ctx
  const tier = vault.isNew ? draft.tier : (facts.chosenVault?.tier ?? 'premium')
  if (draft.keyMode !== 'use' && draft.keyType === 'RSA-HSM' && tier === 'standard') {
    return [
      block(
        `${vault.name} keeps no keys in hardware`,
        'tier standard',
        'Premium, or a key in software (RSA)',
        'key',
      ),
    ]
  }
  if (vault.isNew) {
    return draft.keyMode === 'use'
      ? [block('A new vault has no key to use', 'Use one that is there', 'Make a key', 'key')]
      : []
  }
  const read = facts.key
  if (read === null || !read.read) {
    // Where the run gives the right first, the step itself looks.
    return draft.operatorRole && draft.keyMode !== 'use'
      ? []
      : [
          block(
            `Keys of ${vault.name} were not read`,
            read?.because ?? 'not asked',
            'The plan needs to know whether the name is free. Key Vault Reader helps, or a network from which the vault answers',
            'key',
          ),
        ]
  }
  const { key: there, deleted } = read.value
  if (draft.keyMode === 'use') {
    const refusal = there === null ? 'not there' : connectorRefusal(there, new Date(facts.readAt))
    return refusal === null
      ? []
      : [block(`SQL Server’s connector can’t use key ${key}`, refusal, 'Another key, or a new one', 'key')]
  }
  if (there !== null) {
    return [
      block(`The name ${key} is taken`, `${read.source}: version ${there.version}`, 'Another name', 'key'),
    ]
  }
  return deleted === null
    ? []
    : [
        block(
          `The name ${key} is held by a deleted key`,
          `until ${deleted.purgeAt?.slice(0, 10) ?? 'not said'}`,
          'Another name, or that key recovered: what it wrapped needs it',
          'key',
        ),
      ]
}

const importBlockers = ({ draft, facts }: PlanContext): Blocker[] => {
  if (draft.keyMode !== 'import') return []
  const { importFiles, secrets } = facts
  if (importFiles === null || !importFiles.read) {
    return [
      block(
        'The folder with the key’s file was not read',
        importFiles?.because ?? 'not picked',
        'Pick it again',
        'key',
      ),
    ]
  }
  const file = importFiles.value.certificate
  return [
    ...(file?.pfx === true
      ? []
      : [
          block(
            `${draft.importFile} is no .pfx with a certificate and its key`,
            file === null ? 'not in the folder' : 'it begins as something else',
            'A .pfx that holds an RSA key of 2,048 or 3,072 bits',
            'key',
          ),
        ]),
    ...(draft.importPassword !== null && secrets[draft.importPassword] === undefined
      ? [block('The password of the file is not kept', 'no such secret', 'Enter it again', 'key')]
      : []),
  ]
}

const placeBlockers = ({ draft, facts }: PlanContext): Blocker[] =>
  draft.keyBackup !== null && facts.backupLabel === null
    ? [block('Your folder for the key’s backup is not known any more', 'not picked', 'Pick it again', 'key')]
    : []
