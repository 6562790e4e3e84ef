import { createHash, createPublicKey } from 'node:crypto'
import type * as Pkcs11 from 'pkcs11js'
import { limits, type KeyFacts, type Takes } from '../messages.ts'
import { attributeOf, cleaned, flagOf, ulongOf, type Session } from './attributes.ts'
import { Refusal } from './failures.ts'
import { assertUser, stillThere } from './module.ts'

type Template = Pkcs11.Template

const classes = ['private', 'public', 'secret'] as const
type KeyClass = (typeof classes)[number]

export const classNumber = (lib: typeof Pkcs11, name: KeyClass): number =>
  ({ private: lib.CKO_PRIVATE_KEY, public: lib.CKO_PUBLIC_KEY, secret: lib.CKO_SECRET_KEY })[name]

/** DER of the curve's object identifier, as CKA_EC_PARAMS has it. */
export const curveParams = {
  'P-256': Buffer.from('06082a8648ce3d030107', 'hex'),
  'P-384': Buffer.from('06052b81040022', 'hex'),
} as const
const coordinateBytes = { 'P-256': 32, 'P-384': 48 } as const
type Curve = keyof typeof curveParams

/** Handles of what fits the template, at most `most`; more is an error, not a shorter list. */
export const search = ({ module, handle }: Session, template: Template, most: number): Buffer[] => {
  module.C_FindObjectsInit(handle, template)
  try {
    const found: Buffer[] = []
    for (;;) {
      const asked = Math.min(256, most + 1 - found.length)
      const some = module.C_FindObjects(handle, asked)
      if (some.length > asked)
        throw new Refusal('hsm-module-lies', {
          why: `it gave ${some.length} objects where ${asked} were asked for`,
        })
      found.push(...some)
      if (found.length > most) throw new Refusal('hsm-too-many', { limit: String(most) })
      if (some.length === 0) return found
    }
  } finally {
    module.C_FindObjectsFinal(handle)
  }
}

/** Keys that fit. A removed token goes on listing what it had, so it is asked first whether it is there. */
export const findKeys = (session: Session, query: Takes<'find'>): KeyFacts[] => {
  if (!stillThere(session)) throw new Refusal('hsm-token-gone', {}, { lost: true })
  const { lib } = session
  const found: KeyFacts[] = []
  for (const name of query.class === null ? classes : [query.class]) {
    const template: Template = [
      { type: lib.CKA_CLASS, value: classNumber(lib, name) },
      ...(query.id === null ? [] : [{ type: lib.CKA_ID, value: Buffer.from(query.id, 'hex') }]),
      ...(query.label === null ? [] : [{ type: lib.CKA_LABEL, value: Buffer.from(query.label) }]),
    ]
    for (const object of search(session, template, limits.keys - found.length))
      found.push(describeKey(session, object))
  }
  if (query.asUser) assertUser(session)
  return found
}

/** Whether a key of these classes carries this id. An empty id is none. */
export const isIdTaken = (session: Session, id: string, among: readonly KeyClass[]): boolean => {
  if (id === '') return false
  const { lib } = session
  const taken = among.some((name) => {
    const template: Template = [
      { type: lib.CKA_CLASS, value: classNumber(lib, name) },
      { type: lib.CKA_ID, value: Buffer.from(id, 'hex') },
    ]
    return search(session, template, limits.keys).length > 0
  })
  if (!taken) assertUser(session)
  return taken
}

export const describeKey = (session: Session, object: Buffer): KeyFacts => {
  const { lib } = session
  const read = (type: number): Buffer | null => attributeOf(session, object, type)
  const flag = (type: number): boolean | null => flagOf(session, object, type)
  const number = ulongOf(read(lib.CKA_CLASS))
  const name = classes.find((known) => classNumber(lib, known) === number)
  // Every object has a class: one without is gone, or was never a key.
  if (name === undefined) throw new Refusal('hsm-object-gone')
  const type = typeOf(lib, ulongOf(read(lib.CKA_KEY_TYPE)))
  const id = read(lib.CKA_ID)?.toString('hex') ?? ''
  const curve = type === 'EC' ? curveOf(read(lib.CKA_EC_PARAMS)) : null
  const spki = name === 'secret' ? null : publicHalf(session, object, { name, type, curve, id })
  return {
    handle: object.toString('hex'),
    class: name,
    type,
    label: cleaned(read(lib.CKA_LABEL)?.toString('utf8') ?? '', limits.attribute),
    id,
    bits: bitsOf(session, object, type, curve),
    curve,
    kept: flag(lib.CKA_TOKEN) === true ? 'token' : 'session',
    attributes: {
      private: flag(lib.CKA_PRIVATE),
      modifiable: flag(lib.CKA_MODIFIABLE),
      local: flag(lib.CKA_LOCAL),
      sensitive: flag(lib.CKA_SENSITIVE),
      alwaysSensitive: flag(lib.CKA_ALWAYS_SENSITIVE),
      extractable: flag(lib.CKA_EXTRACTABLE),
      neverExtractable: flag(lib.CKA_NEVER_EXTRACTABLE),
      wrapWithTrusted: flag(lib.CKA_WRAP_WITH_TRUSTED),
      trusted: flag(lib.CKA_TRUSTED),
      sign: flag(lib.CKA_SIGN),
      verify: flag(lib.CKA_VERIFY),
      encrypt: flag(lib.CKA_ENCRYPT),
      decrypt: flag(lib.CKA_DECRYPT),
      wrap: flag(lib.CKA_WRAP),
      unwrap: flag(lib.CKA_UNWRAP),
    },
    spki,
    spkiSha256: spki === null ? null : createHash('sha256').update(spki).digest('hex'),
    checkValue: name === 'secret' ? read(lib.CKA_CHECK_VALUE)?.toString('hex').slice(0, 64) || null : null,
  }
}

