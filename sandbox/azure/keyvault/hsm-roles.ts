import { z } from 'zod'
import { refuse, type Reply } from '../http.ts'
import { isInForce } from '../rbac/decide.ts'
import { HSM_ROLES, type Role } from '../rbac/roles.ts'
import type { RoleAssignment } from '../state/model.ts'
import { parseBody } from './attributes.ts'
import { ok, type Context } from './context.ts'
import { refuseParameter, vaultError } from './errors.ts'

/** A managed HSM's own roles: `{scope}/providers/Microsoft.Authorization/…` on its own host. */

const Body = z.looseObject({
  properties: z.looseObject({ roleDefinitionId: z.string(), principalId: z.string() }),
})

/** `/`, `/keys` or `/keys/{name}` as the scope of our assignments. */
const scopeOf = ({ holder }: Context, scope: string): string => {
  if (!/^\/(keys(\/[0-9a-z-]{1,127})?)?$/i.test(scope))
    refuseParameter(`${scope} is no scope of a managed HSM.`)
  return `${holder.id}${scope.toLowerCase()}`
}

const definition = (role: Role): Record<string, unknown> => ({
  id: `/Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${role.id}`,
  name: role.id,
  type: 'Microsoft.Authorization/roleDefinitions',
  properties: {
    roleName: role.name,
    description: role.description,
    type: 'AKVBuiltInRole',
    assignableScopes: ['/'],
    permissions: [
      {
        actions: role.actions,
        notActions: role.notActions,
        dataActions: role.dataActions,
        notDataActions: role.notDataActions,
      },
    ],
  },
})

export const listHsmRoles = (): Reply => ok({ value: HSM_ROLES.map(definition), nextLink: null })

const shown = (each: RoleAssignment): Record<string, unknown> => ({
  id: `${each.scopeShown === '/' ? '' : each.scopeShown}/providers/Microsoft.Authorization/roleAssignments/${each.name}`,
  name: each.name,
  type: 'Microsoft.Authorization/roleAssignments',
  properties: {
    scope: each.scopeShown,
    roleDefinitionId: `Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${each.role}`,
    principalId: each.principalId,
  },
})

const assignmentsOf = ({ world, holder }: Context): RoleAssignment[] => {
  const now = world.now('arm')
  return world.assignments
    .all()
    .filter((each) => each.scope.startsWith(`${holder.id}/`) && (each.until === null || isInForce(each, now)))
}

export const listHsmAssignments = (context: Context, scope: string): Reply => {
  const from = scopeOf(context, scope)
  const filter = context.request.query.get('$filter') ?? ''
  const [, principal] = /principalId eq '([^']+)'/.exec(filter) ?? []
  const found = assignmentsOf(context).filter(
    (each) => each.scope.startsWith(from) && (principal === undefined || each.principalId === principal),
  )
  return ok({ value: found.map(shown), nextLink: null })
}

export const assignHsmRole = (context: Context, scope: string, name: string): Reply => {
  const { world, caller } = context
  const { properties } = parseBody(Body, context.body())
  const role = properties.roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? ''
  if (!HSM_ROLES.some(({ id }) => id === role))
    refuseParameter(`There is no role ${properties.roleDefinitionId}.`)
  const where = scopeOf(context, scope)
  const now = world.now('arm')
  const principalId = properties.principalId.toLowerCase()
  const same = assignmentsOf(context).find(
    (each) =>
      each.scope === where && each.role === role && each.principalId === principalId && each.until === null,
  )
  if (same) refuse(vaultError(409, 'RoleAssignmentExists', 'The role assignment already exists.'))
  const made: RoleAssignment = {
    id: `${where}|${name.toLowerCase()}`,
    name,
    scope: where,
    scopeShown: scope,
    role,
    principalId,
    principalType: 'ServicePrincipal',
    created: now,
    createdBy: caller.objectId,
    from: now + world.settings().rbacDelayMs,
    until: null,
  }
  world.store.change(() => world.assignments.put(made))
  return { status: 201, body: shown(made) }
}

export const removeHsmRole = (context: Context, scope: string, name: string): Reply => {
  const { world } = context
  const where = scopeOf(context, scope)
  const found = assignmentsOf(context).find(
    (each) => each.scope === where && each.name.toLowerCase() === name.toLowerCase() && each.until === null,
  )
  if (found === undefined)
    return refuse(vaultError(404, 'RoleAssignmentNotFound', `The role assignment ${name} was not found.`))
  const until = world.now('arm') + world.settings().rbacDelayMs
  world.store.change(() => world.assignments.put({ ...found, until }))
  return ok(shown(found))
}
