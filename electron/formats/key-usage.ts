import { KeyturnError } from '../../shared/errors/problem.ts'
import { childrenOf, expectTag, oidOf, readDer, tag } from './der.ts'

/** Bits of KeyUsage, in the order of RFC 5280. */
const names = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

const keyUsage = '2.5.29.15'

/**
 * What the certificate (DER, read before) may be used for; null: it does not say, so for everything. `file-damaged`
 * where its extensions can’t be read.
 */
export const keyUsageOf = (certificate: Uint8Array, file: string): string[] | null => {
  try {
    return usageIn(certificate)
  } catch {
    throw new KeyturnError('file-damaged', { file })
  }
}

const usageIn = (certificate: Uint8Array): string[] | null => {
  const [tbs] = childrenOf(readDer(Buffer.from(certificate), tag.sequence))
  const extensions = childrenOf(expectTag(tbs, tag.sequence)).find((node) => node.tag === tag.context(3))
  if (extensions === undefined) return null
  const [list] = childrenOf(extensions)
  for (const extension of childrenOf(expectTag(list, tag.sequence))) {
    const parts = childrenOf(expectTag(extension, tag.sequence))
    if (oidOf(parts[0]) !== keyUsage) continue
    const value = expectTag(parts.at(-1), tag.octetString)
    return bitsOf(Buffer.from(value.value))
  }
  return null
}

const bitsOf = (content: Buffer): string[] => {
  const whole = readDer(content, tag.bitString)
  const bytes = whole.value.subarray(1)
  return names.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}
