import { constants, generateKeyPair, privateDecrypt, timingSafeEqual, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Clock } from '../../ports/clock.ts'
import type {
  HsmCallOptions,
  HsmHandle,
  HsmKeyWrapMechanism,
  HsmKeyWrapVerdict,
  HsmOaep,
  HsmProbe,
  HsmToken,
} from '../../ports/hsm.ts'

/** Known on purpose: neither key ever guards anything. 29 bytes, because only a length that is no multiple of 8 tells. */
const probeKey = Buffer.from(Array.from({ length: 32 }, (_, at) => 0x40 + at))
const probeSecret = Buffer.from(Array.from({ length: 29 }, (_, at) => 0x80 + at))

/** What wrapping the secret gives, by each of the ways that are seen in modules (computed with OpenSSL). */
const answers: readonly (readonly [HsmKeyWrapVerdict, string])[] = [
  ['exact', 'd7ae2bedcc77388a0e5141c01391a1bc94056ad362ede24f903bb3eec47d9356ce6aff98a1610645'],
  ['zero-padded', 'dd9fc09c450916b1a0f57d5ce3da476ebe0f6111866fca5484adbe93c23bfb4ba6d4162ee51f34a7'],
  ['pkcs7', 'd17435292eea3f7c3b0b8352c91432a6bdfbc70ccab6b46b879ea9f0af23b6946dcf75027d4f337b'],
]

export const verdictOf = (wrapped: Uint8Array): HsmKeyWrapVerdict =>
  answers.find(([, hex]) => hex === Buffer.from(wrapped).toString('hex'))?.[0] ?? 'other'

const inSession = { kept: 'session', id: '', extractable: true } as const

/** See `HsmToken.probe`. Everything it makes is of the session, and destroyed at the end. */
export const probeToken = async (
  token: HsmToken,
  clock: Clock,
  options: HsmCallOptions = {},
): Promise<HsmProbe> => {
  const made: HsmHandle[] = []
  try {
    const { manufacturer, model, firmware } = await token.facts(options)
    const by = await take(token, probeKey, 'AES', options)
    made.push(by)
    const secret = await take(token, probeSecret, 'generic', options)
    made.push(secret)
    const keyWrap = {
      CKM_AES_KEY_WRAP_KWP: await tryKeyWrap(token, by, secret, 'CKM_AES_KEY_WRAP_KWP', options),
      CKM_AES_KEY_WRAP_PAD: await tryKeyWrap(token, by, secret, 'CKM_AES_KEY_WRAP_PAD', options),
    }
    const recipient = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const spki = recipient.publicKey.export({ type: 'spki', format: 'der' })
    const { handle: kek } = await token.usePublicKey(spki, options)
    made.push(kek)
    const oaep = async (hash: HsmOaep['hash']): Promise<boolean> =>
      tryOaep(token, { by: kek, secret: by, hash }, recipient.privateKey, options)
    return {
      moduleSha256: token.ref.module.sha256,
      manufacturer,
      model,
      firmware,
      keyWrap,
      use: bestOf(keyWrap),
      oaep: { sha1: await oaep('sha1'), sha256: await oaep('sha256') },
      at: clock.now().toISOString(),
    }
  } finally {
    // What is left when the session was lost is gone with it.
    for (const handle of made) await token.destroy(handle).catch(() => undefined)
  }
}

const take = async (
  token: HsmToken,
  value: Buffer,
  type: 'AES' | 'generic',
  options: HsmCallOptions,
): Promise<HsmHandle> => {
  using bytes = SecretBytes.take(Buffer.from(value))
  const uses = type === 'AES' ? (['wrap'] as const) : []
  const { handle } = await token.importSecret(
    bytes,
    { ...inSession, label: 'keyturn-probe', type, uses },
    options,
  )
  return handle
}

/** Refusals are answers here; a token that is gone is none. */
const refusals = new Set(['hsm-mechanism', 'hsm-not-wrappable', 'hsm-not-extractable', 'hsm-failed'])
const orRefused = async <Result>(asked: Promise<Result>): Promise<Result | null> =>
  asked.catch((thrown: unknown) => {
    if (thrown instanceof KeyturnError && refusals.has(thrown.code)) return null
    throw thrown
  })

const tryKeyWrap = async (
  token: HsmToken,
  by: HsmHandle,
  key: HsmHandle,
  mechanism: HsmKeyWrapMechanism,
  options: HsmCallOptions,
): Promise<HsmKeyWrapVerdict> => {
  const wrapped = await orRefused(
    token.wrap({ key, with: by, how: { kind: 'aes-key-wrap', mechanism } }, options),
  )
  return wrapped === null ? 'missing' : verdictOf(wrapped)
}

const tryOaep = async (
  token: HsmToken,
  { by, secret, hash }: { by: HsmHandle; secret: HsmHandle; hash: HsmOaep['hash'] },
  privateKey: KeyObject,
  options: HsmCallOptions,
): Promise<boolean> => {
  const wrapped = await orRefused(token.wrap({ key: secret, with: by, how: { kind: 'oaep', hash } }, options))
  if (wrapped === null) return false
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const opened = privateDecrypt({ key: privateKey, oaepHash: hash, padding }, wrapped)
    return opened.length === probeKey.length && timingSafeEqual(opened, probeKey)
  } catch {
    // It wrapped with another hash than it was told.
    return false
  }
}

const bestOf = (found: HsmProbe['keyWrap']): HsmProbe['use'] => {
  const order = ['CKM_AES_KEY_WRAP_KWP', 'CKM_AES_KEY_WRAP_PAD'] as const
  for (const verdict of ['exact', 'zero-padded'] as const) {
    const mechanism = order.find((name) => found[name] === verdict)
    if (mechanism !== undefined) return { mechanism, verdict }
  }
  return null
}
