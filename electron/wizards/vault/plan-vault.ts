import type { Evidence } from '../../../shared/model/evidence.ts'
import type { ResourceLock, VaultSettings } from '../../ports/azure-control.ts'
import * as control from '../../scripts/azure/control.ts'
import { markTag } from '../../ports/key-vault.ts'
import { idOfRun, nameOfRun } from '../azure/names.ts'
import { permits, policyRights, rightsFor, roles } from '../azure/roles.ts'
import { networkText, principalText, rightsText, sameId, sameNetwork } from '../azure/words.ts'
import type { Draftstep, UndoPlan } from '../sqlserver/plan-parts.ts'
import {
  already,
  needs,
  nothing,
  together,
  wantedNetwork,
  type Part,
  type PlanContext,
} from './plan-context.ts'

/** Group, vault, settings, log, and the operator's own right on the keys. */
export const vaultPart = (ctx: PlanContext, firstUse: 'grant-key-use' | 'prove-wrap'): Part =>
  together(
    groupPart(ctx),
    ctx.vault.isNew ? needs(createVault(ctx, firstUse)) : settingsPart(ctx),
    logPart(ctx),
    operatorPart(ctx),
  )

const groupPart = ({ draft, place, mark, vault }: PlanContext): Part => {
  if (!vault.isNew || draft.groupMode !== 'create') return nothing
  const { newGroup: group, region } = draft
  return needs({
    kind: 'create-resource-group',
    title: `Create resource group ${group}`,
    now: 'no such group',
    after: `${group} in ${region}`,
    scripts: [control.putGroup(place, group, { region, tags: { [markTag]: mark } })],
    params: { group, region },
    permission: rightsFor.makeGroup.action,
    undo: {
      can: false,
      because: 'deleting a resource group deletes everything in it, so Keyturn never does',
    },
    resume: 'named',
    stopNow: null,
  })
}

/** Until the application may use a key, nothing depends on what this run made. */
const untilUsed = (
  of: 'grant-key-use' | 'prove-wrap',
  action: string,
  script: Draftstep['scripts'][number],
): UndoPlan => ({ can: 'until-first', of, action, script, final: true })

const createVault = (ctx: PlanContext, firstUse: 'grant-key-use' | 'prove-wrap'): Draftstep => {
  const { draft, facts, place, mark, vault } = ctx
  const { region, tier, retentionDays, purgeProtection } = draft
  const rights = ctx.rights ?? 'roles'
  const network = wantedNetwork(draft) ?? everyNetwork
  const body = { region, tier, rights, retentionDays, purgeProtection, network }
  return {
    kind: 'create-vault',
    title: `Create key vault ${vault.name}`,
    now: 'no such vault',
    after: [
      `${tier}, ${region}, ${rightsText(rights)}`,
      `${retentionDays} days retention, purge protection ${purgeProtection ? 'on' : 'off'}`,
      networkText(network),
    ].join('; '),
    scripts: [
      control.putVault(place, vault.group, vault.name, {
        ...body,
        tenant: facts.identity.tenantId,
        policies: [],
        tags: { [markTag]: mark },
      }),
    ],
    params: { group: vault.group, vault: vault.name, ...body, network: copyOf(network) },
    permission: rightsFor.writeVault.action,
    undo: untilUsed(
      firstUse,
      `Delete vault ${vault.name}; it stays recoverable, and its name taken, for ${retentionDays} days`,
      control.deleteVault(place, vault.group, vault.name),
    ),
    resume: 'named',
    stopNow: null,
  }
}

const everyNetwork = {
  publicAccess: true,
  otherwise: 'allow',
  trustedServices: true,
  addresses: [],
  subnets: [],
} as const

const copyOf = (network: NonNullable<ReturnType<typeof wantedNetwork>> | typeof everyNetwork) => ({
  ...network,
  addresses: [...network.addresses],
  subnets: [...network.subnets],
})

const read = (ctx: PlanContext, statement: string, value: string): Evidence => ({
  statement,
  value,
  source: ctx.facts.vaults.source,
  at: ctx.facts.vaults.at,
})

/** A vault that is there, against what is wished: each setting is right, or becomes a step. */
const settingsPart = (ctx: PlanContext): Part => {
  const settings = ctx.facts.chosenVault
  if (settings === null) return nothing
  return together(
    ctx.draft.purgeProtection ? purgePart(ctx, settings) : nothing,
    rightsPart(ctx, settings),
    networkPart(ctx, settings),
  )
}

const changeOf = (ctx: PlanContext) => ({ group: ctx.vault.group, vault: ctx.vault.name })
const changePermission = rightsFor.writeVault.action

