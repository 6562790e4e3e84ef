import type { PipelinePolicy } from '@azure/core-rest-pipeline'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { cloudHosts, isAzureId, vaultPlaceOf, type AzureCloud } from '../../../shared/model/azure.ts'
import { strange } from './key-values.ts'

interface Door {
  host: string
  target: string
  /** Lower case. */
  tenantId: string
}

/**
 * Each challenge of a vault, not only the first, has to name the tenant, the authority and the service that are expected:
 * else the library would fetch a token for another one. No body goes out without a token.
 */
export const sameDoor = (door: Door): PipelinePolicy => ({
  name: 'keyturnSameDoor',
  sendRequest: async (request, next) => {
    const { target, tenantId: expected } = door
    const hasToken = request.headers.has('authorization')
    if (!hasToken && request.body !== undefined && request.body !== null)
      throw strange(door, 'an answer before it asked for a sign-in')
    const response = await next(request)
    if (response.status !== 401) return response
    const asked = response.headers.get('www-authenticate') ?? ''
    // A token that was refused can come back with words of another form: then no new one is fetched.
    if (hasToken && !/\b(authorization|authorization_uri|resource|scope)\s*=/i.test(asked)) return response
    const found = tenantAsked(asked, door)
    if (found !== expected) throw new KeyturnError('vault-other-tenant', { target, found, expected })
    return response
  },
})

/** The tenant (lower case) that a challenge names; `azure-answer` for one that names another authority or service. */
export const tenantAsked = (header: string, { host, target }: Pick<Door, 'host' | 'target'>): string => {
  const words = wordsOf(header)
  const place = vaultPlaceOf(host)
  const [, authority = '', tenant = ''] =
    /^https:\/\/([a-z0-9.-]+)\/([0-9a-f-]{36})\/?$/i.exec(words?.get('authorization') ?? '') ?? []
  if (place === null || !isAzureId(tenant)) throw strange({ target }, 'no tenant that it belongs to')
  const { cloud, service } = place
  if (!authorities[cloud].includes(authority.toLowerCase()))
    throw strange({ target }, 'another place to sign in than Entra')
  const expected = cloudHosts[cloud][service === 'vault' ? 'vault' : 'managedHsm']
  if (words?.get('resource')?.toLowerCase() !== `https://${expected}` || words.has('scope'))
    throw strange({ target }, 'another service to sign in to')
  return tenant.toLowerCase()
}

/** Names of Entra in each cloud: vaults name any of them, tokens come from the first. */
const authorities: Readonly<Record<AzureCloud, readonly string[]>> = {
  public: [cloudHosts.public.authority, 'login.windows.net', 'sts.windows.net'],
  'us-government': [cloudHosts['us-government'].authority, 'login-us.microsoftonline.com'],
  china: [cloudHosts.china.authority, 'login.chinacloudapi.cn'],
}

/** One Bearer challenge, each word once; null for anything else: the library could read it in another way. */
const wordsOf = (header: string): ReadonlyMap<string, string> | null => {
  const [, list] = /^Bearer +((?:\w+="[^"]*",? *)+)$/i.exec(header) ?? []
  const found = [...(list ?? '').matchAll(/(\w+)="([^"]*)"/g)]
  const words = new Map(found.map(([, name = '', value = '']) => [name.toLowerCase(), value]))
  return words.size > 0 && words.size === found.length ? words : null
}
