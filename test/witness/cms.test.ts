import { createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wrapKeyPadded } from '../../electron/formats/aes-key-wrap.ts'
import { readByok, writeByok } from '../../electron/formats/byok.ts'
import {
  composeWrapped,
  openCmsParts,
  readCms,
  rewrapCms,
  sealCms,
  sealCmsUnderKek,
  type CmsKey,
  type CmsRecipient,
  type OaepHash,
} from '../../electron/formats/cms/index.ts'
import { oaepEncrypt } from '../../electron/formats/cms/oaep.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { signDetached, verifyDetached } from '../../electron/record/signing/detached.ts'
import { newSigningKey } from '../../electron/record/signing/signature.ts'
import { openssl, opensslPrints } from '../support/openssl.ts'

/** Our files in the commands that README-RECOVER.txt of a package gives, and OpenSSL's files in ours. */
const folder = mkdtempSync(join(tmpdir(), 'keyturn-cms-'))
const at = (name: string): string => join(folder, name)
const put = (name: string, bytes: Uint8Array): string => {
  writeFileSync(at(name), bytes)
  return at(name)
}
const secret = (bytes: Uint8Array): SecretBytes => SecretBytes.take(Buffer.from(bytes))
const names = ['ann', 'ben']
const words = randomBytes(10_240)
const kek = randomBytes(32)
const kekId = Buffer.from('4f2a00ff01234567', 'hex')

