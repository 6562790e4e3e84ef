import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { asPackageId, asRunId, asShareGroupId, idFromBytes, type PackageId } from '../../shared/model/ids.ts'
import type { PackageItem, ShareGroup } from '../../shared/model/escrow.ts'
import { sha256Of } from '../../electron/escrow/digest.ts'
import { signerOf, type PackageSigner } from '../../electron/escrow/package/signer.ts'
import type { PackageFiles } from '../../electron/escrow/package/paths.ts'
import {
  openersFor,
  writePackage,
  type NewItem,
  type NewPackage,
  type NewRecipient,
  type PackageGroup,
} from '../../electron/escrow/package/write.ts'
import { recombinePy } from '../../electron/escrow/recombine-script.ts'
import { makeGroupKey, sealGroupKey } from '../../electron/escrow/share-group.ts'
import { wrapKeyPadded } from '../../electron/formats/aes-key-wrap.ts'
import { shareFingerprint, splitSecret } from '../../electron/formats/slip39/index.ts'
import { readShare } from '../../electron/formats/slip39/index.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { newSigningKey } from '../../electron/record/signing/signature.ts'
import { makeCertificate, makeKey } from '../unit/formats/make-certificate.ts'
import { textOf } from './shares.ts'

/** A group whose ceremony is over; `shares` is what its holders have. */
export interface TestGroup {
  group: PackageGroup
  shares: string[]
  pkcs8: SecretBytes
  secretHex: string
}

export const newPackageId = (): PackageId => asPackageId(`ep-${idFromBytes(randomBytes(12))}`)

export const makeTestGroup = async (threshold = 3, members = 5): Promise<TestGroup> => {
  const { pkcs8, spki, spkiSha256, keyId } = await makeGroupKey()
  const secret = SecretBytes.take(randomBytes(32))
  const shares = splitSecret(secret, { threshold, members }, randomBytes)
  const [first] = shares
  if (first === undefined) throw new Error('no share')
  const facts: ShareGroup = {
    id: asShareGroupId(`sg-${idFromBytes(randomBytes(12))}`),
    name: 'Recovery of Contoso, Zürich',
    state: 'active',
    threshold,
    members: shares.map((share, index) => ({
      number: index + 1,
      name: `Holder ${index + 1}`,
      fingerprint: shareFingerprint(share),
      medium: index % 2 === 0 ? 'paper' : 'file',
      state: 'read-back',
    })),
    identifier: readShare(first).identifier,
    spkiSha256,
    keyId,
    created: '2026-11-26T08:00:00.000Z',
    replacedBy: null,
  }
  const sealedPrivateKey = sealGroupKey(pkcs8, secret, keyId)
  const secretHex = secret.use((bytes) => bytes.toString('hex'))
  return { group: { facts, spki, sealedPrivateKey }, shares: shares.map(textOf), pkcs8, secretHex }
}

export const itemOf = (change: Partial<Omit<PackageItem, 'number'>> = {}): Omit<PackageItem, 'number'> => ({
  kind: 'passphrase-record',
  name: 'Passphrase of the Secure Store',
  from: { target: 'Farm EU', identity: 'sp-farm-01' },
  purpose: 'Secure Store master key',
  algorithm: 'none',
  bits: null,
  spkiSha256: null,
  kcv: null,
  passwordItem: null,
  generation: { number: 4, backupId: 'farm-backup-2026-11-25' },
  hsm: null,
  azureKids: [],
  sqlNames: [],
  originatorPeriod: { from: '2026-11-26T00:00:00.000Z', to: '2028-11-26T00:00:00.000Z' },
  recipientPeriod: { from: '2026-11-26T00:00:00.000Z', to: null },
  state: 'active',
  ...change,
})

export const secretItem = (
  text: string | Buffer,
  change: Partial<Omit<PackageItem, 'number'>> = {},
): NewItem => ({
  facts: itemOf(change),
  content: { kind: 'secret', secret: SecretBytes.take(Buffer.from(text)) },
  spki: null,
})

export interface TestToken {
  key: SecretBytes
  facts: Omit<PackageItem, 'number'>
  spki: Buffer | null
}

const hsmFacts: NonNullable<PackageItem['hsm']> = {
  model: 'SoftHSM v2',
  serial: '0123456789abcdef',
  firmware: '2.6',
  keyId: '01ff',
  label: 'tde-eu',
  attributes: { SENSITIVE: true, EXTRACTABLE: true, ALWAYS_SENSITIVE: true, NEVER_EXTRACTABLE: false },
  wrapVerdict: 'zero-padded',
  oaep: 'sha1',
}

