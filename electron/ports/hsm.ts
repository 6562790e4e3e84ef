import type { HsmTokenShown } from '../../shared/model/hsm.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { HsmCapabilities, HsmKeyWrapMechanism, HsmProbe } from './hsm-abilities.ts'

export type * from './hsm-abilities.ts'

/**
 * Tokens behind PKCS#11 modules. Every method throws `KeyturnError` only; the vendor's CKR name and number are kept in
 * its `vendor`. Each call that reaches a module can end in `hsm-module-loader-missing` (pkcs11js is not there),
 * `hsm-module-changed`, `hsm-module-crashed`, `hsm-module-keeps-crashing`, `hsm-module-hangs`, `hsm-module-lies`,
 * `hsm-cancelled` and `hsm-failed`; a call of a token also in `hsm-token-gone`, `hsm-token-not-found`,
 * `hsm-log-in-again`, `hsm-closed`, and `hsm-identity-changed` where another device has the serial number after a loss. Others
 * are named at the method. No call is repeated by itself.
 */
export interface Hsms {
  /**
   * Looks at a file before anything is loaded: never loads it. Refuses what could not be used: `hsm-module-path` (not
   * absolute), `hsm-module-missing`, `hsm-module-not-one` (no 64-bit library of this kind of computer), `hsm-module-writable`
   * (others than its owner and the administrators may write it or a folder above it).
   */
  inspect(path: string): Promise<HsmModuleFacts>
  /** Slots with their tokens, in a process of its own that ends afterwards. No PIN is used. */
  slots(module: HsmModuleRef, options?: HsmCallOptions): Promise<HsmModuleView>
  /** Mechanisms of one token and what they mean for Keyturn's jobs. No PIN is used. `hsm-token-not-found`. */
  capabilities(token: HsmTokenRef, options?: HsmCallOptions): Promise<HsmCapabilities>
  /**
   * Starts a process for this token and opens a session in it, without logging in. The token is found by its serial
   * number; `hsm-token-twice` where two tokens of the module say the same one. The caller closes it.
   */
  open(token: HsmTokenRef, options?: HsmCallOptions): Promise<HsmToken>
  /** Ends every process that is still there. */
  close(): Promise<void>
}

export interface HsmModuleRef {
  /** Absolute. */
  path: string
  /** SHA-256 of the file as `inspect` gave it, 64 lower-case hex digits. Another file there is `hsm-module-changed`. */
  sha256: string
  /** Variables that the module reads its own configuration from: absolute paths, no secrets. Only of its process. */
  configuration?: Readonly<Partial<Record<HsmModuleVariable, string>>>
}

/** The variables by which modules find their configuration; no other is passed on. */
export const hsmModuleVariables = [
  'SOFTHSM2_CONF',
  'ChrystokiConfigurationPath',
  'CS_PKCS11_R2_CFG',
  'CS_PKCS11_R3_CFG',
  'NFAST_HOME',
  'PKCS11_PROXY_SOCKET',
  'YUBIHSM_PKCS11_CONF',
  'CLOUDHSM_PKCS11_CONFIG',
] as const
export type HsmModuleVariable = (typeof hsmModuleVariables)[number]

export interface HsmModuleFacts {
  /** As it was given. */
  path: string
  /** Where links led; the file that is hashed and loaded. */
  realPath: string
  sha256: string
  bytes: number
  format: 'elf' | 'pe' | 'mach-o'
  /** Name of the owner, or `uid 123`; null: not known on this system. */
  owner: string | null
}

export interface HsmModuleView {
  /** What the module says of itself. */
  manufacturer: string
  description: string
  /** `2.40` */
  cryptoki: string
  version: string
  slots: readonly HsmSlotFacts[]
}

export interface HsmSlotFacts {
  description: string
  /** Null: nothing is in the slot. */
  token: HsmTokenFacts | null
}

export interface HsmTokenFacts extends HsmTokenShown {
  loginRequired: boolean
  /** Bytes of a PIN; null: not said. */
  shortestPin: number | null
  longestPin: number | null
}

export interface HsmTokenRef {
  module: HsmModuleRef
  serial: string
  /** For messages only; the serial number decides. */
  label: string
}

export interface HsmCallOptions {
  /** A call that is under way in the module can't be called off: the process is ended, and the session with it. */
  signal?: AbortSignal
  /** Milliseconds. Default 30,000; 300,000 for making a key. Then the process is ended: `hsm-module-hangs`. */
  timeoutMs?: number
}

/**
 * A handle of one object in one session of this token. After the session is gone (process ended, token removed, logged in
 * again) it is refused: `hsm-handle-old`; look for the key again by its id.
 */
export type HsmHandle = string & { readonly __hsmHandle: unique symbol }

