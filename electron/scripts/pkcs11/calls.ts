import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Script, ScriptPart, SecretHole } from '../../../shared/model/script.ts'

/**
 * Calls of a token as text for people: one call a line, what it is given behind it. The adapter makes the same calls. Labels
 * are quoted as JSON; anything that could break a line is refused.
 */

/** `CKM_…`, `CKU_…`, a size: words of the standard, or numbers. */
type Word = string

export type Attribute = readonly [name: string, value: string | boolean]

export const label = (text: string): string => {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed() || Buffer.byteLength(text) > 128)
    throw new KeyturnError(
      'answers-incomplete',
      { count: 1 },
      {
        fields: [
          {
            field: 'label',
            message: 'The name of the key holds what no label can: a control character, or over 128 bytes',
          },
        ],
      },
    )
  return JSON.stringify(text)
}

export const attributes = (list: readonly Attribute[]): string =>
  list.map(([name, value]) => `${name} ${String(value)}`).join(', ')

const line = (call: string, ...words: readonly (Word | SecretHole)[]): ScriptPart[] => [
  call,
  ...words.flatMap((word): ScriptPart[] => (typeof word === 'string' ? [` ${word}`] : [' ', word])),
]

/** Lines of one script; neighboring texts become one part, so that equal scripts have one form. */
export const script = (...lines: readonly (readonly ScriptPart[])[]): Script => {
  const parts: ScriptPart[] = []
  for (const [index, pieces] of lines.entries()) {
    for (const piece of index === 0 ? pieces : ['\n', ...pieces]) {
      const last = parts.at(-1)
      if (typeof piece === 'string' && typeof last === 'string') parts[parts.length - 1] = last + piece
      else parts.push(piece)
    }
  }
  return { language: 'pkcs11', parts }
}

export const pinHole: SecretHole = { hole: 'hsm_pin', purpose: 'hsm.pin' }

export const logIn = (): ScriptPart[] => line('C_Login', 'CKU_USER', pinHole)

const common = (name: string, id: string): Attribute[] => [
  ['CKA_LABEL', label(name)],
  ['CKA_ID', id],
  ['CKA_TOKEN', true],
]

export type HsmKeyType = 'rsa-2048' | 'rsa-3072' | 'ec-p256' | 'ec-p384' | 'aes-256'

interface NewKey {
  name: string
  /** Hex digits. */
  id: string
  type: HsmKeyType
  extractable: boolean
}

export const generate = ({ name, id, type, extractable }: NewKey): ScriptPart[] => {
  const secret: Attribute[] = [
    ...common(name, id),
    ['CKA_PRIVATE', true],
    ['CKA_SENSITIVE', true],
    ['CKA_EXTRACTABLE', extractable],
  ]
  if (type === 'aes-256')
    return line(
      'C_GenerateKey',
      'CKM_AES_KEY_GEN, 32 bytes,',
      attributes([
        ...secret,
        ['CKA_WRAP', true],
        ['CKA_UNWRAP', true],
        ['CKA_ENCRYPT', true],
        ['CKA_DECRYPT', true],
      ]),
    )
  const rsa = type === 'rsa-2048' || type === 'rsa-3072'
  const what = rsa
    ? `CKM_RSA_PKCS_KEY_PAIR_GEN, ${type === 'rsa-2048' ? 2048 : 3072} bits`
    : `CKM_EC_KEY_PAIR_GEN, ${type === 'ec-p256' ? 'P-256' : 'P-384'}`
  const shown = attributes([
    ...common(name, id),
    ['CKA_VERIFY', true],
    ...(rsa
      ? ([
          ['CKA_ENCRYPT', true],
          ['CKA_WRAP', true],
        ] as const)
      : []),
  ])
  const hidden = attributes([
    ...secret,
    ['CKA_SIGN', true],
    ...(rsa
      ? ([
          ['CKA_DECRYPT', true],
          ['CKA_UNWRAP', true],
        ] as const)
      : []),
  ])
  return line('C_GenerateKeyPair', `${what}\n  public: ${shown}\n  private: ${hidden}`)
}

const ephemeral = '‹temporary key›'
/** SoftHSM shows no check value of a key that it unwrapped. */
const orEncrypted = ' (where the token says none: C_Encrypt, CKM_AES_ECB, 16 zero bytes)'
const oaepWords = { sha1: 'CKM_SHA_1, CKG_MGF1_SHA1', sha256: 'CKM_SHA256, CKG_MGF1_SHA256' } as const

export const generateEphemeral = (): ScriptPart[] =>
  line(
    'C_GenerateKey',
    `CKM_AES_KEY_GEN, 32 bytes, CKA_TOKEN false, CKA_SENSITIVE true, CKA_EXTRACTABLE true → ${ephemeral}`,
  )

/** A public key becomes an object of the session. `print`: SHA-256 of its SubjectPublicKeyInfo. */
export const usePublicKey = (whose: string, print: string): ScriptPart[] =>
  line(
    'C_CreateObject',
    `CKO_PUBLIC_KEY of ${label(whose)} (SHA-256 ${print}), CKA_TOKEN false, CKA_WRAP true`,
  )

