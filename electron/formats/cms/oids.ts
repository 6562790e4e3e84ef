/** Object identifiers of the CMS shapes of escrow packages. */
export const cmsOids = {
  data: '1.2.840.113549.1.7.1',
  envelopedData: '1.2.840.113549.1.7.3',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  aes256Gcm: '2.16.840.1.101.3.4.1.46',
  aes256Wrap: '2.16.840.1.101.3.4.1.45',
  aes256WrapPad: '2.16.840.1.101.3.4.1.48',
  rsaOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const

/** AES-GCM as it is written and taken (RFC 5084): a nonce of 12 bytes, a tag of 16. */
export const gcm = { nonce: 12, tag: 16 } as const

export const contentKeyLength = 32
