import { constants, createPrivateKey, privateDecrypt, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { unwrapPadded } from '../crypto/key-wrap-pad.ts'
import type { Context } from './context.ts'
import { refuseParameter } from './errors.ts'
import { currentOf, findKey, isVisible } from './keys.ts'

const ByokFile = z.looseObject({
  schema_version: z.literal('1.0.0'),
  header: z.looseObject({ kid: z.string(), alg: z.literal('dir'), enc: z.literal('CKM_RSA_AES_KEY_WRAP') }),
  ciphertext: z.string(),
})

/**
 * Opens a `.byok` file: an ephemeral AES key under the exchange key (RSA-OAEP with SHA-1), followed by the PKCS#8 of
 * the key under it (AES key wrap with padding). The exchange key is named by its kid and lies in the same vault.
 */
export const openByok = async (context: Context, file: Buffer): Promise<KeyObject> => {
  const { header, ciphertext } = readFile(file)
  const kek = await exchangeKey(context, header.kid)
  const blob = Buffer.from(ciphertext, 'base64url')
  const length = (kek.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  try {
    const aes = privateDecrypt(
      { key: kek, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      blob.subarray(0, length),
    )
    const pkcs8 = unwrapPadded(aes, blob.subarray(length))
    return createPrivateKey({ key: withoutFill(pkcs8), format: 'der', type: 'pkcs8' })
  } catch {
    return refuseParameter('The key transfer blob could not be unwrapped with the key exchange key.')
  }
}

/** Up to 7 zero bytes behind the outer SEQUENCE are what some tokens fill a key up with; anything else is refused. */
const withoutFill = (pkcs8: Buffer): Buffer => {
  // An RSA key has two bytes of length, an EC key one or none.
  const [tag = 0, first = 0] = pkcs8
  const bytes = first < 0x80 ? 0 : first - 0x80
  const end = bytes === 0 ? 2 + first : 2 + bytes + pkcs8.readUIntBE(2, bytes)
  const fill = pkcs8.subarray(end)
  if (tag !== 0x30 || end > pkcs8.length || fill.length > 7 || fill.some((byte) => byte !== 0))
    throw new RangeError('no PKCS #8')
  return pkcs8.subarray(0, end)
}

const readFile = (file: Buffer): z.infer<typeof ByokFile> => {
  try {
    return ByokFile.parse(JSON.parse(file.toString('utf8')))
  } catch {
    return refuseParameter('Property key.key_hsm has invalid value: it is no key transfer blob.')
  }
}

const exchangeKey = (context: Context, kid: string): Promise<KeyObject> => {
  const { world, holder, materials } = context
  const [, host = '', name = '', wanted = ''] =
    /^https:\/\/([^/]+)\/keys\/([^/]+)(?:\/([^/]+))?$/.exec(kid) ?? []
  const key = `https://${host.toLowerCase()}` === holder.base ? findKey(world, holder, name) : undefined
  if (key === undefined || !isVisible(key, world.now('vault')))
    return refuseParameter(`The key exchange key ${kid} is not in this vault.`)
  const version = wanted === '' ? currentOf(key) : key.versions.find((each) => each.version === wanted)
  if (version?.kty !== 'RSA-HSM' || version.keyOps.join() !== 'import' || !version.enabled)
    return refuseParameter(
      `${kid} is no key exchange key: RSA-HSM, enabled, with import as its only operation.`,
    )
  return materials.of(key, version)
}
