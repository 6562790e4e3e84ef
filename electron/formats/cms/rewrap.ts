import { contentKeyOf, contentOf } from './open.ts'
import { parseCms, usualName } from './parse.ts'
import { authEnvelopedFile, namedKeysOf, transported, wrappedFile } from './seal.ts'
import type { CmsKey, CmsRecipient } from './types.ts'

/**
 * The same encrypted content for other recipients, whose list takes the place of the old one. The content is checked
 * first and wiped; it is not sealed anew, so who has an old copy still opens that with what he had. Errors: those of
 * `openCms` and of `sealCms`.
 */
export const rewrapCms = (
  bytes: Uint8Array,
  openWith: CmsKey,
  newRecipients: readonly CmsRecipient[],
  file = usualName,
): Uint8Array => {
  const named = namedKeysOf(newRecipients)
  const parsed = parseCms(bytes, file)
  using contentKey = contentKeyOf(parsed, openWith, file)
  contentOf(parsed, contentKey, file).content.wipe()
  const infos = transported(named, contentKey)
  return parsed.kind === 'auth-enveloped'
    ? authEnvelopedFile(infos, parsed.contentInfo, parsed.mac)
    : wrappedFile(named, infos, parsed.contentInfo)
}

/** Whether two files hold the same encrypted content, bit for bit, whoever their recipients are. Errors: those of `readCms`. */
export const sameContent = (one: Uint8Array, other: Uint8Array, file = usualName): boolean => {
  const [first, second] = [parseCms(one, file), parseCms(other, file)]
  if (!first.contentInfo.equals(second.contentInfo)) return false
  return first.kind === 'auth-enveloped'
    ? second.kind === 'auth-enveloped' && first.mac.equals(second.mac)
    : second.kind === 'wrapped-key'
}
