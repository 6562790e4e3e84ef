import { randomBytes } from 'node:crypto'
import type { Principal } from '../state/model.ts'
import type { World } from '../world.ts'
import { isOurs, readJwt, writeJwt } from './jwt.ts'

export const TOKEN_SECONDS = 3599
/** How far the clocks of two services may be apart. */
const LEEWAY_SECONDS = 300
const SIGNING_KEY = 'token-signing'

export interface Caller {
  principal: Principal
  objectId: string
  /** Of the application that asked for the token. */
  appId: string
}

export type TokenProblem =
  'missing' | 'malformed' | 'audience' | 'expired' | 'not-yet' | 'tenant' | 'revoked' | 'unknown'

export type TokenCheck =
  { ok: true; caller: Caller } | { ok: false; problem: TokenProblem; claim?: string; notBefore?: number }

export interface TokenOrder {
  audience: string
  principal: Principal
  appId: string
  /** How the client proved itself: 0 public, 1 secret, 2 certificate. */
  proof: '0' | '1' | '2'
  /** Whether the client said that it understands claims challenges. */
  capable: boolean
}

/** A token shaped like Entra's version 1 access tokens. */
export const issueAccessToken = async (world: World, order: TokenOrder): Promise<string> => {
  const { principal, appId, audience } = order
  const issued = world.wireNow('entra')
  const seconds = Math.floor(issued / 1000)
  const user = principal.kind === 'user'
  return writeJwt(
    {
      aud: audience,
      iss: issuerOf(world),
      iat: seconds,
      nbf: seconds,
      exp: seconds + TOKEN_SECONDS,
      appid: appId,
      appidacr: order.proof,
      idp: issuerOf(world),
      idtyp: user ? 'user' : 'app',
      oid: principal.id,
      sub: principal.id,
      tid: world.tenant.id,
      ...(user
        ? { name: principal.displayName, upn: principal.userPrincipalName, scp: 'user_impersonation' }
        : { roles: principal.graphRoles }),
      uti: tokenId(issued),
      ver: '1.0',
      ...(order.capable ? { xms_cc: ['cp1'] } : {}),
    },
    await world.ownKey(SIGNING_KEY),
  )
}

export const issuerOf = (world: World): string => `https://sts.windows.net/${world.tenant.id}/`

/** The moment of issue in milliseconds, finer than `iat`, hidden where real tokens have something opaque. */
const tokenId = (issued: number): string => {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(issued, 0, 6)
  return bytes.toString('base64url')
}
const issuedAt = (claims: Record<string, unknown>): number =>
  Buffer.from(String(claims['uti']), 'base64url').readUIntBE(0, 6)

/** Signature, audience, times, tenant, then what happened to the principal since. */
export const checkAccessToken = async (
  world: World,
  authorization: string | undefined,
  audiences: readonly string[],
  now: number,
): Promise<TokenCheck> => {
  const [, text] = /^(?:Bearer|PoP) (.+)$/i.exec(authorization ?? '') ?? []
  if (text === undefined) return { ok: false, problem: 'missing' }
  const token = readJwt(text)
  if (token === null || !isOurs(token, await world.ownKey(SIGNING_KEY)))
    return { ok: false, problem: 'malformed' }
  const { claims } = token
  const audience = String(claims['aud']).replace(/\/$/, '')
  if (!audiences.includes(audience)) return { ok: false, problem: 'audience', claim: audience }
  const seconds = now / 1000
  if (Number(claims['exp']) + LEEWAY_SECONDS <= seconds) return { ok: false, problem: 'expired' }
  if (Number(claims['nbf']) - LEEWAY_SECONDS > seconds) return { ok: false, problem: 'not-yet' }
  if (claims['tid'] !== world.tenant.id) return { ok: false, problem: 'tenant', claim: String(claims['iss']) }
  const principal = world.principals.get(String(claims['oid']))
  if (principal === undefined || !principal.enabled) return { ok: false, problem: 'unknown' }
  if (issuedAt(claims) < principal.sessionsValidFrom)
    return { ok: false, problem: 'revoked', notBefore: Math.floor(principal.sessionsValidFrom / 1000) }
  return { ok: true, caller: { principal, objectId: principal.id, appId: String(claims['appid']) } }
}

export const signingKey = (world: World) => world.ownKey(SIGNING_KEY)
