import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { AzureControl, PermissionGroup } from '../../ports/azure-control.ts'
import { until } from './call.ts'
import type { ControlClients } from './control-clients.ts'
import { checkedId, checkedScope } from './control-names.ts'
import { assignmentOf, permissionsOf, roleOf } from './control-values.ts'
import { objectIn } from './pipeline.ts'
import { orNull } from './values.ts'

type Rights = Pick<
  AzureControl,
  'roles' | 'roleAssignments' | 'assignRole' | 'removeRoleAssignment' | 'ownPermissions'
>

/** Roles, who has them, and what the signed-in principal itself may do. */
export const rightsOf = ({ ask, one, list, authorization, signedIn }: ControlClients): Rights => {
  const { name: target, subscriptionId } = signedIn.connection
  const scopeIn = (scope: string): string => checkedScope(scope, subscriptionId, target)
  /** The library puts a slash before a scope. */
  const bare = (scope: string): string => scopeIn(scope).slice(1)
  return {
    roles: async (scope, options) => {
      const path = bare(scope)
      const asked = { what: 'listing roles', permission: 'Microsoft.Authorization/roleDefinitions/read' }
      const found = await list(asked, options, (given) => authorization.roleDefinitions.list(path, given))
      return found.map(roleOf)
    },
    roleAssignments: async (scope, principalId, options) => {
      const path = bare(scope)
      const asked = {
        what: 'listing role assignments',
        permission: 'Microsoft.Authorization/roleAssignments/read',
      }
      const filter =
        principalId === null
          ? 'atScope()'
          : `assignedTo('${checkedId(principalId, 'the principal', target)}')`
      const found = await list(asked, options, (given) =>
        authorization.roleAssignments.listForScope(path, { ...given, filter }),
      )
      return found.map(assignmentOf)
    },
    assignRole: async (request, options) => {
      const path = bare(request.scope)
      checkedId(request.name, 'the name of the assignment', target)
      checkedId(request.roleId, 'the role', target)
      checkedId(request.principalId, 'the principal', target)
      const what = 'assigning a role'
      const parameters = {
        roleDefinitionId: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${request.roleId}`,
        principalId: request.principalId,
        principalType: request.principalType,
      }
      const permission = 'Microsoft.Authorization/roleAssignments/write'
      const send = (signal: AbortSignal) =>
        one({ what, permission, key: request.principalId }, { ...options, signal }, (given) =>
          authorization.roleAssignments.create(path, request.name, parameters, given),
        )
      /** Sent again under its own name it may be refused as being there: then it is read instead. */
      const sendOrRead = async (signal: AbortSignal) => {
        try {
          return await send(signal)
        } catch (thrown) {
          if (!(thrown instanceof KeyturnError) || thrown.code !== 'azure-role-exists') throw thrown
          const asked = {
            what: 'reading a role assignment',
            permission: 'Microsoft.Authorization/roleAssignments/read',
          }
          const there = await orNull(
            one(asked, { ...options, signal }, (given) =>
              authorization.roleAssignments.get(path, request.name, given),
            ),
            ['azure-not-found'],
          )
          if (there === null || there.principalId?.toLowerCase() !== request.principalId.toLowerCase())
            throw thrown
          return there
        }
      }
      const who = { service: 'arm', target, host: signedIn.hosts.control, what, permission } as const
      const waiting: { last: KeyturnError | null } = { last: null }
      try {
        const made = await until(
          { ...who, principal: signedIn.who, repeatable: true },
          signedIn.means,
          { timeoutMs: 300_000, ...options },
          async (signal) => {
            try {
              return await sendOrRead(signal)
            } catch (thrown) {
              if (!(thrown instanceof KeyturnError) || thrown.code !== 'azure-principal-not-yet') throw thrown
              waiting.last = thrown
              return null
            }
          },
          5_000,
        )
        return assignmentOf(made)
      } catch (thrown) {
        // The time was up: what it waited for is the reason, not the clock.
        const late = thrown instanceof KeyturnError && thrown.code === 'azure-timeout'
        throw late && waiting.last !== null ? waiting.last : thrown
      }
    },
    removeRoleAssignment: async (id, options) => {
      const path = bare(id)
      const asked = {
        what: 'removing a role assignment',
        permission: 'Microsoft.Authorization/roleAssignments/delete',
      }
      await orNull(
        ask(asked, options, (given) => authorization.roleAssignments.deleteById(path, given)),
        ['azure-not-found'],
      )
    },
    ownPermissions: async (scope, options) => {
      // The library asks this for groups and resources only; Azure answers it at every scope.
      const url = `https://${signedIn.hosts.control}${scopeIn(scope)}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`
      const asked = {
        what: 'reading own permissions',
        permission: 'Microsoft.Authorization/permissions/read',
      }
      return ask(asked, options, ({ abortSignal }) =>
        permissionsAt(url, { abortSignal, client: authorization, target }),
      )
    },
  }
}

const mostPages = 20

const permissionsAt = async (
  first: string,
  given: { abortSignal: AbortSignal; client: ControlClients['authorization']; target: string },
): Promise<readonly PermissionGroup[]> => {
  const { abortSignal, client, target } = given
  const found: PermissionGroup[] = []
  let url: string | null = first
  for (let pages = 0; url !== null; pages += 1) {
    // Half of the permissions would read as rights that are missing, or as exceptions that are not there.
    if (pages === mostPages) throw new KeyturnError('azure-too-much', { target, limit: `${mostPages} pages` })
    const request = createPipelineRequest({
      url,
      abortSignal,
      headers: createHttpHeaders({ accept: 'application/json' }),
    })
    const response = await client.sendRequest(request)
    if (response.status !== 200) {
      throw new RestError('permissions', { statusCode: response.status, request: response.request, response })
    }
    const { value, nextLink } = objectIn(response.bodyAsText ?? '') ?? {}
    if (!Array.isArray(value))
      throw new KeyturnError('azure-answer', { target, what: 'a list without entries' })
    found.push(...permissionsOf(value))
    url = typeof nextLink === 'string' && nextLink !== '' ? nextLink : null
  }
  return found
}
