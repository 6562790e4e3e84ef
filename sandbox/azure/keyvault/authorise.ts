import type { Caller, TokenCheck } from '../entra/access-token.ts'
import { issuerOf } from '../entra/access-token.ts'
import { audiencesOf, authorityOf, type KnownHost } from '../hosts.ts'
import { refuse, type Reply } from '../http.ts'
import { assignmentFor } from '../rbac/decide.ts'
import type { NetworkRules, Vault } from '../state/model.ts'
import type { World } from '../world.ts'
import { vaultError } from './errors.ts'
import type { Holder } from './holder.ts'
import { OPERATIONS, type OperationName } from './operations.ts'

/**
 * 401 with the challenge that the clients wait for; without a space behind the comma they do not read it. One with
 * claims names no resource: where there is one, they send the token that they have once more and pass over the claims.
 */
export const challenge = (world: World, host: KnownHost, message: string, claims?: string): Reply => {
  const [resource = ''] = audiencesOf(host)
  const authority = `https://${authorityOf(host.cloud)}`
  const wanted =
    claims === undefined
      ? `authorization="${authority}/${world.tenant.id}", resource="${resource}"`
      : `authorization_uri="${authority}/common/oauth2/authorize", error="insufficient_claims", claims="${claims}"`
  return vaultError(401, 'Unauthorized', message, undefined, { 'www-authenticate': `Bearer ${wanted}` })
}

/** Claims that only a token issued at or after this second has. */
export const claimsFrom = (seconds: number): string =>
  Buffer.from(
    JSON.stringify({ access_token: { nbf: { essential: true, value: String(seconds) } } }),
  ).toString('base64')

export const callerOf = (world: World, host: KnownHost, check: TokenCheck): Caller => {
  if (check.ok) return check.caller
  const [resource = ''] = audiencesOf(host)
  const answer = (message: string, claims?: string): never => refuse(challenge(world, host, message, claims))
  switch (check.problem) {
    case 'missing':
      return answer('AKV10000: Request is missing a Bearer or PoP token.')
    case 'malformed':
      return answer('AKV10001: The token is malformed or its signature is not valid.')
    case 'audience':
      return answer(`AKV10022: Invalid audience. Expected ${resource}, found: ${check.claim ?? ''}.`)
    case 'expired':
      return answer('AKV10014: Token has expired.')
    case 'not-yet':
      return answer('AKV10015: Token is not yet valid: its nbf lies in the future.')
    case 'tenant':
      return answer(
        `AKV10032: Invalid issuer. Expected one of ${issuerOf(world)}, found ${check.claim ?? ''}.`,
      )
    case 'unknown':
      return answer('AKV10046: The principal of the token is not known or disabled.')
    case 'revoked':
      return answer('AKV10117: Continuous access evaluation failed.', claimsFrom(check.notBefore ?? 0))
  }
}

/** The vault's firewall; throws what a caller from elsewhere gets. */
export const passFirewall = (world: World, holder: Holder, caller: Caller): void => {
  const rules = holder.vault ?? holder.hsm
  if (rules === null) return
  const { clientAddress, trustedServices } = world.settings()
  const isTrusted =
    (rules.network?.bypass ?? 'AzureServices') === 'AzureServices' &&
    trustedServices.includes(caller.objectId)
  if (isTrusted) return
  if (rules.publicAccess === 'Disabled')
    refuse(
      vaultError(
        403,
        'Forbidden',
        'Public network access is disabled and request is not from a trusted service nor via an approved private link.',
        'ForbiddenByConnection',
      ),
    )
  if (rules.network?.defaultAction !== 'Deny' || addressAllowed(rules.network, clientAddress)) return
  refuse(
    vaultError(
      403,
      'Forbidden',
      `Client address is not authorized and caller is not a trusted service.\r\nClient address: ${clientAddress}\r\nCaller: ${who(world, caller)}\r\nVault: ${holder.name};location=${holder.location}`,
      'ForbiddenByFirewall',
    ),
  )
}

const number = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

export const addressAllowed = ({ ipRules }: NetworkRules, address: string): boolean =>
  ipRules.some(({ value }) => {
    const [base = '', bits = '32'] = value.split('/')
    const size = 2 ** (32 - Number(bits))
    return Math.floor(number(base) / size) === Math.floor(number(address) / size)
  })

const who = (world: World, { appId, objectId }: Caller): string =>
  `appid=${appId};oid=${objectId};iss=${issuerOf(world)}`

/** Role or access policy; answers headers that tell which role it was. `key` null: an operation on the whole vault. */
export const authorise = (
  world: World,
  holder: Holder,
  caller: Caller,
  name: OperationName,
  key: string | null,
): Record<string, string> => {
  if (holder.kind === 'hsm') return authoriseHsm(world, holder, caller, name, key)
  if (holder.vault?.rbac === false) {
    authoriseByPolicy(world, holder.vault, caller, name)
    return {}
  }
  const action = `Microsoft.KeyVault/vaults/${OPERATIONS[name].vaultAction}`
  const resource = key === null ? holder.armId : `${holder.armId}/keys/${key}`
  const assignment = assignmentFor(world, caller.objectId, action, resource.toLowerCase(), 'data')
  if (assignment === undefined) return forbiddenByRbac(world, holder, caller, action, resource)
  return { 'x-ms-keyvault-rbac-assignment-id': assignment.name.replaceAll('-', '') }
}

const forbiddenByRbac = (
  world: World,
  holder: Holder,
  caller: Caller,
  action: string,
  resource: string,
): never =>
  refuse(
    vaultError(
      403,
      'Forbidden',
      `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: ${who(world, caller)}\r\nAction: '${action}'\r\nResource: '${resource.toLowerCase()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: ${holder.name};location=${holder.location}\r\n`,
      'ForbiddenByRbac',
    ),
  )

const authoriseHsm = (
  world: World,
  holder: Holder,
  caller: Caller,
  name: OperationName,
  key: string | null,
): Record<string, string> => {
  const action = `Microsoft.KeyVault/managedHsm/${OPERATIONS[name].hsmAction}`
  const resource = key === null ? `${holder.id}/keys` : `${holder.id}/keys/${key.toLowerCase()}`
  const assignment = assignmentFor(world, caller.objectId, action, resource, 'data')
  if (assignment === undefined)
    return forbiddenByRbac(world, holder, caller, action, key === null ? '/keys' : `/keys/${key}`)
  return {}
}

const authoriseByPolicy = (world: World, vault: Vault, caller: Caller, name: OperationName): void => {
  const wanted = OPERATIONS[name].policy.toLowerCase()
  // What cannot be undone has to be named.
  const opening = wanted === 'purge' ? [wanted] : [wanted, 'all']
  const allowed = vault.accessPolicies.some(
    ({ objectId, applicationId, permissions }) =>
      objectId.toLowerCase() === caller.objectId &&
      (applicationId === undefined || applicationId.toLowerCase() === caller.appId) &&
      (permissions.keys ?? []).some((each) => opening.includes(each.toLowerCase())),
  )
  if (allowed) return
  refuse(
    vaultError(
      403,
      'Forbidden',
      `The user, group or application '${who(world, caller)}' does not have keys ${OPERATIONS[name].policy} permission on key vault '${vault.name};location=${vault.location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
      'AccessDenied',
    ),
  )
}
