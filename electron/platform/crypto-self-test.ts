import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  pbkdf2Sync,
  privateDecrypt,
  publicEncrypt,
  scryptSync,
  sign,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto'
import {
  certificate,
  ecPublicKey,
  ecSignature,
  rsaPublicKey,
  rsaSignature,
  signedText,
} from './crypto-self-test-vectors.ts'

export interface SelfTestLine {
  name: string
  passed: boolean
}

/**
 * Asks the crypto library that is really under this process (Node's OpenSSL, Electron's BoringSSL) for everything that
 * Keyturn stands on, against published answers: one line each. An algorithm that is missing fails its line and no
 * other. Sources: FIPS 180, RFC 4231, 5869, 7914, SP 800-38A and 38D; signatures made with OpenSSL.
 */
export const cryptoSelfTest = (): SelfTestLine[] =>
  cases.map(([name, holds]) => {
    try {
      return { name, passed: holds() }
    } catch {
      return { name, passed: false }
    }
  })

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const is = (found: Uint8Array, wanted: string): boolean => Buffer.from(found).equals(hex(wanted))

const aesKey = hex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4')
const block = hex('6bc1bee22e409f96e93d7e117393172a')

const cases: readonly [name: string, holds: () => boolean][] = [
  [
    'SHA-1 (thumbprints only)',
    () => is(createHash('sha1').update('abc').digest(), 'a9993e364706816aba3e25717850c26c9cd0d89d'),
  ],
  [
    'SHA-256',
    () =>
      is(
        createHash('sha256').update('abc').digest(),
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      ),
  ],
  [
    'SHA-384',
    () =>
      is(
        createHash('sha384').update('abc').digest(),
        'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163 1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
      ),
  ],
  [
    'SHA-512',
    () =>
      is(
        createHash('sha512').update('abc').digest(),
        'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
      ),
  ],
  [
    'HMAC-SHA-256',
    () =>
      is(
        createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest(),
        '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      ),
  ],
  [
    'HKDF-SHA-256',
    () =>
      is(
        Buffer.from(
          hkdfSync(
            'sha256',
            Buffer.alloc(22, 0x0b),
            hex('000102030405060708090a0b0c'),
            hex('f0f1f2f3f4f5f6f7f8f9'),
            42,
          ),
        ),
        '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
      ),
  ],
  [
    'PBKDF2-HMAC-SHA-256',
    () =>
      is(
        pbkdf2Sync('passwd', 'salt', 1, 64, 'sha256'),
        '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc 49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
      ),
  ],
  [
    'scrypt',
    () =>
      is(
        scryptSync('', '', 64, { N: 16, r: 1, p: 1 }),
        '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442 fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
      ),
  ],
  ['AES-256-GCM', gcmHolds],
  [
    'AES-256-GCM refuses a changed tag',
    () => {
      const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12))
      decipher.setAuthTag(hex('d1d1c8a799996bf0265b98b5d48ab919'))
      decipher.update(hex('cea7403d4d606b6e074ec5d3baf39d18'))
      try {
        decipher.final()
        return false
      } catch {
        return true
      }
    },
  ],
  [
    'AES-256-CBC',
    () =>
      is(
        createCipheriv('aes-256-cbc', aesKey, hex('000102030405060708090a0b0c0d0e0f')).update(block),
        'f58c4c04d6e5f1ba779eabfb5f7bfbd6',
      ),
  ],
  [
    'AES-256-CTR',
    () =>
      is(
        createCipheriv('aes-256-ctr', aesKey, hex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')).update(block),
        '601ec313775789a5b7a7f504bbf3d228',
      ),
  ],
  [
    'RSA signature (PKCS #1 1.5)',
    () => verify('sha256', Buffer.from(signedText), rsaPublicKey, Buffer.from(rsaSignature, 'base64')),
  ],
  ['RSA-OAEP and RSA-PSS', rsaHolds],
  [
    'ECDSA P-256 signature',
    () => verify('sha256', Buffer.from(signedText), ecPublicKey, Buffer.from(ecSignature, 'base64')),
  ],
  ['ECDSA P-256 own key', ecHolds],
  [
    'X.509 certificate',
    () => {
      const read = new X509Certificate(certificate)
      return (
        read.verify(createPublicKey(ecPublicKey)) &&
        read.fingerprint === 'C4:E9:C6:C3:75:C6:92:C4:BB:46:6A:8A:45:59:45:E3:5E:4A:67:4B'
      )
    },
  ],
  [
    'Constant-time comparison',
    () => timingSafeEqual(hex('00ff'), hex('00ff')) && !timingSafeEqual(hex('00ff'), hex('00fe')),
  ],
]

function gcmHolds(): boolean {
  const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12))
  const text = Buffer.concat([cipher.update(Buffer.alloc(16)), cipher.final()])
  return (
    is(text, 'cea7403d4d606b6e074ec5d3baf39d18') &&
    is(cipher.getAuthTag(), 'd0d1c8a799996bf0265b98b5d48ab919')
  )
}

function rsaHolds(): boolean {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const text = Buffer.from(signedText)
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const opened = privateDecrypt(
    { key: privateKey, ...oaep },
    publicEncrypt({ key: publicKey, ...oaep }, text),
  )
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const signature = sign('sha256', text, { key: privateKey, ...pss })
  return opened.equals(text) && verify('sha256', text, { key: publicKey, ...pss }, signature)
}

function ecHolds(): boolean {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const text = Buffer.from(signedText)
  const again = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
  const signature = sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return (
    signature.length === 64 && verify('sha256', text, { key: again, dsaEncoding: 'ieee-p1363' }, signature)
  )
}
