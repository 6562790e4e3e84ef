import { isAzureId, type AzurePrincipal } from '../../../shared/model/azure.ts'

/**
 * Who a token says is signed in; null where it does not say. The token is not checked: it came from Entra over a
 * checked connection, and only Azure decides what it is good for.
 */
export const principalIn = (token: string): AzurePrincipal | null => {
  const claims = claimsIn(token)
  const idOf = (name: string): string | null => {
    const value = claims[name]
    return typeof value === 'string' && isAzureId(value) ? value.toLowerCase() : null
  }
  const objectId = idOf('oid')
  const tenantId = idOf('tid')
  if (objectId === null || tenantId === null) return null
  const name = [claims['upn'], claims['unique_name'], claims['preferred_username']].find(
    (value): value is string => typeof value === 'string' && /^\P{Cc}{1,256}$/u.test(value),
  )
  const isUser = claims['idtyp'] === 'user' || (claims['idtyp'] === undefined && name !== undefined)
  return {
    tenantId,
    objectId,
    applicationId: idOf('appid') ?? idOf('azp'),
    kind: isUser ? 'user' : 'service',
    name: isUser ? (name ?? null) : null,
  }
}

/** How errors and tests name somebody. */
export const principalWords = ({ kind, name, applicationId, objectId }: AzurePrincipal): string =>
  kind === 'user'
    ? `${name ?? 'a user'} (object id ${objectId})`
    : `the application ${applicationId ?? 'without an id'} (object id ${objectId})`

const claimsIn = (token: string): Readonly<Record<string, unknown>> => {
  const payload = token.split('.')[1]
  if (payload === undefined || payload.length > 65_536) return {}
  try {
    const parsed: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