beforeAll(() => {
  for (const name of names) {
    opensslPrints('genrsa', '-out', at(`${name}.key`), name === 'ann' ? '2048' : '3072')
    const made = ['-key', at(`${name}.key`), '-subj', `/O=Witness/CN=${name}`, '-days', '30', '-sha256']
    opensslPrints('req', '-new', '-x509', ...made, '-out', at(`${name}.pem`))
    opensslPrints('x509', '-in', at(`${name}.pem`), '-outform', 'DER', '-out', at(`${name}.cer`))
  }
  // The key that is escrowed.
  opensslPrints(...['genpkey', '-algorithm', 'RSA', '-outform', 'DER', '-out', at('escrowed.p8')])
  put('words', words)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const certificate = (name: string, oaep: OaepHash): CmsRecipient => ({
  kind: 'certificate',
  certificate: readFileSync(at(`${name}.cer`)),
  oaep,
})
const publicKeyOf = (name: string) => createPublicKey(readFileSync(at(`${name}.key`)))
const bareKey = (name: string, oaep: OaepHash): CmsRecipient & { kind: 'public-key' } => {
  const spki = publicKeyOf(name).export({ format: 'der', type: 'spki' })
  return { kind: 'public-key', spki, keyId: createHash('sha256').update(spki).digest().subarray(0, 20), oaep }
}
const pkcs8Of = (name: string): Buffer =>
  createPrivateKey(readFileSync(at(`${name}.key`))).export({ format: 'der', type: 'pkcs8' })
const byCertificate = (name: string): CmsKey => ({
  kind: 'private-key',
  pkcs8: SecretBytes.take(pkcs8Of(name)),
  certificateOrKeyId: { certificate: readFileSync(at(`${name}.cer`)) },
})
const openedByUs = (file: Uint8Array, key: CmsKey): Buffer =>
  openCmsParts(file, key).content.use((bytes) => Buffer.from(bytes))

const decrypt = (file: string, ...by: string[]): Buffer => {
  opensslPrints('cms', '-decrypt', '-inform', 'DER', '-in', file, ...by, '-binary', '-out', at('out'))
  return readFileSync(at('out'))
}
const byRecip = (name: string): string[] => ['-recip', at(`${name}.pem`), '-inkey', at(`${name}.key`)]
const byKey = (name: string): string[] => ['-inkey', at(`${name}.key`)]
const bySecret = ['-secretkey', kek.toString('hex'), '-secretkeyid', kekId.toString('hex')]

/** As a token wraps; `zeros` more at the end as SoftHSM 2.6.1 does. */
const composed = (recipients: readonly [string, CmsRecipient][], zeros = 0): Uint8Array => {
  const temporary = randomBytes(32)
  const plain = Buffer.concat([readFileSync(at('escrowed.p8')), Buffer.alloc(zeros)])
  return composeWrapped({
    recipients: recipients.map(([name, recipient]) => ({
      recipient,
      encryptedKey: oaepEncrypt(publicKeyOf(name), recipient.oaep, temporary),
    })),
    content: wrapKeyPadded(secret(temporary), secret(plain)),
  })
}

describe('OpenSSL opens what Keyturn seals', () => {
  test.each<OaepHash>(['sha1', 'sha256'])('for two certificates, with %s', (oaep) => {
    const recipients = names.map((name) => certificate(name, oaep))
    const file = put('two.p7', sealCms(secret(words), recipients))
    for (const name of names) expect(decrypt(file, ...byRecip(name))).toEqual(words)
  })

  test('for a certificate and a public key with its identifier', () => {
    const file = put(
      'group.p7',
      sealCms(secret(words), [certificate('ann', 'sha256'), bareKey('ben', 'sha256')]),
    )
    expect(decrypt(file, ...byRecip('ann'))).toEqual(words)
    for (const name of names) expect(decrypt(file, ...byKey(name))).toEqual(words)
  })

  test('under a secret key; another secret key gives nothing', () => {
    const file = put('kek.p7', sealCmsUnderKek(secret(words), secret(kek), kekId))
    expect(decrypt(file, ...bySecret)).toEqual(words)
    const other = ['-secretkey', '00'.repeat(32), '-secretkeyid', kekId.toString('hex')]
    expect(openssl('cms', '-decrypt', '-inform', 'DER', '-in', file, ...other, '-binary').ok).toBe(false)
  })

  test('composed of what a token wrapped, for certificates and for a public key', () => {
    const forBoth: [string, CmsRecipient][] = [
      ['ann', certificate('ann', 'sha1')],
      ['ben', bareKey('ben', 'sha1')],
    ]
    const file = put('wrapped.p7', composed(forBoth))
    for (const by of [byRecip('ann'), byKey('ann'), byKey('ben')]) {
      expect(decrypt(file, ...by)).toEqual(readFileSync(at('escrowed.p8')))
      expect(
        opensslPrints('rsa', '-inform', 'DER', '-in', at('out'), '-check', '-noout').toString(),
      ).toContain('RSA key ok')
    }
    const certificatesOnly: [string, CmsRecipient][] = names.map((name) => [
      name,
      certificate(name, 'sha256'),
    ])
    const other = put('wrapped-0.p7', composed(certificatesOnly))
    for (const name of names)
      expect(decrypt(other, ...byRecip(name))).toEqual(readFileSync(at('escrowed.p8')))
  })

  test('with the zeros that SoftHSM leaves: OpenSSL reads the key, Keyturn takes them off and says so', () => {
    const file = composed([['ann', certificate('ann', 'sha1')]], 6)
    decrypt(put('zeros.p7', file), ...byRecip('ann'))
    expect(opensslPrints('rsa', '-inform', 'DER', '-in', at('out'), '-check', '-noout').toString()).toContain(
      'ok',
    )
    const { content, trimmedZeros } = openCmsParts(file, byCertificate('ann'))
    expect(trimmedZeros).toBe(6)
    expect(content.use((bytes) => bytes.equals(readFileSync(at('escrowed.p8'))))).toBe(true)
  })

  test('wrapped anew for another recipient', () => {
    for (const [file, plain] of [
      [sealCms(secret(words), [certificate('ann', 'sha256')]), words],
      [composed([['ann', certificate('ann', 'sha1')]]), readFileSync(at('escrowed.p8'))],
    ] as const) {
      const anew = put('anew.p7', rewrapCms(file, byCertificate('ann'), [certificate('ben', 'sha256')]))
      expect(decrypt(anew, ...byRecip('ben'))).toEqual(plain)
    }
  })

  test('as the structure that OpenSSL prints', () => {
    const printed = (name: string): string =>
      opensslPrints('cms', '-cmsout', '-print', '-inform', 'DER', '-in', at(name)).toString()
    expect(printed('group.p7')).toMatch(/id-smime-ct-authEnvelopedData[^]*aes-256-gcm/)
    expect(printed('wrapped.p7')).toMatch(/pkcs7-envelopedData[^]*id-aes256-wrap-pad/)
  })
})

describe('Keyturn opens what OpenSSL seals', () => {
  const sealed = (...recipients: string[]): Buffer => {
    const how = ['cms', '-encrypt', '-binary', '-aes-256-gcm', '-in', at('words'), '-outform', 'DER']
    opensslPrints(...how, '-out', at('theirs.p7'), ...recipients)
    return readFileSync(at('theirs.p7'))
  }
  const oaep = (name: string, md: string): string[] => [
    ...['-recip', at(`${name}.pem`), '-keyopt', 'rsa_padding_mode:oaep', '-keyopt', `rsa_oaep_md:${md}`],
  ]

  test('for two certificates, one with SHA-1', () => {
    const file = sealed(...oaep('ann', 'sha256'), ...oaep('ben', 'sha1'))
    for (const name of names) expect(openedByUs(file, byCertificate(name))).toEqual(words)
  })

  test('for a key identifier', () => {
    const file = sealed('-keyid', ...oaep('ann', 'sha256'))
    const [recipient] = readCms(file).recipients
    if (recipient?.kind !== 'key-transport' || recipient.name.by !== 'key-id')
      throw new Error('OpenSSL named the recipient another way')
    const { keyId } = recipient.name
    const key: CmsKey = {
      kind: 'private-key',
      pkcs8: SecretBytes.take(pkcs8Of('ann')),
      certificateOrKeyId: { keyId },
    }
    expect(openedByUs(file, key)).toEqual(words)
  })

  test('under a secret key', () => {
    expect(openedByUs(sealed(...bySecret), { kind: 'kek', kek: secret(kek), kekId })).toEqual(words)
  })

  test('but not with PKCS #1 v1.5, and not in CBC', () => {
    expect(() => readCms(sealed('-recip', at('ann.pem')))).toThrow(/^cms-unsupported/)
    const cbc = ['cms', '-encrypt', '-binary', '-aes-256-cbc', '-in', at('words'), '-outform', 'DER']
    opensslPrints(...cbc, '-out', at('cbc.p7'), ...oaep('ann', 'sha256'))
    expect(() => readCms(readFileSync(at('cbc.p7')))).toThrow(/^cms-unsupported/)
  })
})

test('a .byok file opens by OpenSSL, as the vault opens it, and gives the key', () => {
  const temporary = randomBytes(32)
  const file = writeByok({
    kid: 'https://kv-prod.vault.azure.net/keys/import-kek/0123456789abcdef0123456789abcdef',
    encryptedKey: oaepEncrypt(publicKeyOf('ben'), 'sha1', temporary),
    wrappedKey: wrapKeyPadded(secret(temporary), secret(readFileSync(at('escrowed.p8')))),
    generator: 'Keyturn; witness',
  })
  const { ciphertext } = JSON.parse(Buffer.from(file).toString()) as { ciphertext: string }
  const blob = Buffer.from(ciphertext, 'base64url')
  put('w.aes', blob.subarray(0, 384))
  put('w.key', blob.subarray(384))
  const padding = ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha1']
  opensslPrints(
    ...[
      'pkeyutl',
      '-decrypt',
      '-inkey',
      at('ben.key'),
      ...padding,
      '-in',
      at('w.aes'),
      '-out',
      at('aes.bin'),
    ],
  )
  const unwrapped = ['-K', readFileSync(at('aes.bin')).toString('hex'), '-iv', 'A65959A6', '-in', at('w.key')]
  opensslPrints('enc', '-d', '-id-aes256-wrap-pad', ...unwrapped, '-out', at('received.p8'))
  expect(readFileSync(at('received.p8'))).toEqual(readFileSync(at('escrowed.p8')))
  expect(
    opensslPrints('rsa', '-inform', 'DER', '-in', at('received.p8'), '-check', '-noout').toString(),
  ).toContain('RSA key ok')
  expect(readByok(file, 3072).wrappedKey).toEqual(blob.subarray(384))
})

test('a detached signature is checked by OpenSSL, and one of OpenSSL by Keyturn', () => {
  const { privateKey, publicKey } = newSigningKey()
  const spki = Buffer.from(publicKey, 'hex')
  const pem = (name: string, bytes: string | Buffer): string => put(name, Buffer.from(bytes))
  const signer = pem('signer.pem', createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }))
  const file = put('MANIFEST.json', Buffer.from('{"format":1}'))
  const signature = put('MANIFEST.sig', signDetached(privateKey, readFileSync(file)))
  const check = ['dgst', '-sha256', '-verify', signer, '-signature', signature]
  expect(opensslPrints(...check, file).toString()).toContain('Verified OK')
  expect(openssl(...check, put('other.json', Buffer.from('{"format":2}'))).ok).toBe(false)
  const theirKey = pem('signer.key', privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const theirs = opensslPrints('dgst', '-sha256', '-sign', theirKey, file)
  expect(verifyDetached(spki, readFileSync(file), theirs)).toBe(true)
})