const purgePart = (ctx: PlanContext, settings: VaultSettings): Part => {
  const { place, vault } = ctx
  if (settings.purgeProtection) {
    return already('Purge protection', read(ctx, `Purge protection of ${vault.name}`, 'on'))
  }
  return needs({
    kind: 'change-vault',
    title: `Turn purge protection of ${vault.name} on`,
    now: 'off: whoever may purge can remove a deleted key at once',
    after: 'on, for good',
    scripts: [control.patchVault(place, vault.group, vault.name, { purgeProtection: true })],
    params: { what: 'purge-protection', ...changeOf(ctx) },
    permission: changePermission,
    undo: { can: false, because: 'purge protection can never be turned off, not by Microsoft either' },
    resume: 'named',
    stopNow: null,
  })
}

const rightsPart = (ctx: PlanContext, settings: VaultSettings): Part => {
  const { place, vault } = ctx
  const wanted = ctx.rights
  if (wanted === null || wanted === settings.rights) {
    return already('How rights are given', read(ctx, `Rights in ${vault.name}`, rightsText(settings.rights)))
  }
  const patch = (rights: 'roles' | 'access-policies') =>
    control.patchVault(place, vault.group, vault.name, { rights })
  return needs({
    kind: 'change-vault',
    title: `Give rights in ${vault.name} by ${rightsText(wanted)}`,
    now: `${rightsText(settings.rights)}${
      settings.rights === 'access-policies' ? `, ${settings.accessPolicies.length} of them` : ''
    }`,
    after: `${rightsText(wanted)}; the others stop working at once`,
    scripts: [patch(wanted)],
    params: { what: 'rights', ...changeOf(ctx), rights: wanted, was: settings.rights },
    permission: `${changePermission}, ${rightsFor.giveRoles.action}`,
    undo: {
      can: true,
      action: `Give them by ${rightsText(settings.rights)} again`,
      script: patch(settings.rights),
    },
    resume: 'before-image',
    stopNow: null,
  })
}

const networkPart = (ctx: PlanContext, settings: VaultSettings): Part => {
  const { draft, place, vault } = ctx
  const network = wantedNetwork(draft)
  const title = 'Who reaches the vault'
  if (network === null || sameNetwork(network, settings.network)) {
    return already(title, read(ctx, `Networks of ${vault.name}`, networkText(settings.network)))
  }
  return needs({
    kind: 'change-vault',
    title: `Change who reaches ${vault.name}`,
    now: networkText(settings.network),
    after: networkText(network),
    scripts: [control.patchVault(place, vault.group, vault.name, { network })],
    params: { what: 'network', ...changeOf(ctx), network: copyOf(network), was: copyOf(settings.network) },
    permission: changePermission,
    undo: {
      can: true,
      action: `Let them in as before: ${networkText(settings.network)}`,
      script: control.patchVault(place, vault.group, vault.name, { network: settings.network }),
    },
    resume: 'before-image',
    stopNow: null,
  })
}

/** A lock that keeps from deleting, at the vault or above it. */
const guarding = (locks: readonly ResourceLock[]): ResourceLock | undefined =>
  locks.find(({ level }) => level === 'CanNotDelete' || level === 'ReadOnly')

/**
 * Stands behind everything that an undo deletes at the vault: Azure deletes neither a role assignment nor a diagnostic
 * setting under a lock, and an undo goes backward.
 */
export const lockPart = (ctx: PlanContext): Part => {
  const { draft, facts, place, runId, mark, vault } = ctx
  if (!draft.lock) return nothing
  const locks = facts.vault?.locks
  const found = locks?.read === true ? guarding(locks.value) : undefined
  if (locks !== undefined && found !== undefined) {
    return already('Lock against deleting', {
      statement: `${found.level} lock that holds for ${vault.name}`,
      value: sameId(found.scope, vault.id) ? found.name : `${found.name}, on ${found.scope}`,
      source: locks.source,
      at: locks.at,
    })
  }
  const lock = nameOfRun('keyturn-no-delete', runId)
  const notes = `Keys of SQL Server are in this vault. Set by Keyturn, run ${mark}`
  return needs({
    kind: 'lock-vault',
    title: `Lock ${vault.name} against deleting`,
    now: 'no lock',
    after: `CanNotDelete lock ${lock}; keys in the vault can still be deleted by who may`,
    scripts: [control.putLock(place, vault.id, lock, notes)],
    params: { scope: vault.id, lock, notes },
    permission: rightsFor.lock.action,
    undo: { can: true, action: `Take lock ${lock} off`, script: control.deleteLock(place, vault.id, lock) },
    resume: 'named',
    stopNow: null,
  })
}

