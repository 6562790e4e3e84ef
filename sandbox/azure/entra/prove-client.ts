import { constants, createHash, timingSafeEqual, verify, X509Certificate } from 'node:crypto'
import type { Application, CertificateCredential, PasswordCredential } from '../state/model.ts'
import type { World } from '../world.ts'
import { refuseToken } from './errors.ts'
import { readJwt } from './jwt.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const hashSecret = (salt: string, value: string): string =>
  createHash('sha256').update(salt, 'hex').update(value, 'utf8').digest('hex')

/** Checks what the client sends of itself and answers how it did it. */
export const proveClient = (
  world: World,
  application: Application,
  form: URLSearchParams,
  endpoints: readonly string[],
): '1' | '2' => {
  const now = world.now('entra')
  const secret = form.get('client_secret')
  if (secret !== null) {
    proveSecret(application, secret, now)
    return '1'
  }
  const assertion = form.get('client_assertion')
  if (assertion === null || form.get('client_assertion_type') !== ASSERTION_TYPE)
    return refuseToken(
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      now,
    )
  proveAssertion(world, application, assertion, endpoints)
  return '2'
}

const proveSecret = (application: Application, secret: string, now: number): void => {
  const matching = application.passwords.find((each) => isSecretOf(each, secret))
  if (matching === undefined || matching.start > now || matching.usableFrom > now)
    return refuseToken(
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${application.appId}'.`,
      now,
    )
  if (matching.end <= now)
    refuseToken(
      7000222,
      `The provided client secret keys for app '${application.appId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
      now,
    )
}

const isSecretOf = ({ salt, hash }: PasswordCredential, secret: string): boolean =>
  timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashSecret(salt, secret), 'hex'))

const proveAssertion = (
  world: World,
  application: Application,
  text: string,
  endpoints: readonly string[],
): void => {
  const now = world.now('entra')
  const wrong = (why: string): never =>
    refuseToken(700027, `Client assertion failed signature validation or names no key: ${why}.`, now)
  const assertion = readJwt(text)
  if (assertion === null) return wrong('it is no JWT')
  const { header, claims, signed, signature } = assertion
  const credential = application.certificates.find((each) => isThumbprintOf(each, header))
  if (credential === undefined)
    return wrong(`no certificate of application '${application.appId}' has its thumbprint`)
  const { publicKey } = new X509Certificate(Buffer.from(credential.certificate, 'base64'))
  const key =
    header['alg'] === 'PS256'
      ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      : header['alg'] === 'RS256'
        ? { key: publicKey }
        : wrong('the algorithm is neither PS256 nor RS256')
  if (!verify('sha256', signed, key, signature)) return wrong('the signature does not fit the certificate')
  // Its certificate ages with the estate; the assertion itself was written by the client's clock.
  const seconds = world.wireNow('entra') / 1000
  if (claims['iss'] !== application.appId || claims['sub'] !== application.appId)
    return wrong('issuer and subject are not the client')
  if (!endpoints.includes(String(claims['aud']))) return wrong('the audience is not this endpoint')
  if (
    !(Number(claims['exp']) > seconds) ||
    Number(claims['nbf'] ?? 0) - 300 > seconds ||
    credential.end <= now ||
    credential.start > now
  )
    refuseToken(
      700024,
      'Client assertion is not within its valid time range, or its certificate is not.',
      now,
    )
}

const isThumbprintOf = ({ certificate }: CertificateCredential, header: Record<string, unknown>): boolean => {
  const der = Buffer.from(certificate, 'base64')
  const print = (hash: string): string => createHash(hash).update(der).digest('base64url')
  return header['x5t#S256'] === print('sha256') || header['x5t'] === print('sha1')
}
