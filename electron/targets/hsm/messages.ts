import { z } from 'zod'
import { hsmErrors } from '../../../shared/errors/catalogue-hsm.ts'
import { hsmKeyErrors } from '../../../shared/errors/catalogue-hsm-keys.ts'

/** What goes between the program and a module's process, checked at both ends. Byte arrays travel as bytes. */

export const limits = {
  /** Keys that one search gives. */
  keys: 2_000,
  slots: 256,
  mechanisms: 1_024,
  /** Bytes of data to sign. */
  data: 65_536,
  /** Bytes of a wrapped key. */
  wrapped: 16_384,
  label: 128,
  /** Bytes of any attribute that is read; a modulus of 16,384 bits has 2,048. */
  attribute: 4_096,
} as const

const bytes = (most: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= most)
/** Any text that a module gives, cut and cleaned by the child. */
const said = z.string().max(256)
const hex = (most: number) =>
  z
    .string()
    .regex(/^([0-9a-f]{2})*$/)
    .max(most)
/** A handle of PKCS#11 as its bytes: eight, or four on Windows. */
const handle = z.string().regex(/^([0-9a-f]{8}){1,2}$/)
const label = z.string().max(limits.label)
const serial = z.string().min(1).max(64)
const uses = z.array(z.enum(['wrap', 'unwrap', 'encrypt', 'decrypt'])).max(4)
const kept = z.enum(['token', 'session'])
const how = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('oaep'), hash: z.enum(['sha1', 'sha256']) }),
  z.strictObject({
    kind: z.literal('aes-key-wrap'),
    mechanism: z.enum(['CKM_AES_KEY_WRAP_KWP', 'CKM_AES_KEY_WRAP_PAD']),
  }),
])
const scheme = z.enum(['rsa-pkcs1-sha256', 'rsa-pss-sha256', 'ecdsa-sha256'])
const newKey = { label, id: hex(64), extractable: z.boolean() }
const pinState = z.enum(['ok', 'few-tries-left', 'last-try', 'locked', 'not-initialised'])

const tokenFacts = z.strictObject({
  label: said,
  serial: said,
  manufacturer: said,
  model: said,
  hardware: said,
  firmware: said,
  initialised: z.boolean(),
  pin: pinState,
  officerPin: pinState,
  loginRequired: z.boolean(),
  pinPad: z.boolean(),
  writeProtected: z.boolean(),
  shortestPin: z.number().nullable(),
  longestPin: z.number().nullable(),
})

const flag = z.boolean().nullable()
const key = z.strictObject({
  handle,
  class: z.enum(['private', 'public', 'secret']),
  type: z.enum(['RSA', 'EC', 'AES', 'generic', 'other']),
  label: z.string().max(limits.attribute),
  id: hex(2 * limits.attribute),
  bits: z.number().int().nonnegative().nullable(),
  curve: z.enum(['P-256', 'P-384']).nullable(),
  kept,
  attributes: z.strictObject({
    private: flag,
    modifiable: flag,
    local: flag,
    sensitive: flag,
    alwaysSensitive: flag,
    extractable: flag,
    neverExtractable: flag,
    wrapWithTrusted: flag,
    trusted: flag,
    sign: flag,
    verify: flag,
    encrypt: flag,
    decrypt: flag,
    wrap: flag,
    unwrap: flag,
  }),
  spki: bytes(limits.attribute).nullable(),
  spkiSha256: hex(64).nullable(),
  checkValue: hex(64).nullable(),
})
const pair = z.strictObject({ privateKey: key, publicKey: key })
const mechanisms = z
  .array(
    z.strictObject({
      number: z.number().int().nonnegative(),
      name: said,
      smallest: z.number().nullable(),
      largest: z.number().nullable(),
    }),
  )
  .max(limits.mechanisms)
const nothing = z.null()

