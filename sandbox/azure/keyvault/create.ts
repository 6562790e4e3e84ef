import { z } from 'zod'
import { notSimulated, refuse, type Reply } from '../http.ts'
import type { Key, KeyVersion } from '../state/model.ts'
import type { World } from '../world.ts'
import {
  checkDescribed,
  Described,
  EC_OPERATIONS,
  parseBody,
  RSA_OPERATIONS,
  withDescribed,
} from './attributes.ts'
import { bundleOf } from './bundle.ts'
import { ok, type Context } from './context.ts'
import { refuseParameter } from './errors.ts'
import type { Holder } from './holder.ts'
import { findKey, keyId, newKey, newVersionName, refuseDeletedName } from './keys.ts'
import { keptMaterial, newKeyObject } from './materials.ts'

const Create = Described.extend({
  kty: z.string(),
  key_size: z.number().int().nullish(),
  crv: z.string().nullish(),
  public_exponent: z.number().int().nullish(),
})
const KEY_TYPES = ['RSA', 'RSA-HSM', 'EC', 'EC-HSM'] as const
const RSA_SIZES = [2048, 3072, 4096]
const CURVES = ['P-256', 'P-384', 'P-521'] as const
/** A managed HSM holds no more of one key. */
const MOST_HSM_VERSIONS = 100

/** POST /keys/{name}/create: a new key, or a new version of one that is there. */
export const createKey = async (context: Context, name: string): Promise<Reply> => {
  const { world, holder } = context
  const body = parseBody(Create, context.body())
  const version = blankVersion(world, { ...checkedType(holder, body.kty), ...numbersOf(body) })
  checkDescribed(body, operationsOf(version))
  const described = withDescribed(version, body, world.now('vault'))
  refuseDeletedName(world, findKey(world, holder, name))
  context.limits.spend(holder, { kind: 'create', version: described })
  const material = await newKeyObject(described)
  const kept = { ...described, material: keptMaterial(material) }
  const key = world.store.change(() => addVersion(world, holder, name, kept))
  return ok(bundleOf(holder, key, kept, material))
}

export const operationsOf = ({ curve }: Pick<KeyVersion, 'curve'>): string[] =>
  curve === null ? RSA_OPERATIONS : EC_OPERATIONS

export const checkedType = (holder: Holder, kty: string): Pick<KeyVersion, 'kty'> => {
  if (kty === 'oct' || kty === 'oct-HSM') return refuse(notSimulated(`keys of type ${kty}`))
  const known = KEY_TYPES.find((each) => each === kty)
  if (known === undefined) return refuseParameter(`Property kty has invalid value: ${kty}`)
  const isHsm = known.endsWith('-HSM')
  if (isHsm && !holder.hsmKeys)
    refuseParameter(`Key type ${kty} needs a vault with the premium SKU; ${holder.name} has standard.`)
  if (!isHsm && !holder.softwareKeys) refuseParameter(`A managed HSM holds no keys of type ${kty}.`)
  return { kty: known }
}

const numbersOf = (body: z.infer<typeof Create>): Pick<KeyVersion, 'size' | 'curve'> => {
  if (body.kty.startsWith('EC')) {
    const wanted = body.crv ?? 'P-256'
    if (wanted === 'P-256K') return refuse(notSimulated('curve P-256K'))
    const curve = CURVES.find((each) => each === wanted)
    if (curve === undefined) return refuseParameter(`Property crv has invalid value: ${wanted}`)
    return { curve, size: null }
  }
  if (body.public_exponent !== undefined && body.public_exponent !== null && body.public_exponent !== 65537)
    refuse(notSimulated('public exponents other than 65537'))
  const size = body.key_size ?? 2048
  if (!RSA_SIZES.includes(size)) refuseParameter(`Property key_size has invalid value: ${size}`)
  return { curve: null, size }
}

export const blankVersion = (world: World, type: Pick<KeyVersion, 'kty' | 'size' | 'curve'>): KeyVersion => {
  const seconds = Math.floor(world.now('vault') / 1000)
  return {
    version: newVersionName(),
    ...type,
    keyOps: operationsOf(type),
    enabled: true,
    nbf: null,
    exp: null,
    created: seconds,
    updated: seconds,
    tags: null,
    imported: false,
    material: { kind: 'later' },
  }
}

/** Inside a change. Looks again: the name may have been deleted while the key was made. */
export const addVersion = (world: World, holder: Holder, name: string, version: KeyVersion): Key => {
  const known = world.keys.get(keyId(holder, name))
  refuseDeletedName(world, known)
  if (holder.kind === 'hsm' && (known?.versions.length ?? 0) >= MOST_HSM_VERSIONS)
    refuseParameter(`A managed HSM holds at most ${MOST_HSM_VERSIONS} versions of a key.`)
  const key: Key = known
    ? { ...known, versions: [...known.versions, version] }
    : newKey(holder.id, name, [version])
  world.keys.put(key)
  return key
}