const logPart = (ctx: PlanContext): Part => {
  const { draft, facts, place, runId, vault } = ctx
  if (draft.log === 'none') return nothing
  const to = {
    workspaceId: draft.log === 'workspace' ? draft.logDestination : null,
    storageAccountId: draft.log === 'storage' ? draft.logDestination : null,
  }
  const settings = facts.vault?.diagnostics
  const found =
    settings?.read === true
      ? settings.value.find(
          (one) =>
            sameId(one.workspaceId ?? one.storageAccountId ?? '', draft.logDestination) && audits(one.logs),
        )
      : undefined
  if (settings !== undefined && found !== undefined) {
    return already('Log of who used the keys', {
      statement: `Audit log of ${vault.name} goes to ${lastPart(draft.logDestination)}`,
      value: found.name,
      source: settings.source,
      at: settings.at,
    })
  }
  const setting = nameOfRun('keyturn-audit', runId)
  return needs({
    kind: 'send-vault-log',
    title: `Send the audit log of ${vault.name} to ${lastPart(draft.logDestination)}`,
    now: 'not sent there',
    after: `diagnostic setting ${setting}: each use of a key within about 10 minutes`,
    scripts: [control.putLog(place, vault.id, setting, to)],
    params: { scope: vault.id, setting, ...to },
    permission: rightsFor.sendLog.action,
    undo: {
      can: true,
      action: `Remove diagnostic setting ${setting}; what was logged stays`,
      script: control.deleteLog(place, vault.id, setting),
    },
    resume: 'named',
    stopNow: null,
  })
}

const audits = (logs: readonly { name: string; on: boolean }[]): boolean =>
  logs.some(({ name, on }) => on && /^(audit|alllogs|auditevent)$/i.test(name))

const lastPart = (id: string): string => id.split('/').at(-1) ?? id

/** Whether the operator's roles hold for the keys already; under policies, whether one names them. */
export const mayMakeKeys = ({ facts, rights, vault }: PlanContext): boolean | null => {
  if (vault.service === 'managed-hsm' || rights === null) return null
  if (rights === 'access-policies') {
    if (vault.isNew) return false
    if (facts.chosenVault?.rights !== 'access-policies') return false
    return hasPolicy(facts.chosenVault, facts.principal.objectId, ['get', 'create', 'backup'])
  }
  const permissions = facts.rights?.permissions
  return permissions?.read === true
    ? [rightsFor.readKeys, rightsFor.makeKeys, rightsFor.backUpKeys].every((right) =>
        permits(permissions.value, right),
      )
    : null
}

export const hasPolicy = (
  { accessPolicies }: VaultSettings,
  principal: string,
  keys: readonly string[],
): boolean => {
  const held = accessPolicies
    .filter(({ objectId }) => sameId(objectId, principal))
    .flatMap((policy) => policy.keys.map((key) => key.toLowerCase()))
  return held.includes('all') || keys.every((key) => held.includes(key))
}

const operatorPart = (ctx: PlanContext): Part => {
  const { draft, facts, place, runId, vault, rights } = ctx
  if (!draft.operatorRole || rights === null) return nothing
  const who = principalText(facts.principal)
  const principal = facts.principal.objectId
  if (mayMakeKeys(ctx) === true) {
    return already('Your right to make keys', {
      statement: `${who} may read, make and back up keys in ${vault.name}`,
      value: rightsText(rights),
      source: facts.rights?.permissions.source ?? facts.vaults.source,
      at: facts.rights?.permissions.at ?? facts.vaults.at,
    })
  }
  const common = {
    now: 'may not make keys in it',
    resume: 'named',
    stopNow: { leaves: 'The right is given, and may not work yet' },
  } as const
  if (rights === 'access-policies') {
    const keys = [...policyRights.make]
    const policy = { tenant: facts.identity.tenantId, principal, keys }
    return needs({
      ...common,
      kind: 'grant-operator',
      title: `Let ${who} make keys in ${vault.name}`,
      after: `access policy: ${keys.join(', ')}; it stays after the run`,
      scripts: [control.putAccessPolicy(place, vault.group, vault.name, 'add', policy)],
      params: { how: 'policy', ...changeOf(ctx), keys, host: vault.host, principal },
      permission: changePermission,
      undo: vault.isNew
        ? goesWithVault
        : {
            can: true,
            action: 'Take these rights away again',
            script: control.putAccessPolicy(place, vault.group, vault.name, 'remove', policy),
          },
    })
  }
  const assignment = idOfRun(runId, 'operator')
  const { id: roleId, name: role } = roles.cryptoOfficer
  const principalType = facts.principal.kind === 'user' ? 'User' : 'ServicePrincipal'
  return needs({
    ...common,
    kind: 'grant-operator',
    title: `Give ${who} the role ${role} on ${vault.name}`,
    after: `${role} on this vault; it stays after the run`,
    scripts: [control.putRoleAssignment(place, vault.id, assignment, { roleId, principal, principalType })],
    params: {
      how: 'role',
      scope: vault.id,
      roleId,
      role,
      assignment,
      host: vault.host,
      principal,
      principalType,
    },
    permission: rightsFor.giveRoles.action,
    undo: vault.isNew
      ? goesWithVault
      : {
          can: true,
          action: 'Remove this role assignment',
          script: control.deleteRoleAssignment(place, vault.id, assignment),
        },
  })
}

/** Without it, an undo of the vault could not look whether somebody's key is in it. */
const goesWithVault: UndoPlan = { can: false, because: 'it goes with the vault', leaves: 'nothing' }
