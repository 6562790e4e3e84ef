import { z } from 'zod'
import { describe, notSimulated, type Reply } from '../http.ts'
import { forgetRemoved, rolesAt } from '../rbac/decide.ts'
import { DATA_ACCESS_ADMINISTRATOR, roleById, ROLES, type Role } from '../rbac/roles.ts'
import type { RoleAssignment } from '../state/model.ts'
import { allow, armList, ok, parseArm, type ArmContext } from './context.ts'
import { refuseArm } from './errors.ts'

const Body = z.looseObject({
  properties: z.looseObject({
    roleDefinitionId: z.string(),
    principalId: z.string(),
    principalType: z.string().nullish(),
    condition: z.string().nullish(),
  }),
})
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const action = (what: string): string => `Microsoft.Authorization/roleAssignments/${what}`
const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

const assignmentShape = (each: RoleAssignment): Record<string, unknown> => ({
  id: `${each.scopeShown}/providers/Microsoft.Authorization/roleAssignments/${each.name}`,
  name: each.name,
  type: 'Microsoft.Authorization/roleAssignments',
  properties: {
    roleDefinitionId: `/${each.scopeShown.split('/').slice(1, 3).join('/')}/providers/Microsoft.Authorization/roleDefinitions/${each.role}`,
    principalId: each.principalId,
    principalType: each.principalType,
    scope: each.scopeShown,
    condition: null,
    conditionVersion: null,
    createdOn: time(each.created),
    updatedOn: time(each.created),
    createdBy: each.createdBy,
    updatedBy: each.createdBy,
    delegatedManagedIdentityResourceId: null,
    description: null,
  },
})

/** What a caller sees: removed ones are gone at once, although their rights may last a little. */
const listed = ({ world }: ArmContext): RoleAssignment[] =>
  world.assignments.all().filter(({ until, scope }) => until === null && scope.startsWith('/'))

/** `{scope}/providers/Microsoft.Authorization/roleAssignments[/{name}]` */
export const answerRoleAssignments = (
  context: ArmContext,
  scope: string,
  name: string | undefined,
): Reply => {
  const { request, world } = context
  if (name === undefined)
    return request.method === 'GET' ? listAssignments(context, scope) : notSimulated(describe(request))
  const at = scope.toLowerCase()
  const found = listed(context).find(
    (each) => each.scope === at && each.name.toLowerCase() === name.toLowerCase(),
  )
  switch (request.method) {
    case 'GET':
      allow(context, action('read'), scope)
      return found
        ? ok(assignmentShape(found))
        : refuseArm(404, 'RoleAssignmentNotFound', `The role assignment '${name}' is not found.`)
    case 'PUT':
      return putAssignment(context, scope, name)
    case 'DELETE': {
      const by = allow(context, action('delete'), scope)
      if (found === undefined) return { status: 204 }
      checkAssignable(context, by, roleById(found.role))
      const until = world.now('arm') + world.settings().rbacDelayMs
      world.store.change(() => {
        world.assignments.put({ ...found, until })
        forgetRemoved(world)
      })
      return ok(assignmentShape(found))
    }
  }
  return notSimulated(describe(request))
}

const listAssignments = (context: ArmContext, scope: string): Reply => {
  allow(context, action('read'), scope)
  const at = scope.toLowerCase()
  const filter = context.request.query.get('$filter') ?? ''
  const [, principal] =
    /(?:principalId eq '([^']+)'|assignedTo\('([^']+)'\))/i
      .exec(filter)
      ?.filter((each) => each !== undefined) ?? []
  const isAbove = (each: RoleAssignment): boolean => at === each.scope || at.startsWith(`${each.scope}/`)
  const isBelow = (each: RoleAssignment): boolean => each.scope.startsWith(`${at}/`)
  const found = listed(context).filter(
    (each) =>
      (isAbove(each) || (!/atScope\(\)/i.test(filter) && isBelow(each))) &&
      (principal === undefined || each.principalId === principal.toLowerCase()),
  )
  return armList(context, found.map(assignmentShape))
}

