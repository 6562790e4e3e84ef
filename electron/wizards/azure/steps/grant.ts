import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../engine/contract.ts'
import type {
  AccessPolicy,
  AzureControl,
  PrincipalType,
  RoleAssignment,
} from '../../../ports/azure-control.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { rolesThatUseKeys } from '../roles.ts'
import { holdsAt, sameId } from '../words.ts'
import { findPrincipal, principalOf } from './application.ts'
import {
  line,
  notAllowedYet,
  openControl,
  openDirectory,
  unless,
  waitFor,
  withVault,
  type Waiting,
} from './help.ts'

/** A right for one principal, by a role or by an access policy: two steps differ only in whom they are for. */
type Grant = ParamsOf<'grant-key-use'> | ParamsOf<'grant-operator'>
interface Holder {
  id: string
  type: PrincipalType
  name: string
}

const byRole = async (
  control: AzureControl,
  grant: Extract<Grant, { how: 'role' }>,
  holder: Holder,
): Promise<RoleAssignment | null> => {
  const given = await control.roleAssignments(grant.scope, holder.id)
  const own = given.find(({ id }) => sameId(id.split('/').at(-1) ?? '', grant.assignment))
  return own ?? given.find((one) => holdsAt(one.scope, grant.scope) && serves(one, grant.roleId)) ?? null
}

/** The role itself, or for the use of a key one that holds more. */
const serves = ({ roleDefinitionId }: RoleAssignment, wanted: string): boolean => {
  const role = roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? ''
  return role === wanted || (wanted === rolesThatUseKeys[0] && rolesThatUseKeys.includes(role))
}

/** What of the wished rights the principal has not; null: no such vault. */
const missingRights = async (
  control: AzureControl,
  grant: Extract<Grant, { how: 'policy' }>,
  holder: Holder,
): Promise<{ missing: string[]; held: string[] } | null> => {
  const settings = await control.vault(grant.group, grant.vault)
  if (settings === null) return null
  const held = settings.accessPolicies
    .filter(({ objectId }) => sameId(objectId, holder.id))
    .flatMap(({ keys }) => keys.map((key) => key.toLowerCase()))
  return { held, missing: held.includes('all') ? [] : grant.keys.filter((key) => !held.includes(key)) }
}

const checkGrant = async (ctx: StepContext, grant: Grant, holder: Holder | null): Promise<CheckResult> => {
  if (holder === null) return needed({ held: [] })
  const control = await openControl(ctx)
  if (grant.how === 'role') {
    const found = await byRole(control, grant, holder)
    return found === null ? needed({ held: [] }) : satisfied({ held: [] })
  }
  const rights = await missingRights(control, grant, holder)
  // What it held before is not taken away by an undo.
  const before = { held: heldBefore(ctx) ?? rights?.held ?? [] }
  return rights !== null && rights.missing.length === 0 ? satisfied(before) : needed(before)
}

/** Rights of the principal that the record holds from before this run's first attempt. */
const heldBefore = ({ before }: StepContext): string[] | null =>
  typeof before === 'object' && before !== null && 'held' in before && Array.isArray(before.held)
    ? before.held.map(String)
    : null

const policyOf = (control: AzureControl, { id }: Holder, keys: readonly string[]): AccessPolicy => ({
  tenantId: control.identity.tenantId,
  objectId: id,
  keys,
})

const give = async (ctx: StepContext, grant: Grant, holder: Holder): Promise<void> => {
  const control = await openControl(ctx)
  if (grant.how === 'policy') {
    await control.changeAccessPolicy(grant.group, grant.vault, {
      how: 'add',
      policy: policyOf(control, holder, grant.keys),
    })
    return
  }
  await control.assignRole(
    {
      name: grant.assignment,
      scope: grant.scope,
      roleId: grant.roleId,
      principalId: holder.id,
      principalType: holder.type,
    },
    {
      signal: ctx.signal,
      onWait: ({ attempt }) =>
        ctx.progress({
          percent: null,
          message: `Waiting for Azure to know ${holder.name}: tried ${attempt} times`,
        }),
    },
  )
}

