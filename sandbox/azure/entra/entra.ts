import { createHash } from 'node:crypto'
import { describe, notSimulated, type AzureRequest, type Reply } from '../http.ts'
import type { Application, Principal } from '../state/model.ts'
import type { World } from '../world.ts'
import { issueAccessToken, signingKey, TOKEN_SECONDS } from './access-token.ts'
import type { DeviceCodes } from './device-code.ts'
import { entraError, refuseToken } from './errors.ts'
import { isOurs, readJwt, writeJwt } from './jwt.ts'
import { proveClient } from './prove-client.ts'

/** Azure CLI's application: every tenant knows it, and it is what the SDK's device code sign-in uses by itself. */
const WELL_KNOWN_PUBLIC_CLIENTS = ['04b07795-8ddb-461a-bbee-02f9e1bf7b46']
const ANY_ORGANIZATION = ['organizations', 'common']
/** Resources that a token can be asked for. */
const RESOURCES =
  /^https:\/\/(vault\.(azure\.net|usgovcloudapi\.net|azure\.cn)|managedhsm\.(azure\.net|usgovcloudapi\.net|azure\.cn)|management\.(azure\.com|core\.windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|graph\.microsoft\.(com|us)|microsoftgraph\.chinacloudapi\.cn|storage\.azure\.com)\/?$/
const OPENID_SCOPES = ['openid', 'profile', 'offline_access', 'email']

/** The token endpoint of Entra ID: `/{tenant}/oauth2/v2.0/…`. */
export const answerEntra = async (
  world: World,
  codes: DeviceCodes,
  request: AzureRequest,
): Promise<Reply> => {
  const [, tenant = '', ...rest] = request.path.split('/')
  const operation = `${request.method} ${rest.join('/')}`
  const form = new URLSearchParams(request.body.toString('utf8'))
  switch (operation) {
    case 'GET v2.0/.well-known/openid-configuration':
      return openIdConfiguration(world, tenant, request.host)
    case 'POST oauth2/v2.0/devicecode':
      checkTenant(world, tenant)
      return codes.begin(publicClient(world, form))
    case 'POST oauth2/v2.0/token':
      checkTenant(world, tenant)
      return answerToken(world, codes, form, request, tenant)
    default:
      return notSimulated(describe(request))
  }
}

const openIdConfiguration = (world: World, tenant: string, host: string): Reply => {
  checkTenant(world, tenant)
  const base = `https://${host}/${tenant}`
  return {
    status: 200,
    body: {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      issuer: `https://${host}/${world.tenant.id}/v2.0`,
    },
  }
}

const checkTenant = (world: World, tenant: string): void => {
  const known = [world.tenant.id, world.tenant.domain, ...ANY_ORGANIZATION]
  if (known.includes(tenant.toLowerCase())) return
  const now = world.now('entra')
  refuseToken(
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    now,
  )
}

const answerToken = async (
  world: World,
  codes: DeviceCodes,
  form: URLSearchParams,
  request: AzureRequest,
  tenant: string,
): Promise<Reply> => {
  const now = world.now('entra')
  const audience = audienceOf(world, form)
  const capable = (form.get('claims') ?? '').includes('cp1')
  switch (form.get('grant_type')) {
    case 'client_credentials': {
      const application = applicationOf(world, form)
      const base = `https://${request.host}/${tenant}`
      const proof = proveClient(world, application, form, [`${base}/oauth2/v2.0/token`, `${base}/v2.0`, base])
      const principal = principalOf(world, application)
      const token = await issueAccessToken(world, {
        audience,
        principal,
        appId: application.appId,
        proof,
        capable,
      })
      return {
        status: 200,
        body: {
          token_type: 'Bearer',
          expires_in: TOKEN_SECONDS,
          ext_expires_in: TOKEN_SECONDS,
          access_token: token,
        },
      }
    }
    case 'device_code':
    case 'urn:ietf:params:oauth:grant-type:device_code': {
      const clientId = publicClient(world, form)
      const user = codes.redeem(form.get('device_code') ?? '', clientId)
      return userTokens(world, { user, clientId, audience, capable, host: request.host })
    }
    case 'refresh_token': {
      const clientId = publicClient(world, form)
      const user = await userOfRefreshToken(world, form.get('refresh_token') ?? '', clientId)
      return userTokens(world, { user, clientId, audience, capable, host: request.host })
    }
    case null:
      return entraError(900144, "The request body must contain the following parameter: 'grant_type'.", now)
    default:
      return notSimulated(`grant type ${String(form.get('grant_type'))} at ${describe(request)}`)
  }
}

const audienceOf = (world: World, form: URLSearchParams): string => {
  const scope = (form.get('scope') ?? '').split(' ').filter((each) => !OPENID_SCOPES.includes(each))
  const [first, ...more] = scope
  const now = world.now('entra')
  if (first === undefined || more.length > 0 || !first.endsWith('/.default'))
    return refuseToken(
      70011,
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid: '${scope.join(' ')}'.`,
      now,
    )
  const resource = first.slice(0, -'/.default'.length)
  if (!RESOURCES.test(resource))
    return refuseToken(
      500011,
      `The resource principal named ${resource} was not found in the tenant named ${world.tenant.name}.`,
      now,
    )
  return resource
}

const applicationOf = (world: World, form: URLSearchParams): Application => {
  const clientId = form.get('client_id') ?? ''
  const known = world.now('entra') - world.settings().directoryDelayMs
  const found = world.applications.all().find(({ appId }) => appId === clientId.toLowerCase())
  return found !== undefined && found.created <= known ? found : unknownApplication(world, clientId)
}

const unknownApplication = (world: World, clientId: string): never =>
  refuseToken(
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${world.tenant.name}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    world.now('entra'),
  )

const principalOf = (world: World, { appId }: Application): Principal => {
  const now = world.now('entra')
  const found = world.principals.all().find((each) => each.kind === 'application' && each.appId === appId)
  if (found === undefined)
    return refuseToken(
      7000229,
      `The client application ${appId} is missing service principal in the tenant ${world.tenant.id}.`,
      now,
    )
  if (!found.enabled) return refuseToken(7000112, `Application '${appId}' is disabled.`, now)
  return found
}

const publicClient = (world: World, form: URLSearchParams): string => {
  const clientId = (form.get('client_id') ?? '').toLowerCase()
  if (WELL_KNOWN_PUBLIC_CLIENTS.includes(clientId)) return clientId
  return applicationOf(world, form).appId
}

const userOfRefreshToken = async (world: World, text: string, clientId: string): Promise<Principal> => {
  const token = readJwt(text)
  const now = world.now('entra')
  const user =
    token !== null && isOurs(token, await signingKey(world)) && token.claims['refresh_for'] === clientId
      ? world.principals.get(String(token.claims['sub']))
      : undefined
  if (user === undefined || Number(token?.claims['iat_ms']) < user.sessionsValidFrom)
    return refuseToken(70008, 'The refresh token has expired or was revoked.', now)
  if (!user.enabled) return refuseToken(50057, 'The user account is disabled.', now)
  return user
}

interface UserOrder {
  user: Principal
  clientId: string
  audience: string
  capable: boolean
  host: string
}

const userTokens = async (world: World, order: UserOrder): Promise<Reply> => {
  const { user, clientId, audience, capable } = order
  const key = await signingKey(world)
  const now = world.wireNow('entra')
  const seconds = Math.floor(now / 1000)
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const idToken = writeJwt(
    {
      aud: clientId,
      iss: `https://${order.host}/${world.tenant.id}/v2.0`,
      iat: seconds,
      nbf: seconds,
      exp: seconds + TOKEN_SECONDS,
      name: user.displayName,
      oid: user.id,
      preferred_username: user.userPrincipalName,
      sub: createHash('sha256').update(`${user.id}${clientId}`).digest('base64url'),
      tid: world.tenant.id,
      ver: '2.0',
    },
    key,
  )
  return {
    status: 200,
    body: {
      token_type: 'Bearer',
      scope: `${audience}/user_impersonation ${audience}/.default`,
      expires_in: TOKEN_SECONDS,
      ext_expires_in: TOKEN_SECONDS,
      access_token: await issueAccessToken(world, {
        audience,
        principal: user,
        appId: clientId,
        proof: '0',
        capable,
      }),
      refresh_token: writeJwt({ refresh_for: clientId, sub: user.id, iat_ms: now }, key),
      id_token: idToken,
      client_info: encoded({ uid: user.id, utid: world.tenant.id }),
    },
  }
}