const typeOf = (lib: typeof Pkcs11, number: number | null): KeyFacts['type'] => {
  if (number === lib.CKK_RSA) return 'RSA'
  if (number === lib.CKK_EC) return 'EC'
  if (number === lib.CKK_AES) return 'AES'
  return number === lib.CKK_GENERIC_SECRET ? 'generic' : 'other'
}

const curveOf = (params: Buffer | null): Curve | null =>
  params === null
    ? null
    : params.equals(curveParams['P-256'])
      ? 'P-256'
      : params.equals(curveParams['P-384'])
        ? 'P-384'
        : null

const bitsOf = (
  session: Session,
  object: Buffer,
  type: KeyFacts['type'],
  curve: Curve | null,
): number | null => {
  const { lib } = session
  if (type === 'RSA') return modulusBits(attributeOf(session, object, lib.CKA_MODULUS))
  if (type === 'EC') return curve === null ? null : 8 * coordinateBytes[curve]
  if (type === 'other') return null
  const length = ulongOf(attributeOf(session, object, lib.CKA_VALUE_LEN))
  // 0 is what SoftHSM says of a key that was unwrapped.
  return length === null || length === 0 || length > limits.attribute ? null : 8 * length
}

const modulusBits = (modulus: Buffer | null): number | null => {
  const first = modulus?.findIndex((byte) => byte !== 0) ?? -1
  if (modulus === null || first < 0) return null
  return 8 * (modulus.length - first) - Math.clz32(modulus[first] ?? 0) + 24
}

/** Bytes of a signature or of one OAEP block by this key; null: not said. */
export const blockBytes = (session: Session, object: Buffer): number | null => {
  const { lib } = session
  const type = typeOf(lib, ulongOf(attributeOf(session, object, lib.CKA_KEY_TYPE)))
  if (type === 'EC') {
    const curve = curveOf(attributeOf(session, object, lib.CKA_EC_PARAMS))
    return curve === null ? null : 2 * coordinateBytes[curve]
  }
  const bits = type === 'RSA' ? modulusBits(attributeOf(session, object, lib.CKA_MODULUS)) : null
  return bits === null ? null : Math.ceil(bits / 8)
}

interface Half {
  name: KeyClass
  type: KeyFacts['type']
  curve: Curve | null
  id: string
}

const publicHalf = (session: Session, object: Buffer, { name, type, curve, id }: Half): Buffer | null => {
  const { lib } = session
  if (type === 'RSA')
    return rsaSpki(
      attributeOf(session, object, lib.CKA_MODULUS),
      attributeOf(session, object, lib.CKA_PUBLIC_EXPONENT),
    )
  if (type !== 'EC' || curve === null) return null
  if (name === 'public') return ecSpki(curve, attributeOf(session, object, lib.CKA_EC_POINT))
  if (id === '') return null
  const [point, another] = search(
    session,
    [
      { type: lib.CKA_CLASS, value: lib.CKO_PUBLIC_KEY },
      { type: lib.CKA_KEY_TYPE, value: lib.CKK_EC },
      { type: lib.CKA_ID, value: Buffer.from(id, 'hex') },
    ],
    limits.keys,
  )
  // Two with one id: which of them belongs to it can't be told.
  return point === undefined || another !== undefined
    ? null
    : ecSpki(curve, attributeOf(session, point, lib.CKA_EC_POINT))
}

const spkiOf = (jwk: Record<string, string>): Buffer | null => {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
  } catch {
    return null
  }
}

const rsaSpki = (modulus: Buffer | null, exponent: Buffer | null): Buffer | null => {
  const bits = modulusBits(modulus)
  if (modulus === null || exponent === null || bits === null || bits < 512) return null
  return spkiOf({ kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') })
}

/** CKA_EC_POINT is an OCTET STRING around the point; some modules give the point itself. */
const ecSpki = (curve: Curve, value: Buffer | null): Buffer | null => {
  const length = 1 + 2 * coordinateBytes[curve]
  const point =
    value?.length === length + 2 && value[0] === 4 && value[1] === length ? value.subarray(2) : value
  if (point?.length !== length || point[0] !== 4) return null
  const middle = 1 + coordinateBytes[curve]
  return spkiOf({
    kty: 'EC',
    crv: curve,
    x: point.subarray(1, middle).toString('base64url'),
    y: point.subarray(middle).toString('base64url'),
  })
}
