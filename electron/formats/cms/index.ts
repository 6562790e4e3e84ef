/**
 * CMS files of escrow packages (RFC 5652, 5083, 5084): the few shapes that Keyturn writes, which OpenSSL opens. Reading
 * is strict: these shapes in DER and nothing else, whoever wrote them.
 */
export type * from './types.ts'
export { contentLimit, recipientLimit, wrappedKeyLimit } from './types.ts'
export { composeWrapped, sealCms, sealCmsUnderKek } from './seal.ts'
export { readCms } from './parse.ts'
export { openCms, openCmsParts, openWrappedKey } from './open.ts'
export { rewrapCms, sameContent } from './rewrap.ts'