const putAssignment = (context: ArmContext, scope: string, name: string): Reply => {
  const { world, caller } = context
  const by = allow(context, action('write'), scope)
  if (!GUID.test(name))
    refuseArm(
      400,
      'InvalidRoleAssignmentId',
      `The role assignment ID '${name}' is not valid. It must be a GUID.`,
    )
  const { properties } = parseArm(Body, context.body())
  if (properties.condition) return notSimulated('conditions of role assignments')
  const role = roleById(properties.roleDefinitionId.split('/').at(-1) ?? '')
  if (role === undefined || !ROLES.includes(role))
    return refuseArm(
      404,
      'RoleDefinitionDoesNotExist',
      `The specified role definition with ID '${properties.roleDefinitionId}' does not exist.`,
    )
  checkAssignable(context, by, role)
  const principalId = properties.principalId.toLowerCase()
  checkPrincipal(context, principalId, properties.principalType ?? null)
  const at = scope.toLowerCase()
  const same = listed(context).find(
    (each) =>
      each.scope === at &&
      (each.name.toLowerCase() === name.toLowerCase() ||
        (each.principalId === principalId && each.role === role.id)),
  )
  if (same)
    refuseArm(
      409,
      'RoleAssignmentExists',
      `The role assignment already exists. The ID of the existing role assignment is ${same.name.replaceAll('-', '')}.`,
    )
  const now = world.now('arm')
  const made: RoleAssignment = {
    id: `${at}|${name.toLowerCase()}`,
    name,
    scope: at,
    scopeShown: scope,
    role: role.id,
    principalId,
    principalType:
      properties.principalType ??
      (world.principals.get(principalId)?.kind === 'user' ? 'User' : 'ServicePrincipal'),
    created: now,
    createdBy: caller.objectId,
    from: now + world.settings().rbacDelayMs,
    until: null,
  }
  world.store.change(() => world.assignments.put(made))
  return { status: 201, body: assignmentShape(made) }
}

/** The condition that comes with Key Vault Data Access Administrator: roles for keys, not for the vault itself. */
const checkAssignable = ({ caller }: ArmContext, by: RoleAssignment, role: Role | undefined): void => {
  if (by.role === DATA_ACCESS_ADMINISTRATOR && role?.dataActions.length === 0)
    refuseArm(
      403,
      'AuthorizationFailed',
      `The client '${caller.appId}' may assign and remove the data plane roles of Key Vault only.`,
    )
}

/** Who says what kind of principal it is, is believed; otherwise the directory must know it already. */
const checkPrincipal = ({ world }: ArmContext, id: string, type: string | null): void => {
  const known = world.principals.get(id)
  if (known && (type !== null || known.created + world.settings().directoryDelayMs <= world.now('arm')))
    return
  if (type === 'ServicePrincipal' && !known && GUID.test(id)) return
  refuseArm(
    400,
    'PrincipalNotFound',
    `Principal ${id.replaceAll('-', '')} does not exist in the directory ${world.tenant.id}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype`,
  )
}

const definitionShape = (role: Role, scope: string): Record<string, unknown> => ({
  id: `${/^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? ''}/providers/Microsoft.Authorization/roleDefinitions/${role.id}`,
  name: role.id,
  type: 'Microsoft.Authorization/roleDefinitions',
  properties: {
    roleName: role.name,
    type: 'BuiltInRole',
    description: role.description,
    assignableScopes: ['/'],
    permissions: [permissionShape(role)],
  },
})

const permissionShape = ({
  actions,
  notActions,
  dataActions,
  notDataActions,
}: Role): Record<string, unknown> => ({
  actions,
  notActions,
  dataActions,
  notDataActions,
})

/** `{scope}/providers/Microsoft.Authorization/roleDefinitions[/{id}]` */
export const answerRoleDefinitions = (context: ArmContext, scope: string, id: string | undefined): Reply => {
  const { request } = context
  if (request.method !== 'GET') return notSimulated(describe(request))
  if (id !== undefined) {
    const found = ROLES.find((role) => role.id === id.toLowerCase())
    return found
      ? ok(definitionShape(found, scope))
      : refuseArm(
          404,
          'RoleDefinitionDoesNotExist',
          `The specified role definition with ID '${id}' does not exist.`,
        )
  }
  allow(context, 'Microsoft.Authorization/roleDefinitions/read', scope)
  const filter = request.query.get('$filter') ?? ''
  const [, name] = /roleName eq '([^']+)'/i.exec(filter) ?? []
  const custom = /type eq 'CustomRole'/i.test(filter)
  const roles = custom ? [] : ROLES.filter((role) => name === undefined || role.name === name)
  return armList(
    context,
    roles.map((role) => definitionShape(role, scope)),
  )
}

/** What the caller may do here: one entry for each of its roles. */
export const answerPermissions = (context: ArmContext, scope: string): Reply => {
  const { world, caller, request } = context
  if (request.method !== 'GET') return notSimulated(describe(request))
  const roles = rolesAt(world, caller.objectId, scope.toLowerCase()).flatMap(
    ({ role }) => roleById(role) ?? [],
  )
  return armList(context, roles.map(permissionShape))
}