/** What a token would hold: an RSA key. `zeros`: the filling of a module that breaks RFC 5649. */
export const rsaTokenKey = (): TestToken => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return {
    key: SecretBytes.take(privateKey.export({ format: 'der', type: 'pkcs8' })),
    facts: itemOf({
      kind: 'hsm-key',
      name: 'TDE key of the EU',
      from: { target: 'HSM Zürich', identity: 'serial 0123456789abcdef' },
      purpose: 'TDE protector',
      algorithm: 'RSA',
      bits: 2048,
      spkiSha256: sha256Of(spki),
      generation: null,
      hsm: hsmFacts,
      azureKids: ['https://kv-eu.vault.azure.net/keys/tde-eu/0123456789abcdef0123456789abcdef'],
      sqlNames: ['SQLPROD-01.master.TDE_EU'],
    }),
    spki,
  }
}

/** AES-256 of zeros is checked by hand: its check value is dc95c0. */
export const aesTokenKey = (): TestToken => ({
  key: SecretBytes.take(Buffer.alloc(32)),
  facts: itemOf({
    kind: 'hsm-key',
    name: 'Wrapping key',
    purpose: 'Key wrapping',
    algorithm: 'AES',
    bits: 256,
    kcv: 'dc95c0',
    generation: null,
    hsm: hsmFacts,
  }),
  spki: null,
})

/** The two wraps that a token makes, done here: the key under a temporary one, and that one for each opener. */
export const wrappedItem = (
  { key, facts, spki }: TestToken,
  target: Pick<NewPackage, 'group' | 'recipients'>,
  zeros = 0,
): NewItem => {
  using temporary = SecretBytes.take(randomBytes(32))
  using filled = SecretBytes.take(key.use((bytes) => Buffer.concat([bytes, Buffer.alloc(zeros)])))
  const encryptedKeys = openersFor(target).map((opener) => {
    const spkiKey =
      'certificate' in opener.key
        ? createPublicKey(pemOfCertificate(opener.key.certificate))
        : createPublicKey({ key: Buffer.from(opener.key.spki), format: 'der', type: 'spki' })
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: facts.hsm?.oaep ?? 'sha256' }
    return temporary.use((bytes) => publicEncrypt({ key: spkiKey, ...padding }, bytes))
  })
  return {
    facts,
    content: { kind: 'wrapped', encryptedKeys, wrappedKey: wrapKeyPadded(temporary, filled) },
    spki,
  }
}

const pemOfCertificate = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`

export interface TestRecipient extends NewRecipient {
  privateKey: KeyObject
}

let serial = 0x1000
export const makeRecipient = (name = 'Custodian in Geneva'): TestRecipient => {
  const privateKey = makeKey()
  serial += 1
  const certificate = makeCertificate(privateKey, {
    subject: name,
    serialHex: serial.toString(16).padStart(16, '0'),
  })
  return { kind: 'custodian', name, certificate, privateKey }
}

export const testSigner = (): PackageSigner & { fingerprint: string } => {
  const key = newSigningKey()
  return { ...signerOf(key), fingerprint: key.fingerprint }
}

export interface SamplePackage {
  wanted: NewPackage
  files: PackageFiles
  group: TestGroup
  recipients: TestRecipient[]
  signer: PackageSigner & { fingerprint: string }
  /** By item: what has to come out. */
  contents: Buffer[]
}

/** A package with one item of each form: two keys of a token, a certificate, its password. */
export const makeSample = (
  group: TestGroup,
  recipients: TestRecipient[] = [makeRecipient()],
  signer = testSigner(),
  rsa = rsaTokenKey(),
): SamplePackage => {
  const target = {
    group: group.group,
    recipients: recipients.map(({ kind, name, certificate }) => ({ kind, name, certificate })),
  }
  const aes = aesTokenKey()
  const contents = [
    rsa.key.use((bytes) => Buffer.from(bytes)),
    randomBytes(2_400),
    Buffer.from(`password ${randomBytes(12).toString('hex')}`),
    aes.key.use((bytes) => Buffer.from(bytes)),
  ]
  const wanted: NewPackage = {
    id: newPackageId(),
    made: { at: '2026-11-26T09:30:00.000Z', run: asRunId('abcdefgh2345'), program: '0.1.0' },
    ...target,
    items: [
      wrappedItem(rsa, target, 3),
      secretItem(contents[1] ?? '', {
        kind: 'certificate',
        name: 'TDE_2026',
        passwordItem: 3,
        generation: null,
      }),
      secretItem(contents[2] ?? '', {}),
      wrappedItem(aes, target),
    ],
    recombine: recombinePy(),
  }
  return { wanted, files: writePackage(wanted, signer).files, group, recipients, signer, contents }
}

export const pkcs8Of = (privateKey: KeyObject): SecretBytes =>
  SecretBytes.take(privateKey.export({ format: 'der', type: 'pkcs8' }))

export const wordsOf = (...shares: string[]): SecretBytes[] =>
  shares.map((share) => SecretBytes.fromText(share))

export const publicHashOf = (pkcs8: Buffer): string =>
  sha256Of(
    createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })).export({
      format: 'der',
      type: 'spki',
    }),
  )
