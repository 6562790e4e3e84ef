import * as control from '../../scripts/azure/control.ts'
import { runValue, runValues } from '../../scripts/azure/directory.ts'
import * as vaultCalls from '../../scripts/azure/key-vault.ts'
import { markTag } from '../../ports/key-vault.ts'
import { idOfRun, keyBackupFile } from '../azure/names.ts'
import { hsmRoles, policyRights, rightsFor, roles, rolesThatUseKeys } from '../azure/roles.ts'
import { holdsAt, keyText } from '../azure/words.ts'
import {
  already,
  makesSecret,
  needs,
  nothing,
  together,
  type Part,
  type PlanContext,
} from './plan-context.ts'
import { applicationName, applicationOf, secretOf } from './plan-identity.ts'
import { hasPolicy, lockPart } from './plan-vault.ts'

/** The key (made, imported or there), its backup before anything uses it, the right to use it, the lock of the vault, and the proof. */
export const keyPart = (ctx: PlanContext, grant: Part): Part =>
  together(createPart(ctx, grant), needs(backUp(ctx)), grant, lockPart(ctx), needs(prove(ctx)))

const createPart = (ctx: PlanContext, grant: Part): Part => {
  const { draft, facts, vault, mark, key } = ctx
  if (draft.keyMode === 'use') {
    const found = facts.key
    return found?.read === true && found.value.key !== null
      ? already('Key', {
          statement: `Key ${key} of ${vault.name}: ${found.value.key.type}, ${found.value.key.bits ?? 'not said'} bits`,
          value: `${found.value.key.version}; ${keyText(found.value.key)}`,
          source: found.source,
          at: found.at,
        })
      : nothing
  }
  const { keyType: type } = draft
  const bits = Number(draft.keyBits)
  const expires = draft.keyExpiry === '' ? null : `${draft.keyExpiry}T00:00:00Z`
  const until = expires === null ? 'no expiry' : `until ${draft.keyExpiry} (UTC)`
  const tags = { [markTag]: mark }
  const made = draft.keyMode === 'create'
  return needs({
    ...(made
      ? {
          kind: 'create-vault-key',
          title: `Make key ${key} in ${vault.name}`,
          after: `${type}, ${bits} bits, ${until}; it can never be escrowed`,
          scripts: [vaultCalls.postKey(vault.host, key, { type, bits, expires, tags })],
          params: { host: vault.host, key, type, bits, expires },
          permission: rightOn(ctx, rightsFor.makeKeys.action),
        }
      : {
          kind: 'import-vault-key',
          title: `Import ${draft.importFile} into ${vault.name} as key ${key}`,
          after: `${type}, ${until}; the file stays the copy outside of Azure`,
          scripts: [vaultCalls.putKey(vault.host, key, { type, expires, tags })],
          params: { host: vault.host, key, type, expires, ...importedFile(ctx) },
          permission: rightOn(ctx, rightsFor.importKeys.action),
        }),
    now: 'no such key',
    undo: {
      can: 'until-first',
      of: firstUseOf(grant),
      action: `Delete key ${key}; it stays recoverable, and its name taken, for the vault’s retention`,
      script: vaultCalls.deleteKey(vault.host, key),
      final: true,
    },
    resume: 'marked',
    stopNow: null,
  })
}

const importedFile = ({ draft, facts }: PlanContext) => ({
  place: draft.importFolder ?? '',
  file: draft.importFile,
  sha256: facts.importFiles?.read === true ? (facts.importFiles.value.certificate?.sha256 ?? '') : '',
})

/** What a managed HSM calls a right of its own, where the others name Azure's. */
const rightOn = ({ vault }: PlanContext, action: string): string =>
  vault.service === 'managed-hsm' ? `${hsmRoles.cryptoUser.name} on the managed HSM` : action

/** The first step with which the application can reach the key. */
export const firstUseOf = (grant: Part): 'grant-key-use' | 'prove-wrap' =>
  grant.steps.length > 0 ? 'grant-key-use' : 'prove-wrap'

/** Version that was there when the plan was made; null: this run makes it. */
const versionOf = ({ draft, facts }: PlanContext): string | null =>
  draft.keyMode === 'use' && facts.key?.read === true ? (facts.key.value.key?.version ?? null) : null

const backUp = (ctx: PlanContext): Part['steps'][number] => {
  const { draft, facts, runId, vault, key } = ctx
  const file = keyBackupFile(vault.name, key, runId)
  return {
    kind: 'back-up-vault-key',
    title: `Back key ${key} up to ${file}`,
    now: 'no backup of this run',
    after: `${facts.backupLabel ?? 'your folder'}: ${file}, read again`,
    scripts: [vaultCalls.postKeyBackup(vault.host, key)],
    params: { host: vault.host, key, version: versionOf(ctx), place: draft.keyBackup ?? '', file },
    permission: rightOn(ctx, rightsFor.backUpKeys.action),
    undo: { can: false, because: 'a copy of a key is never deleted by an undo' },
    resume: 'marked',
    stopNow: null,
  }
}

export const useRole = (ctx: PlanContext) =>
  ctx.vault.service === 'managed-hsm'
    ? hsmRoles.cryptoServiceEncryptionUser
    : roles.cryptoServiceEncryptionUser