export const wrapEphemeral = (whose: string, hash: 'sha1' | 'sha256'): ScriptPart[] =>
  line('C_WrapKey', `CKM_RSA_PKCS_OAEP, ${oaepWords[hash]}, ${ephemeral} under ${label(whose)}`)

export const wrapKey = (mechanism: string, id: string): ScriptPart[] =>
  line('C_WrapKey', `${mechanism}, private key ${id} under ${ephemeral}`)

export const unwrapForCheck = (mechanism: string): ScriptPart[] =>
  line(
    'C_UnwrapKey',
    `${mechanism}, what was written, under ${ephemeral}, CKA_TOKEN false, CKA_EXTRACTABLE false → ‹copy›`,
  )

export const compareBySignature = (mechanism: string): ScriptPart[] =>
  line('C_Sign', `${mechanism}, the same bytes with the key and with ‹copy›; both signatures are compared`)

export const compareByCheckValue = (): ScriptPart[] =>
  line('C_GetAttributeValue', `CKA_CHECK_VALUE of the key and of ‹copy›${orEncrypted}; both are compared`)

export const destroySession = (...what: readonly string[]): ScriptPart[] =>
  line('C_DestroyObject', what.join(', '))

export const dropEphemeral = (): ScriptPart[] => destroySession('‹copy›', ephemeral)

/** What a key in an escrow package is wrapped with becomes an object of the session. */
export const takeTemporary = (path: string): ScriptPart[] =>
  line(
    'C_CreateObject',
    `CKO_SECRET_KEY, CKK_AES, 32 bytes out of ${path}, CKA_TOKEN false, CKA_SENSITIVE true, CKA_EXTRACTABLE false, CKA_UNWRAP true → ${ephemeral}`,
  )

/** An escrowed key, unwrapped for the session (`kept` null) or to stay. `uses`: `SIGN`, `UNWRAP`. */
export const unwrapEscrowed = (
  mechanism: string,
  path: string,
  kept: { name: string; id: string } | null,
  uses: readonly string[],
): ScriptPart[] =>
  line(
    'C_UnwrapKey',
    `${mechanism}, the key in ${path}, under ${ephemeral}, ${attributes([
      ...(kept === null ? ([['CKA_TOKEN', false]] as const) : common(kept.name, kept.id)),
      ['CKA_PRIVATE', true],
      ['CKA_SENSITIVE', true],
      ['CKA_EXTRACTABLE', false],
      ...uses.map((use): Attribute => [`CKA_${use}`, true]),
    ])}${kept === null ? ' → ‹copy›' : ''}`,
  )

export const comparePublicHalf = (print: string): ScriptPart[] =>
  line(
    'C_GetAttributeValue',
    `CKA_MODULUS, CKA_PUBLIC_EXPONENT of ‹copy›; SHA-256 of its public key has to be ${print}`,
  )

export const compareCheckValue = (kcv: string): ScriptPart[] =>
  line('C_GetAttributeValue', `CKA_CHECK_VALUE of ‹copy›${orEncrypted}; it has to be ${kcv}`)

/** The public half of a key that was unwrapped to stay. */
export const keepPublicHalf = (name: string, id: string, path: string): ScriptPart[] =>
  line('C_CreateObject', `CKO_PUBLIC_KEY out of ${path}, ${attributes(common(name, id))}`)

/** `key`: how the script names it. */
export const signOnce = (key: string, path: string): ScriptPart[] =>
  line('C_Sign', `CKM_SHA256_RSA_PKCS, 64 random bytes with ${key}; checked outside with ${path}`)

export const decryptOnce = (key: string, hash: 'sha1' | 'sha256', path: string): ScriptPart[] =>
  line(
    'C_Decrypt',
    `CKM_RSA_PKCS_OAEP, ${oaepWords[hash]}, 32 random bytes, wrapped outside to ${path}, with ${key}; compared outside`,
  )

export const roundTrip = (mechanism: string, key: string): ScriptPart[] =>
  line(
    'C_WrapKey',
    `${mechanism}, a new AES key of the session under ${key}; C_UnwrapKey; check values compared`,
  )

export const lock = (id: string): ScriptPart[] =>
  line('C_SetAttributeValue', `key ${id}, CKA_EXTRACTABLE false`)

export const findPublic = (id: string): ScriptPart[] =>
  line('C_FindObjects', `CKO_PUBLIC_KEY with CKA_ID ${id}; SHA-256 of what it is`)
const classNames = {
  private: 'CKO_PRIVATE_KEY',
  public: 'CKO_PUBLIC_KEY',
  secret: 'CKO_SECRET_KEY',
} as const
export type KeyClass = keyof typeof classNames

export const setLabel = (of: KeyClass, id: string, name: string): ScriptPart[] =>
  line('C_SetAttributeValue', `${classNames[of]} with CKA_ID ${id}, CKA_LABEL ${label(name)}`)

export const destroyHalf = (of: KeyClass, id: string): ScriptPart[] =>
  line('C_DestroyObject', `${classNames[of]} with CKA_ID ${id}`)

/** In a new session. */
export const findNothing = (id: string): ScriptPart[] =>
  line('C_FindObjects', `in a new session: no object with CKA_ID ${id}`)

export const destroyKey = (id: string): ScriptPart[] => line('C_DestroyObject', `all keys with CKA_ID ${id}`)
