import { randomBytes } from 'node:crypto'
import type { StepContext } from '../../engine/contract.ts'
import type { HsmHandle, HsmKey, HsmKeyWrap, HsmToken } from '../../ports/hsm.ts'
import { notVerified } from '../sqlserver/steps/help.ts'

/** Keys of a session: those that wrapping needs, and the copy by which it is checked. None outlives its step. */

/** Lends a temporary AES key, and takes it away afterwards, whatever happens. */
export const withTemporary = async <Value>(
  token: HsmToken,
  work: (temporary: HsmHandle) => Promise<Value>,
): Promise<Value> => {
  const temporary = await token.generateEphemeral()
  try {
    return await work(temporary.handle)
  } finally {
    await gone(token, temporary)
  }
}

/** The temporary key under somebody's public key (SubjectPublicKeyInfo, DER). */
export const wrapTemporary = async (
  token: HsmToken,
  temporary: HsmHandle,
  spki: Uint8Array,
  hash: 'sha1' | 'sha256',
): Promise<Uint8Array> => {
  const shown = await token.usePublicKey(spki)
  try {
    return await token.wrap({ key: temporary, with: shown.handle, how: { kind: 'oaep', hash } })
  } finally {
    await gone(token, shown)
  }
}

/** A lost session took it along. */
export const gone = async (token: HsmToken, key: HsmKey): Promise<void> =>
  token.destroy(key.handle).catch(() => undefined)

/**
 * Six hex digits: as the token says it, or where it says none of keys that were unwrapped (SoftHSM), as the key gives it.
 * Null: the key does not encrypt either.
 */
export const checkValueOf = async (
  token: HsmToken,
  { handle, checkValue, attributes }: HsmKey,
): Promise<string | null> =>
  checkValue !== null ? checkValue.slice(0, 6) : attributes.encrypt === true ? token.checkValue(handle) : null

export const keyWrap = (mechanism: HsmKeyWrap['mechanism']): HsmKeyWrap => ({
  kind: 'aes-key-wrap',
  mechanism,
})

interface Written {
  wrapped: Uint8Array
  temporary: HsmHandle
  how: HsmKeyWrap
}

/** What was wrapped, unwrapped as an object of the session that can't be wrapped, does what the key does. */
export const assertSameKey = async (
  ctx: StepContext,
  token: HsmToken,
  key: HsmKey,
  { wrapped, temporary, how }: Written,
): Promise<void> => {
  const session = { label: 'copy', id: '', extractable: false, kept: 'session' } as const
  const copy = await token.unwrap({
    wrapped,
    with: temporary,
    how,
    as:
      key.class === 'secret'
        ? { ...session, class: 'secret', type: 'AES', uses: ['encrypt'] }
        : { ...session, class: 'private', type: key.type === 'EC' ? 'EC' : 'RSA' },
  })
  try {
    const same =
      key.class === 'secret'
        ? key.checkValue !== null && (await checkValueOf(token, copy)) === key.checkValue.slice(0, 6)
        : await signsTheSame(token, key, copy)
    if (!same) throw notVerified(ctx, 'what was wrapped is not the key that was made')
  } finally {
    await gone(token, copy)
  }
}

const signsTheSame = async (token: HsmToken, key: HsmKey, copy: HsmKey): Promise<boolean> => {
  const data = randomBytes(64)
  // PKCS #1 signatures are the same each time; those of EC are not, so the public half checks them.
  if (key.type === 'RSA') {
    const one = await token.sign(key.handle, 'rsa-pkcs1-sha256', data)
    const other = await token.sign(copy.handle, 'rsa-pkcs1-sha256', data)
    return Buffer.from(one).equals(other)
  }
  const [shown] = await token.find({ id: key.id, class: 'public' })
  if (shown === undefined) return false
  const signature = await token.sign(copy.handle, 'ecdsa-sha256', data)
  return token.verify(shown.handle, 'ecdsa-sha256', data, signature)
}