/** One open token, in a process of its own. Calls wait for each other in the order they came. */
export interface HsmToken {
  readonly ref: HsmTokenRef
  /** Read anew. The PIN state is that of this moment. */
  facts(options?: HsmCallOptions): Promise<HsmTokenFacts>
  /**
   * One attempt as the token's user; never repeated. The PIN's state is read first: `last-try` and `locked` are refused
   * (`hsm-pin-last-try`, `hsm-pin-locked`) unless `seen` names what the person was shown. `hsm-pin-wrong` says the state after
   * the attempt. `hsm-pin-length`, `hsm-pin-pad`, `hsm-pin-not-set`. The caller wipes the PIN. Being logged in already is no error.
   */
  logIn(pin: SecretBytes, options?: HsmLogInOptions): Promise<void>
  /** Ends what logging in gave; session objects and handles are gone with it. Repeating it is harmless. */
  logOut(options?: HsmCallOptions): Promise<void>
  /** Mechanisms and abilities, as `Hsms.capabilities`. */
  capabilities(options?: HsmCallOptions): Promise<HsmCapabilities>
  /**
   * What the token's AES key wrap and OAEP really do, with known keys in this session; leaves nothing. Needs the PIN.
   * The verdict holds for the module's hash and the firmware.
   */
  probe(options?: HsmCallOptions): Promise<HsmProbe>

  /**
   * Keys that fit, at most 2,000 (`hsm-too-many`). Without being logged in only `{ onlyPublic: true }` is answered: a
   * token hides the others silently (`hsm-not-logged-in`).
   */
  find(query?: HsmQuery, options?: HsmCallOptions): Promise<readonly HsmKey[]>
  /** Read anew. `hsm-object-gone`. */
  describe(handle: HsmHandle, options?: HsmCallOptions): Promise<HsmKey>

  /**
   * A key pair on the token. Refused when any private or public key there carries this id already (`hsm-id-taken`), so
   * repeating it never makes a second one: after a broken call look with `find({ id })`. Private half: sensitive, signs,
   * decrypts, unwraps.
   */
  generateRsa(request: NewHsmRsaKey, options?: HsmCallOptions): Promise<HsmKeyPair>
  /** As `generateRsa`; signs only. */
  generateEc(request: NewHsmEcKey, options?: HsmCallOptions): Promise<HsmKeyPair>
  /** As `generateRsa`, for a secret key. A key of the session (`kept: 'session'`) needs no id. */
  generateAes(request: NewHsmAesKey, options?: HsmCallOptions): Promise<HsmKey>
  /** AES-256 of this session that wraps others and can be wrapped itself; gone when the session ends. */
  generateEphemeral(options?: HsmCallOptions): Promise<HsmKey>
  /** A recipient's RSA public key as an object of the session, for wrapping and verifying. `hsm-public-key` when the SPKI is none. */
  usePublicKey(spki: Uint8Array, options?: HsmCallOptions): Promise<HsmKey>
  /**
   * An RSA public key as an object of the token, beside a private half that was unwrapped there: modules find a pair by
   * both. `hsm-id-taken` where a public key carries this id already; `hsm-public-key`.
   */
  keepPublicKey(
    spki: Uint8Array,
    named: { label: string; id: string },
    options?: HsmCallOptions,
  ): Promise<HsmKey>
  /** A secret key from bytes. Sensitive. The caller wipes. `hsm-id-taken` as above. */
  importSecret(value: SecretBytes, request: ImportedHsmSecret, options?: HsmCallOptions): Promise<HsmKey>

  /**
   * The key, encrypted inside the token. `hsm-not-extractable`, `hsm-not-wrappable`, `hsm-mechanism`. RSA keys come as PKCS #8;
   * whether zero bytes follow it is the probe's answer.
   */
  wrap(request: HsmWrapRequest, options?: HsmCallOptions): Promise<Uint8Array>
  /** A key out of what `wrap` gave, here or elsewhere. `hsm-unwrap-refused` when the bytes are not of this key. */
  unwrap(request: HsmUnwrapRequest, options?: HsmCallOptions): Promise<HsmKey>
  /** RSA-OAEP inside the token; gives bytes that the program then holds. The caller wipes. `hsm-decrypt-refused`. */
  decrypt(
    handle: HsmHandle,
    oaep: HsmOaep,
    ciphertext: Uint8Array,
    options?: HsmCallOptions,
  ): Promise<SecretBytes>
  /**
   * Of an AES key that encrypts: hex digits of the first 3 bytes of a block of zeros under it. What CKA_CHECK_VALUE is, for
   * tokens that show none of a key that was unwrapped. `hsm-mechanism`.
   */
  checkValue(handle: HsmHandle, options?: HsmCallOptions): Promise<string>
  /** Over at most 65,536 bytes. ECDSA signatures are `r ‖ s`. `hsm-mechanism`. */
  sign(
    handle: HsmHandle,
    scheme: HsmSignature,
    data: Uint8Array,
    options?: HsmCallOptions,
  ): Promise<Uint8Array>
  /** False: the signature is not of this key and data. */
  verify(
    handle: HsmHandle,
    scheme: HsmSignature,
    data: Uint8Array,
    signature: Uint8Array,
    options?: HsmCallOptions,
  ): Promise<boolean>

