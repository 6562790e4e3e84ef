import { checkAccessToken, type Caller } from '../entra/access-token.ts'
import { audiencesOf, type KnownHost } from '../hosts.ts'
import { describe, jsonBody, notSimulated, refuse, Refusal, type AzureRequest, type Reply } from '../http.ts'
import type { Answer } from '../listener.ts'
import type { World } from '../world.ts'
import { authorise, callerOf, challenge, claimsFrom, passFirewall } from './authorise.ts'
import type { Context } from './context.ts'
import { badParameter, refuseParameter, vaultError } from './errors.ts'
import { holderOfHsm, holderOfVault, type Holder } from './holder.ts'
import { keyId } from './keys.ts'
import { makeLimits } from './limits.ts'
import { makeMaterials } from './materials.ts'
import { OPERATIONS } from './operations.ts'
import { rotateWhenDue } from './rotation.ts'
import { routeOf } from './routes.ts'

const API_VERSIONS =
  /^(7\.[0-6](-preview[.\d]*)?|2025-\d\d-\d\d(-preview[.\d]*)?|2026-\d\d-\d\d(-preview[.\d]*)?)$/
const SERVICE_VERSION = '1.9.0.0'

/** The data plane of vaults and managed HSMs. Order of checks: token, firewall, rights, state of the object, limits. */
export const makeKeyVaults = (world: World): Answer => {
  const materials = makeMaterials(world)
  const limits = makeLimits(world)
  const answer: Answer = async (request, host, hitByCae) => {
    const holder = holderOf(world, request, host)
    if (holder === 'not-yet') return { status: 0, drop: true }
    const check = await checkAccessToken(
      world,
      request.headers.authorization,
      audiencesOf(host),
      world.wireNow('vault'),
    )
    const caller = callerOf(world, host, check)
    if (hitByCae) {
      const now = claimsFrom(Math.floor(world.wireNow('entra') / 1000))
      return challenge(world, host, 'AKV10117: Continuous access evaluation failed.', now)
    }
    const route = routeOf(request.method, request.path, holder.kind === 'hsm')
    if (route === null) return notSimulated(describe(request))
    const log = (status: number): void =>
      world.note({
        time: world.now('vault'),
        operation: OPERATIONS[route.operation].audit,
        holder: holder.id,
        key: route.key,
        callerObjectId: caller.objectId,
        callerAppId: caller.appId,
        callerAddress: world.settings().clientAddress,
        status,
        requestId: request.id,
      })
    try {
      checkVersion(request)
      passFirewall(world, holder, caller)
      checkActivated(holder)
      const headers = authorise(world, holder, caller, route.operation, route.key)
      if (route.key !== null) await rotateWhenDue(world, holder, keyId(holder, route.key))
      const reply = await route.run(contextOf({ world, holder, caller, request, materials, limits }))
      log(reply.status)
      return { ...reply, headers: { ...reply.headers, ...headers } }
    } catch (thrown) {
      log(thrown instanceof Refusal ? thrown.reply.status : 500)
      throw thrown
    }
  }
  return async (request, host, hitByCae) => {
    const reply = await answer(request, host, hitByCae).catch((thrown: unknown): Reply => {
      if (thrown instanceof Refusal) return thrown.reply
      throw thrown
    })
    return { ...reply, headers: { ...commonHeaders(world, host), ...reply.headers } }
  }
}

const contextOf = (parts: Omit<Context, 'body'> & { caller: Caller }): Context => ({
  ...parts,
  body: () => jsonBody(parts.request, badParameter),
})

const commonHeaders = (world: World, host: KnownHost): Record<string, string> => {
  const location = world.vaults.get(host.name)?.location ?? world.hsms.get(host.name)?.location
  return {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'x-ms-keyvault-service-version': SERVICE_VERSION,
    'x-ms-keyvault-network-info': `conn_type=Ipv4;addr=${world.settings().clientAddress};act_addr_fam=InterNetwork;`,
    ...(location === undefined ? {} : { 'x-ms-keyvault-region': location }),
  }
}

const holderOf = (world: World, request: AzureRequest, host: KnownHost): Holder | 'not-yet' => {
  const unknown = (): never =>
    refuse(
      notSimulated(
        `there is no ${host.service === 'hsm' ? 'managed HSM' : 'vault'} at ${request.host}; the real name would not resolve (ENOTFOUND)`,
      ),
    )
  if (host.cloud !== 'public') return unknown()
  if (host.service === 'hsm') {
    const hsm = world.hsms.get(host.name)
    return hsm === undefined ? unknown() : holderOfHsm(hsm)
  }
  const vault = world.vaults.get(host.name)
  if (vault === undefined || vault.deleted !== null) return unknown()
  return vault.resolvesAt > world.now('vault') ? 'not-yet' : holderOfVault(vault)
}

const checkVersion = (request: AzureRequest): void => {
  const version = request.query.get('api-version')
  if (version === null) refuseParameter('api-version must be specified')
  else if (!API_VERSIONS.test(version))
    refuse(
      vaultError(
        400,
        'BadParameter',
        `The specified version (${version}) is not recognized. Consider using the latest supported version (2025-07-01).`,
      ),
    )
}

/** A managed HSM without its security domain downloaded does nothing yet. */
const checkActivated = ({ hsm }: Holder): void => {
  if (hsm?.activated === false)
    refuse(
      vaultError(
        403,
        'Forbidden',
        'The managed HSM is not activated: its security domain has not been downloaded.',
        'SecurityDomainNotActive',
      ),
    )
}
