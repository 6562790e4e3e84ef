/** Signature algorithms that both Node and Electron can check, by the name that people know. */
export const signatureAlgorithms: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.5', 'RSA with SHA-1'],
  ['1.2.840.113549.1.1.11', 'RSA with SHA-256'],
  ['1.2.840.113549.1.1.12', 'RSA with SHA-384'],
  ['1.2.840.113549.1.1.13', 'RSA with SHA-512'],
  ['1.2.840.10045.4.3.2', 'ECDSA with SHA-256'],
  ['1.2.840.10045.4.3.3', 'ECDSA with SHA-384'],
  ['1.2.840.10045.4.3.4', 'ECDSA with SHA-512'],
])

export const oids = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha1With3Des: '1.2.840.113549.1.12.1.3',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha1: '1.2.840.113549.2.7',
  hmacSha256: '1.2.840.113549.2.9',
  sha256: '2.16.840.1.101.3.4.2.1',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const

/** HMAC functions of PBKDF2, by digest name in Node. */
export const pbkdf2Digests: ReadonlyMap<string, string> = new Map([
  [oids.hmacSha1, 'sha1'],
  [oids.hmacSha256, 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])

/** Digests of a PKCS#12 MAC, with the sizes of their input block and of their result in bytes. */
export const macDigests: ReadonlyMap<string, { name: string; block: number; length: number }> = new Map([
  ['1.3.14.3.2.26', { name: 'sha1', block: 64, length: 20 }],
  [oids.sha256, { name: 'sha256', block: 64, length: 32 }],
  ['2.16.840.1.101.3.4.2.2', { name: 'sha384', block: 128, length: 48 }],
  ['2.16.840.1.101.3.4.2.3', { name: 'sha512', block: 128, length: 64 }],
])

/** Ciphers of PBES2, with their key length in bytes. */
export const pbes2Ciphers: ReadonlyMap<string, { name: string; keyLength: number }> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyLength: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyLength: 24 }],
  [oids.aes256Cbc, { name: 'aes-256-cbc', keyLength: 32 }],
])