  /** At most 128 bytes of UTF-8. Repeating it is harmless. `hsm-attribute`. */
  setLabel(handle: HsmHandle, label: string, options?: HsmCallOptions): Promise<HsmKey>
  /** The key can't be wrapped from then on; there is no way back. Repeating it is harmless. `hsm-attribute`. */
  setNotExtractable(handle: HsmHandle, options?: HsmCallOptions): Promise<HsmKey>
  /** There is no way back. `hsm-object-gone` when it is not there any more. */
  destroy(handle: HsmHandle, options?: HsmCallOptions): Promise<void>

  /** Ends the process. Repeating it is harmless; any other call is `hsm-closed` afterwards. */
  close(): Promise<void>
}

export interface HsmLogInOptions extends HsmCallOptions {
  /** The state that the person saw and goes on with. */
  seen?: 'last-try' | 'locked'
}

export interface HsmQuery {
  /** Hex digits of CKA_ID. */
  id?: string
  label?: string
  class?: HsmKeyClass
  /** Keys that the token shows to everybody; the only query that needs no PIN. */
  onlyPublic?: boolean
}

export type HsmKeyClass = 'private' | 'public' | 'secret'
export type HsmCurve = 'P-256' | 'P-384'

export interface HsmKey {
  handle: HsmHandle
  class: HsmKeyClass
  /** `other`: a type that Keyturn has no use for. */
  type: 'RSA' | 'EC' | 'AES' | 'generic' | 'other'
  /** Control characters removed. */
  label: string
  /** Hex digits of CKA_ID; empty: none. */
  id: string
  bits: number | null
  /** Null for other types, and for curves that Keyturn does not know. */
  curve: HsmCurve | null
  kept: 'token' | 'session'
  attributes: HsmAttributes
  /**
   * Public half, DER. Of a private RSA key from its own modulus and exponent; of a private EC key from the public object
   * with the same id. Null: not to be had.
   */
  spki: Uint8Array | null
  /** 64 hex digits over `spki`. */
  spkiSha256: string | null
  /** Of a secret key: hex digits of CKA_CHECK_VALUE, where the token gives one. */
  checkValue: string | null
}

/** Each as the token says it; null: it does not say. */
export interface HsmAttributes {
  private: boolean | null
  modifiable: boolean | null
  /** False: made elsewhere, or restored. */
  local: boolean | null
  sensitive: boolean | null
  alwaysSensitive: boolean | null
  extractable: boolean | null
  neverExtractable: boolean | null
  wrapWithTrusted: boolean | null
  trusted: boolean | null
  sign: boolean | null
  verify: boolean | null
  encrypt: boolean | null
  decrypt: boolean | null
  wrap: boolean | null
  unwrap: boolean | null
}

export interface HsmKeyPair {
  privateKey: HsmKey
  publicKey: HsmKey
}

interface NewHsmKey {
  /** At most 128 bytes of UTF-8. */
  label: string
  /** CKA_ID as 2 to 64 hex digits: the mark of the run that makes the key. */
  id: string
  /** True: it can be wrapped, until `setNotExtractable`. */
  extractable: boolean
}

export interface NewHsmRsaKey extends NewHsmKey {
  bits: 2048 | 3072 | 4096
}

export interface NewHsmEcKey extends NewHsmKey {
  curve: HsmCurve
}

export type HsmSecretUse = 'wrap' | 'unwrap' | 'encrypt' | 'decrypt'

export interface NewHsmAesKey extends NewHsmKey {
  bits: 128 | 256
  kept: 'token' | 'session'
  uses: readonly HsmSecretUse[]
}

export interface ImportedHsmSecret extends NewHsmKey {
  type: 'AES' | 'generic'
  kept: 'token' | 'session'
  uses: readonly HsmSecretUse[]
}

export interface HsmOaep {
  kind: 'oaep'
  /** For the hash and for MGF1. */
  hash: 'sha1' | 'sha256'
}

export interface HsmKeyWrap {
  kind: 'aes-key-wrap'
  mechanism: HsmKeyWrapMechanism
}

export interface HsmWrapRequest {
  key: HsmHandle
  /** The wrapping key: a public RSA key for OAEP, an AES key for key wrap. */
  with: HsmHandle
  how: HsmOaep | HsmKeyWrap
}

export interface HsmUnwrapRequest {
  wrapped: Uint8Array
  /** A private RSA key for OAEP, an AES key for key wrap. */
  with: HsmHandle
  how: HsmOaep | HsmKeyWrap
  /** What the new object is to be. Sensitive always. */
  as: HsmUnwrapped
}

export type HsmUnwrapped = {
  label: string
  /** As in `NewHsmKey`; for a key of the session it may be empty. */
  id: string
  extractable: boolean
  kept: 'token' | 'session'
} & (
  | { class: 'private'; type: 'RSA' | 'EC' }
  | { class: 'secret'; type: 'AES' | 'generic'; uses: readonly HsmSecretUse[] }
)

export type HsmSignature = 'rsa-pkcs1-sha256' | 'rsa-pss-sha256' | 'ecdsa-sha256'
