import { createDecipheriv, createPrivateKey, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { unwrapKey, unwrapKeyPadded } from '../aes-key-wrap.ts'
import { openCertificate } from '../x509.ts'
import { oaepDecrypt } from './oaep.ts'
import { contentKeyLength, gcm } from './oids.ts'
import { parseCms, usualName, type ParsedCms } from './parse.ts'
import { nameOfKey, sameName } from './recipient-name.ts'
import { keyContent } from './key-content.ts'
import type { CmsKey, OpenedCms, OpenedWrap } from './types.ts'

/**
 * The content, only where it fits its check value: nothing of it is given before. The caller wipes it. Errors: those of
 * `readCms`; `cms-other-recipient`, `cms-private-key-not-read`, `cms-key-not-recipient`, `cms-key-not-unwrapped`,
 * `cms-content-changed`, `cms-content-not-key`.
 */
export const openCms = (bytes: Uint8Array, key: CmsKey, file = usualName): SecretBytes =>
  openCmsParts(bytes, key, file).content

/** With what was found beside the content. */
export const openCmsParts = (bytes: Uint8Array, key: CmsKey, file = usualName): OpenedCms => {
  const parsed = parseCms(bytes, file)
  using contentKey = contentKeyOf(parsed, key, file)
  return contentOf(parsed, contentKey, file)
}

/**
 * The parts of a key that a token wrapped, for a token that unwraps it: the key itself is not opened, so whether it is whole
 * only the token sees. Errors: those of `openCms`; `cms-unsupported` for content of another kind.
 */
export const openWrappedKey = (bytes: Uint8Array, key: CmsKey, file = usualName): OpenedWrap => {
  const parsed = parseCms(bytes, file)
  if (parsed.kind !== 'wrapped-key')
    throw new KeyturnError('cms-unsupported', { file, what: 'content that no token wrapped' })
  return { wrapping: contentKeyOf(parsed, key, file), wrapped: Buffer.from(parsed.content) }
}

export const contentKeyOf = (parsed: ParsedCms, key: CmsKey, file: string): SecretBytes =>
  key.kind === 'kek' ? byKek(parsed, key, file) : byPrivateKey(parsed, key, file)

const byKek = (parsed: ParsedCms, { kek, kekId }: CmsKey & { kind: 'kek' }, file: string): SecretBytes => {
  const mine = parsed.recipients.find((one) => one.kind === 'kek' && one.keyId.equals(kekId))
  if (mine === undefined) throw new KeyturnError('cms-other-recipient', { file })
  if (kek.length !== contentKeyLength) throw new KeyturnError('cms-key-not-unwrapped', { file })
  return unwrapKey(kek, mine.encryptedKey, file)
}

const byPrivateKey = (
  parsed: ParsedCms,
  { pkcs8, certificateOrKeyId }: CmsKey & { kind: 'private-key' },
  file: string,
): SecretBytes => {
  const privateKey = pkcs8.use(privateKeyOf)
  if ('certificate' in certificateOrKeyId) {
    const { x509 } = openCertificate(certificateOrKeyId.certificate, 'The certificate of the recipient')
    if (!x509.checkPrivateKey(privateKey)) throw new KeyturnError('cms-key-not-recipient')
  }
  const name = nameOfKey(certificateOrKeyId)
  for (const one of parsed.recipients)
    if (one.kind === 'key-transport' && sameName(one.name, name)) {
      const contentKey = decrypted(() => oaepDecrypt(privateKey, one.oaep, one.encryptedKey), file)
      if (contentKey.length === contentKeyLength) return contentKey
      contentKey.wipe()
      throw new KeyturnError('cms-key-not-unwrapped', { file })
    }
  throw new KeyturnError('cms-other-recipient', { file })
}

const privateKeyOf = (pkcs8: Buffer): KeyObject => {
  try {
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    if (key.asymmetricKeyType === 'rsa') return key
  } catch {
    // The same answer as for a key of another kind.
  }
  throw new KeyturnError('cms-private-key-not-read')
}

/** Whatever the library says about another key or changed bytes is one answer. */
const decrypted = (work: () => Buffer, file: string): SecretBytes => {
  let bytes: Buffer
  try {
    bytes = work()
  } catch {
    throw new KeyturnError('cms-key-not-unwrapped', { file })
  }
  return SecretBytes.take(bytes)
}

/** Checked, then given. */
export const contentOf = (parsed: ParsedCms, contentKey: SecretBytes, file: string): OpenedCms => {
  if (parsed.kind === 'auth-enveloped')
    return { content: SecretBytes.take(gcmContent(parsed, contentKey, file)), trimmedZeros: 0 }
  using unwrapped = changedUnless(() => unwrapKeyPadded(contentKey, parsed.content), file)
  return keyContent(unwrapped, file)
}

const changedUnless = <Result>(work: () => Result, file: string): Result => {
  try {
    return work()
  } catch {
    throw new KeyturnError('cms-content-changed', { file })
  }
}

const gcmContent = (
  { nonce, mac, content }: ParsedCms & { kind: 'auth-enveloped' },
  contentKey: SecretBytes,
  file: string,
): Buffer => {
  const decipher = contentKey.use((key) =>
    createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: gcm.tag }),
  )
  decipher.setAuthTag(mac)
  const unproven = decipher.update(content)
  try {
    decipher.final()
    return unproven
  } catch {
    unproven.fill(0)
    throw new KeyturnError('cms-content-changed', { file })
  }
}