const readBack = async (
  ctx: StepContext,
  waiting: Waiting,
  grant: Grant,
  holder: Holder,
): Promise<Evidence> => {
  const control = await openControl(ctx)
  if (grant.how === 'role') {
    const found = await waitFor(ctx, waiting, 'Azure to show the role', () => byRole(control, grant, holder))
    if (found === null) throw notVerified(ctx, `Azure shows no role ${grant.role} of ${holder.name}`)
    return line(
      ctx,
      `role assignments at ${grant.scope}`,
      `${grant.role} for ${holder.name}`,
      `on ${found.scope}`,
      {
        principal: holder.id,
        assignment: found.id,
      },
    )
  }
  const rights = await missingRights(control, grant, holder)
  if (rights === null || rights.missing.length > 0) {
    throw notVerified(
      ctx,
      rights === null ? `there is no vault ${grant.vault}` : `the policy lacks ${rights.missing.join(', ')}`,
    )
  }
  return line(
    ctx,
    `access policies of ${grant.vault}`,
    `Access policy for ${holder.name}`,
    grant.keys.join(', '),
    {
      principal: holder.id,
    },
  )
}

const takeBack = async (ctx: StepContext, grant: Grant, holder: Holder): Promise<Evidence> => {
  const control = await openControl(ctx)
  if (grant.how === 'role') {
    await control.removeRoleAssignment(
      `${grant.scope}/providers/Microsoft.Authorization/roleAssignments/${grant.assignment}`,
    )
    return line(ctx, `role assignments at ${grant.scope}`, `Role removed from ${holder.name}`, grant.role)
  }
  const held = heldBefore(ctx) ?? []
  const added = grant.keys.filter((key) => !held.includes(key))
  if (added.length > 0) {
    await control.changeAccessPolicy(grant.group, grant.vault, {
      how: 'remove',
      policy: policyOf(control, holder, added),
    })
  }
  return line(
    ctx,
    `access policies of ${grant.vault}`,
    `Rights taken from ${holder.name}`,
    added.join(', ') || 'none',
  )
}

/** Resume: named, by an id that is made from the run's; the rights of a policy are added to what is there. */
export const grantKeyUseStep = (waiting: Waiting): StepHandler => {
  const find = async (ctx: StepContext): Promise<Holder | null> => {
    const { application } = readParams('grant-key-use', ctx.step.params)
    const found = await findPrincipal(ctx, await openDirectory(ctx), application)
    return found === null ? null : { id: found.objectId, type: 'ServicePrincipal', name: found.name }
  }
  const must = async (ctx: StepContext): Promise<Holder> => {
    const { application } = readParams('grant-key-use', ctx.step.params)
    const found = await principalOf(ctx, await openDirectory(ctx), application)
    return { id: found.objectId, type: 'ServicePrincipal', name: found.name }
  }
  const grantOf = (ctx: StepContext) => readParams('grant-key-use', ctx.step.params)
  return {
    check: async (ctx) => checkGrant(ctx, grantOf(ctx), await find(ctx)),
    apply: async (ctx) => give(ctx, grantOf(ctx), await must(ctx)),
    verify: async (ctx) => ({
      evidence: [await readBack(ctx, waiting, grantOf(ctx), await must(ctx))],
      proofs: [],
    }),
    undo: async (ctx) => [await takeBack(ctx, grantOf(ctx), await must(ctx))],
  }
}

/** For the account that is signed in. A role takes minutes to work; the step ends when the vault lets it read keys. */
export const grantOperatorStep = (waiting: Waiting): StepHandler => {
  const grantOf = (ctx: StepContext) => readParams('grant-operator', ctx.step.params)
  const holderOf = async (ctx: StepContext): Promise<Holder> => {
    const grant = grantOf(ctx)
    const { principal } = await openControl(ctx)
    return {
      id: grant.principal,
      type: grant.how === 'role' ? grant.principalType : 'User',
      name: principal.name ?? principal.objectId,
    }
  }
  return {
    check: async (ctx) => checkGrant(ctx, grantOf(ctx), await holderOf(ctx)),
    apply: async (ctx) => give(ctx, grantOf(ctx), await holderOf(ctx)),
    verify: async (ctx) => {
      const grant = grantOf(ctx)
      const holder = await holderOf(ctx)
      const given = await readBack(ctx, waiting, grant, holder)
      const tolerant = unless(notAllowedYet)
      const keys = await waitFor(ctx, waiting, `${grant.host} to let ${holder.name} in`, () =>
        tolerant(withVault(ctx, grant.host, (vault) => vault.keys())),
      )
      if (keys === null) throw notVerified(ctx, `${grant.host} still refuses its keys to ${holder.name}`)
      return {
        evidence: [
          given,
          line(ctx, grant.host, 'The vault lets you read its keys; keys there', String(keys.length)),
        ],
        proofs: [],
      }
    },
    undo: async (ctx) => [await takeBack(ctx, grantOf(ctx), await holderOf(ctx))],
  }
}
