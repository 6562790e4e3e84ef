import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { notSimulated, refuse, type Reply } from '../http.ts'
import type { KeyVersion } from '../state/model.ts'
import { checkDescribed, Described, parseBody, withDescribed } from './attributes.ts'
import { bundleOf } from './bundle.ts'
import { openByok } from './byok.ts'
import { ok, type Context } from './context.ts'
import { addVersion, blankVersion, checkedType, operationsOf } from './create.ts'
import { refuseParameter } from './errors.ts'
import { findKey, refuseDeletedName } from './keys.ts'
import { keptMaterial } from './materials.ts'

const text = z.string().nullish()
const Import = Described.extend({
  Hsm: z.boolean().nullish(),
  key: z.looseObject({
    kty: z.string(),
    key_ops: z.array(z.string()).nullish(),
    n: text,
    e: text,
    d: text,
    p: text,
    q: text,
    dp: text,
    dq: text,
    qi: text,
    crv: text,
    x: text,
    y: text,
    key_hsm: text,
  }),
})
type Import = z.infer<typeof Import>
const CURVES = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
] as const)

/** PUT /keys/{name}: a key from outside, as numbers or wrapped for this vault (BYOK). */
export const importKey = async (context: Context, name: string): Promise<Reply> => {
  const { world, holder } = context
  const body = parseBody(Import, context.body())
  const wantsHsm = body.Hsm === true || body.key.kty.endsWith('-HSM') || holder.kind === 'hsm'
  const family = body.key.kty.replace('-HSM', '')
  const { kty } = checkedType(holder, wantsHsm ? `${family}-HSM` : family)
  const material =
    typeof body.key.key_hsm === 'string'
      ? await openByok(context, Buffer.from(body.key.key_hsm, 'base64url'))
      : keyOfNumbers(body)
  const version = { ...blankVersion(world, { kty, ...measured(kty, material) }), imported: true }
  const described = { ...body, key_ops: body.key.key_ops ?? body.key_ops }
  checkDescribed(described, operationsOf(version))
  const kept = {
    ...withDescribed(version, described, world.now('vault')),
    material: keptMaterial(material),
  }
  refuseDeletedName(world, findKey(world, holder, name))
  context.limits.spend(holder, { kind: 'create', version: kept })
  const key = world.store.change(() => addVersion(world, holder, name, kept))
  return ok(bundleOf(holder, key, kept, material))
}

const keyOfNumbers = ({ key }: Import): KeyObject => {
  const { kty, n, e, d, p, q, dp, dq, qi, crv, x, y } = key
  if (!d) return refuseParameter('Property key.d has invalid value: a key is imported with its private part.')
  if (crv === 'P-256K') return refuse(notSimulated('curve P-256K'))
  const numbers = kty.startsWith('EC')
    ? { kty: 'EC', crv, x, y, d }
    : { kty: 'RSA', n, e, d, p, q, dp, dq, qi }
  try {
    const jwk: Record<string, string> = {}
    for (const [name, value] of Object.entries(numbers)) if (typeof value === 'string') jwk[name] = value
    const material = createPrivateKey({ key: jwk, format: 'jwk' })
    if (belongsTogether(material, jwk)) return material
  } catch {
    return refuseParameter('Property key has invalid value: the numbers are no private key.')
  }
  return refuseParameter('Property key has invalid value: the numbers do not belong together.')
}

/** The private part signs, and the public part as it was sent has to agree. */
const belongsTogether = (material: KeyObject, jwk: Record<string, string>): boolean => {
  const publicParts = Object.entries(jwk).filter(([name]) =>
    ['kty', 'n', 'e', 'crv', 'x', 'y'].includes(name),
  )
  const publicKey = createPublicKey({ key: Object.fromEntries(publicParts), format: 'jwk' })
  const probe = Buffer.from('probe')
  return verify('sha256', probe, publicKey, sign('sha256', probe, material))
}

const measured = (kty: string, material: KeyObject): Pick<KeyVersion, 'size' | 'curve'> => {
  const { modulusLength, namedCurve } = material.asymmetricKeyDetails ?? {}
  if (material.asymmetricKeyType === 'rsa' && kty.startsWith('RSA')) {
    if (modulusLength !== 2048 && modulusLength !== 3072 && modulusLength !== 4096)
      return refuseParameter(`Keys of ${String(modulusLength)} bits are not taken.`)
    return { size: modulusLength, curve: null }
  }
  const curve = [...CURVES].find(([name]) => name === namedCurve)?.[1]
  if (material.asymmetricKeyType === 'ec' && kty.startsWith('EC') && curve !== undefined)
    return { size: null, curve }
  return refuseParameter(`Property key.kty has invalid value: the key is not of type ${kty}.`)
}