/** Name of each operation: what it takes and what it gives. */
export const operations = {
  load: {
    takes: { path: z.string().max(4_096), sha256: hex(64) },
    gives: z.strictObject({ manufacturer: said, description: said, cryptoki: said, version: said }),
  },
  slots: {
    takes: {},
    gives: z.array(z.strictObject({ description: said, token: tokenFacts.nullable() })).max(limits.slots),
  },
  open: { takes: { serial }, gives: nothing },
  facts: { takes: {}, gives: tokenFacts },
  mechanisms: { takes: { serial }, gives: z.strictObject({ token: tokenFacts, mechanisms }) },
  logIn: {
    takes: { pin: bytes(256), seen: z.enum(['last-try', 'locked']).nullable() },
    gives: z.strictObject({ already: z.boolean() }),
  },
  logOut: { takes: {}, gives: nothing },
  find: {
    takes: {
      id: hex(2 * limits.attribute).nullable(),
      label: z.string().max(limits.attribute).nullable(),
      class: z.enum(['private', 'public', 'secret']).nullable(),
      /** What only a user sees counts too: an answer that nobody is logged in for is none. */
      asUser: z.boolean(),
    },
    gives: z.array(key).max(limits.keys),
  },
  describe: { takes: { handle }, gives: key },
  generateRsa: {
    takes: { ...newKey, bits: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]) },
    gives: pair,
  },
  generateEc: { takes: { ...newKey, curve: z.enum(['P-256', 'P-384']) }, gives: pair },
  generateAes: {
    takes: { ...newKey, bits: z.union([z.literal(128), z.literal(256)]), kept, uses },
    gives: key,
  },
  usePublicKey: { takes: { spki: bytes(limits.attribute) }, gives: key },
  keepPublicKey: {
    takes: { label: newKey.label, id: newKey.id, spki: bytes(limits.attribute) },
    gives: key,
  },
  importSecret: {
    takes: { ...newKey, value: bytes(256), type: z.enum(['AES', 'generic']), kept, uses },
    gives: key,
  },
  wrap: { takes: { key: handle, with: handle, how }, gives: bytes(limits.wrapped) },
  unwrap: {
    takes: {
      wrapped: bytes(limits.wrapped),
      with: handle,
      how,
      as: z.discriminatedUnion('class', [
        z.strictObject({ ...newKey, kept, class: z.literal('private'), type: z.enum(['RSA', 'EC']) }),
        z.strictObject({
          ...newKey,
          kept,
          class: z.literal('secret'),
          type: z.enum(['AES', 'generic']),
          uses,
        }),
      ]),
    },
    gives: key,
  },
  decrypt: {
    takes: { key: handle, hash: z.enum(['sha1', 'sha256']), data: bytes(2_048) },
    gives: bytes(2_048),
  },
  checkValue: { takes: { key: handle }, gives: hex(6) },
  sign: { takes: { key: handle, scheme, data: bytes(limits.data) }, gives: bytes(2_048) },
  verify: {
    takes: { key: handle, scheme, data: bytes(limits.data), signature: bytes(2_048) },
    gives: z.boolean(),
  },
  setLabel: { takes: { key: handle, label }, gives: key },
  setNotExtractable: { takes: { key: handle }, gives: key },
  destroy: { takes: { key: handle }, gives: nothing },
} as const

export type Operation = keyof typeof operations
export type Takes<Op extends Operation> = z.infer<z.ZodObject<(typeof operations)[Op]['takes']>>
export type Gives<Op extends Operation> = z.infer<(typeof operations)[Op]['gives']>
export type KeyFacts = z.infer<typeof key>
export type TokenFacts = z.infer<typeof tokenFacts>
export type MechanismFacts = z.infer<typeof mechanisms>[number]
export type How = z.infer<typeof how>

export type HsmErrorCode = keyof typeof hsmErrors | keyof typeof hsmKeyErrors
const codes = [...Object.keys(hsmErrors), ...Object.keys(hsmKeyErrors)] as [HsmErrorCode, ...HsmErrorCode[]]

/** The envelope; what it takes is checked with the operation's own schema. */
export const requestSchema = z.strictObject({
  id: z.number().int().positive(),
  op: z.enum(Object.keys(operations) as [Operation, ...Operation[]]),
  takes: z.unknown(),
})

/** Each operation's input as one strict schema, made once. */
export const takesSchemas = Object.fromEntries(
  Object.entries(operations).map(([op, { takes }]) => [op, z.strictObject(takes)]),
) as unknown as { [Op in Operation]: z.ZodType<Takes<Op>> }

const failure = z.strictObject({
  code: z.enum(codes),
  params: z.record(z.string().max(32), z.string().max(256)),
  vendor: z.strictObject({ name: z.string().max(64), number: z.number().int().nonnegative() }).nullable(),
  /** The session is of no use any more: the token has to be opened again. */
  lost: z.boolean(),
})
export type Failure = z.infer<typeof failure>

export const replySchema = z.union([
  z.strictObject({ id: z.number().int().positive(), gives: z.unknown() }),
  z.strictObject({ id: z.number().int().positive(), failure }),
])

/** What people read where an operation is named. */
export const operationWords: Readonly<Record<Operation, string>> = {
  load: 'loading the module',
  slots: 'reading the slots',
  open: 'opening the token',
  facts: 'reading the token',
  mechanisms: 'reading the mechanisms',
  logIn: 'logging in',
  logOut: 'logging out',
  find: 'looking for keys',
  describe: 'reading the key',
  generateRsa: 'making the RSA key',
  generateEc: 'making the EC key',
  generateAes: 'making the AES key',
  usePublicKey: 'taking the public key in',
  keepPublicKey: 'putting the public key on the token',
  importSecret: 'taking the secret key in',
  wrap: 'wrapping the key',
  unwrap: 'unwrapping the key',
  decrypt: 'decrypting',
  checkValue: 'reading the check value',
  sign: 'signing',
  verify: 'checking the signature',
  setLabel: 'naming the key',
  setNotExtractable: 'making the key not extractable',
  destroy: 'destroying the key',
}