/** The right of the application. A managed HSM gives its roles itself, and Keyturn does not reach that. */
export const grantPart = (ctx: PlanContext): Part => {
  switch (ctx.rights) {
    case null:
      return nothing
    case 'roles':
      return rolePart(ctx)
    case 'access-policies':
      return policyPart(ctx)
  }
}

const rolePart = (ctx: PlanContext): Part => {
  const { draft, facts, place, runId, vault, key } = ctx
  const keyScope = `${vault.id}/keys/${key}`
  const scope = draft.useScope === 'key' ? keyScope : vault.id
  const name = applicationName(ctx)
  const { id: roleId, name: role } = useRole(ctx)
  const given = facts.given?.assignments
  const found =
    given?.read === true && facts.chosenVault?.rights === 'roles'
      ? given.value.find(
          (one) =>
            holdsAt(one.scope, scope) &&
            rolesThatUseKeys.includes(one.roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? ''),
        )
      : undefined
  if (given !== undefined && found !== undefined) {
    return already('Right of the application', {
      statement: `A role of ${name} that uses key ${key}`,
      value: `on ${found.scope}`,
      source: given.source,
      at: given.at,
    })
  }
  const assignment = idOfRun(runId, 'key use')
  const principal = servicePrincipalOf(ctx) ?? runValue(runValues.principal)
  const principalType = 'ServicePrincipal'
  return needs({
    kind: 'grant-key-use',
    title: `Give ${name} the role ${role}`,
    now: 'no role that reaches the key',
    after: `${role} on ${draft.useScope === 'key' ? `key ${key}` : `every key of ${vault.name}`}: read, wrap, unwrap`,
    scripts: [control.putRoleAssignment(place, scope, assignment, { roleId, principal, principalType })],
    params: {
      how: 'role',
      scope,
      roleId,
      role,
      assignment,
      host: vault.host,
      application: applicationOf(ctx),
    },
    permission: rightsFor.giveRoles.action,
    undo: {
      can: true,
      action: 'Remove this role assignment',
      script: control.deleteRoleAssignment(place, scope, assignment),
    },
    resume: 'named',
    stopNow: null,
  })
}

const servicePrincipalOf = ({ draft, facts }: PlanContext): string | null =>
  draft.applicationMode === 'use' && facts.application?.read === true
    ? (facts.application.value?.servicePrincipal?.objectId ?? null)
    : null

const policyPart = (ctx: PlanContext): Part => {
  const { facts, place, vault } = ctx
  const name = applicationName(ctx)
  const principal = servicePrincipalOf(ctx)
  const keys = [...policyRights.use]
  if (
    principal !== null &&
    facts.chosenVault?.rights === 'access-policies' &&
    hasPolicy(facts.chosenVault, principal, keys)
  ) {
    return already('Right of the application', {
      statement: `Access policy of ${name} in ${vault.name}`,
      value: keys.join(', '),
      source: facts.vaults.source,
      at: facts.vaults.at,
    })
  }
  const policy = {
    tenant: facts.identity.tenantId,
    principal: principal ?? runValue(runValues.principal),
    keys,
  }
  return needs({
    kind: 'grant-key-use',
    title: `Give ${name} an access policy in ${vault.name}`,
    now: 'no policy that reaches the key',
    after: `${keys.join(', ')}, for every key of the vault`,
    scripts: [control.putAccessPolicy(place, vault.group, vault.name, 'add', policy)],
    params: {
      how: 'policy',
      group: vault.group,
      vault: vault.name,
      keys,
      host: vault.host,
      application: applicationOf(ctx),
    },
    permission: rightsFor.writeVault.action,
    undo: {
      can: true,
      action: 'Take these rights away again',
      script: control.putAccessPolicy(place, vault.group, vault.name, 'remove', policy),
    },
    resume: 'named',
    stopNow: null,
  })
}

const prove = (ctx: PlanContext): Part['steps'][number] => {
  const { draft, facts, place, vault, key } = ctx
  const name = applicationName(ctx)
  return {
    kind: 'prove-wrap',
    title: `Prove that ${name} can use key ${key}`,
    now: 'not tried',
    after: `signed in as ${name}; 32 random bytes wrapped and unwrapped in the vault, and compared`,
    scripts: [
      vaultCalls.postSignIn(place.cloud, facts.identity.tenantId, applicationOf(ctx), vault.host),
      ...vaultCalls.postProbe(vault.host, key, versionOf(ctx)),
    ],
    params: {
      host: vault.host,
      key,
      version: versionOf(ctx),
      application: applicationOf(ctx),
      secret: makesSecret(draft) ? secretOf(ctx, name).label : null,
      needs: { role: useRole(ctx).name, on: `key ${key} of ${vault.name}` },
    },
    permission: `${useRole(ctx).name}, as ${name}`,
    undo: {
      can: false,
      because: 'it changes nothing; lines stay in the log of the vault',
      leaves: 'nothing',
    },
    resume: 'named',
    stopNow: { leaves: 'Nothing was changed by this step; the right stays given' },
  }
}
