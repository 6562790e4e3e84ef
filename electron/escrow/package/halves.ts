import { canonicalJson } from '../../engine/canonical.ts'
import type { OaepHash } from '../../formats/cms/index.ts'

/**
 * `items/NN.halves.json`: what the token gave for a key, without CMS around it, so that the key opens with RSA-OAEP and
 * RFC 5649 alone.
 */
export interface Halves {
  /** In the order of the sealed file; `for`: the file of the package that holds the recipient's public half. */
  recipients: { for: string; oaep: OaepHash; encryptedKey: Buffer }[]
  wrappedKey: Buffer
}

export const writeHalves = ({ recipients, wrappedKey }: Halves): Buffer =>
  Buffer.from(
    canonicalJson({
      format: 'keyturn-escrow-halves',
      version: 1,
      recipients: recipients.map((one) => ({ ...one, encryptedKey: one.encryptedKey.toString('base64') })),
      wrappedKey: wrappedKey.toString('base64'),
    }),
    'utf8',
  )
