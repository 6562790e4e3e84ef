import type { RoleAssignment } from '../state/model.ts'
import type { World } from '../world.ts'
import { roleById } from './roles.ts'

const patterns = new Map<string, RegExp>()

/** An action pattern of a role: `*` stands for any run of characters, also slashes. */
export const actionFits = (pattern: string, action: string): boolean => {
  const key = pattern.toLowerCase()
  const known =
    patterns.get(key) ?? new RegExp(`^${key.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
  patterns.set(key, known)
  return known.test(action.toLowerCase())
}

const isWithin = (resource: string, scope: string): boolean =>
  resource === scope || resource.startsWith(scope.endsWith('/') ? scope : `${scope}/`)

/** Propagation is over for the assignment, and for its removal not yet. */
export const isInForce = ({ from, until }: RoleAssignment, now: number): boolean =>
  from <= now && (until === null || now < until)

/** The assignment that allows it; undefined: none does. `resource` is an ARM id in lower case, or of an HSM's own roles. */
export const assignmentFor = (
  world: World,
  principalId: string,
  action: string,
  resource: string,
  kind: 'control' | 'data',
): RoleAssignment | undefined => {
  const now = world.now('arm')
  return world.assignments.all().find((assignment) => {
    if (assignment.principalId !== principalId || !isInForce(assignment, now)) return false
    if (!isWithin(resource, assignment.scope)) return false
    const role = roleById(assignment.role)
    if (role === undefined) return false
    const [granted, withheld] =
      kind === 'control' ? [role.actions, role.notActions] : [role.dataActions, role.notDataActions]
    return (
      granted.some((pattern) => actionFits(pattern, action)) &&
      !withheld.some((pattern) => actionFits(pattern, action))
    )
  })
}

/** The roles that a principal has at a resource, inherited ones too. */
export const rolesAt = (world: World, principalId: string, resource: string): RoleAssignment[] => {
  const now = world.now('arm')
  return world.assignments
    .all()
    .filter(
      (each) => each.principalId === principalId && isInForce(each, now) && isWithin(resource, each.scope),
    )
}

/** Assignments whose removal has come into force are forgotten. Call inside a change. */
export const forgetRemoved = (world: World): void => {
  const now = world.now('arm')
  for (const { id, until } of world.assignments.all())
    if (until !== null && until <= now) world.assignments.delete(id)
}
