import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  composeWrapped,
  openCms,
  openCmsParts,
  readCms,
  rewrapCms,
  sealCms,
  sealCmsUnderKek,
  type CmsRecipient,
} from '../../../electron/formats/cms/index.ts'
import { childrenOf, readDer, tag } from '../../../electron/formats/der.ts'
import {
  der,
  derNull,
  octetString,
  oid,
  sequence,
  smallInteger,
} from '../../../electron/formats/der-write.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { fileOf, makeCustodian, opened, partsOf, secret, wrappedAsToken, type FileParts } from './cms-kit.ts'
import { answersToEveryFlip, answersToEveryTruncation, codeOf } from './damage.ts'
import { makeKey } from './make-certificate.ts'

const ann = makeCustodian('Custodian Ann')
const ben = makeCustodian('Custodian Ben')
const group = makeCustodian('Share group')
const kekId = Buffer.from('00112233445566ff', 'hex')
const kekBytes = randomBytes(32)
const kek = () => ({ kind: 'kek', kek: secret(kekBytes), kekId }) as const
const words = Buffer.from('CANARY-of-the-content-0451')
const pkcs8 = makeKey().export({ format: 'der', type: 'pkcs8' })

describe('sealed content', () => {
  test('each recipient opens it alone, by certificate or by key identifier, with either hash', () => {
    const file = sealCms(secret(words), [ann.recipient('sha1'), ben.recipient('sha256'), group.bare()])
    for (const key of [ann.key(), ben.key(), group.bareKey()]) expect(opened(file, key)).toEqual(words)
    const read = readCms(file)
    expect(read).toMatchObject({ kind: 'auth-enveloped', contentLength: words.length })
    expect(read.recipients.map((one) => one.kind === 'key-transport' && one.oaep).toSorted()).toEqual([
      ...['sha1', 'sha256', 'sha256'],
    ])
  })

  test('any content and any choice of recipients come back as they were', () => {
    const everybody = [
      { recipient: ann.recipient(), key: () => ann.key() },
      { recipient: ben.recipient('sha1'), key: () => ben.key() },
      { recipient: group.bare(), key: () => group.bareKey() },
    ]
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 5_000 }),
        fc.subarray(everybody, { minLength: 1 }),
        (content, chosen) => {
          const file = sealCms(
            secret(content),
            chosen.map(({ recipient }) => recipient),
          )
          return chosen.every(({ key }) => opened(file, key()).equals(content))
        },
      ),
      { numRuns: 25 },
    )
  })

  test('the same content is other bytes each time', () => {
    const [one, two] = [1, 2].map(() => partsOf(sealCms(secret(words), [group.bare()])))
    expect(one?.info).not.toEqual(two?.info)
  })

  test('under a key of 256 bits it opens with that key and name only', () => {
    const file = sealCmsUnderKek(secret(words), secret(kekBytes), kekId)
    expect(opened(file, kek())).toEqual(words)
    expect(readCms(file).recipients).toMatchObject([{ kind: 'kek', keyId: kekId }])
    expect(codeOf(() => openCms(file, { ...kek(), kek: secret(randomBytes(32)) }))).toBe(
      'cms-key-not-unwrapped',
    )
    expect(codeOf(() => openCms(file, { ...kek(), kek: secret(randomBytes(16)) }))).toBe(
      'cms-key-not-unwrapped',
    )
    expect(codeOf(() => openCms(file, { ...kek(), kekId: Buffer.from('00') }))).toBe('cms-other-recipient')
    expect(codeOf(() => openCms(file, ann.key()))).toBe('cms-other-recipient')
  })

  test('the largest content comes back; one byte more and none at all are refused', () => {
    const largest = randomBytes(1024 * 1024)
    expect(opened(sealCms(secret(largest), [group.bare()]), group.bareKey()).equals(largest)).toBe(true)
    const sealing = (content: Buffer) => () => sealCmsUnderKek(secret(content), secret(kekBytes), kekId)
    expect(codeOf(sealing(Buffer.concat([largest, words])))).toBe('cms-content-size')
    expect(codeOf(sealing(Buffer.alloc(0)))).toBe('cms-content-size')
  })

  test('the content given is not wiped, the file given stays as it is', () => {
    using content = secret(words)
    const file = sealCms(content, [group.bare()])
    const before = Buffer.from(file)
    opened(file, group.bareKey())
    expect(content.use((bytes) => bytes.equals(words))).toBe(true)
    expect(before.equals(file)).toBe(true)
  })
})

describe('recipients that are refused', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey
  const keyOnly = (spki: Buffer, keyId: Buffer = Buffer.from('01')): CmsRecipient => ({
    kind: 'public-key',
    spki,
    keyId,
    oaep: 'sha256',
  })
  const spkiOf = (key: typeof small): Buffer => key.export({ format: 'der', type: 'spki' })
  test.each<[string, CmsRecipient[], string]>([
    ['none', [], 'cms-recipients'],
    ['33', Array.from({ length: 33 }, (_, at) => keyOnly(group.spki, Buffer.from([at]))), 'cms-recipients'],
    ['one twice', [ann.recipient(), ann.recipient('sha1')], 'cms-recipients'],
    ['one key identifier twice', [group.bare(), keyOnly(ann.spki, group.keyId)], 'cms-recipients'],
    ['RSA of 1,024 bits', [keyOnly(spkiOf(small))], 'cms-recipients'],
    ['a curve', [keyOnly(spkiOf(curve))], 'cms-recipients'],
    ['a key and something more', [keyOnly(Buffer.concat([group.spki, Buffer.alloc(1)]))], 'cms-recipients'],
    ['no key', [keyOnly(Buffer.from('no key'))], 'cms-recipients'],
    ['an empty key identifier', [keyOnly(group.spki, Buffer.alloc(0))], 'cms-recipients'],
    ['a key identifier of 65 bytes', [keyOnly(group.spki, Buffer.alloc(65))], 'cms-recipients'],
    [
      'a damaged certificate',
      [{ kind: 'certificate', certificate: ann.certificate.subarray(0, -1), oaep: 'sha256' }],
      'file-damaged',
    ],
  ])('%s', (_what, recipients, code) => {
    expect(codeOf(() => sealCms(secret(words), recipients))).toBe(code)
  })

  test('32 are taken', () => {
    const most = Array.from({ length: 32 }, (_, at) => keyOnly(group.spki, Buffer.from([at])))
    expect(readCms(sealCms(secret(words), most)).recipients).toHaveLength(32)
  })

  test('a key-encryption key of 128 bits', () => {
    expect(codeOf(() => sealCmsUnderKek(secret(words), secret(randomBytes(16)), kekId))).toBe(
      'cms-recipients',
    )
    expect(codeOf(() => sealCmsUnderKek(secret(words), secret(kekBytes), Buffer.alloc(0)))).toBe(
      'cms-recipients',
    )
  })
})

describe('keys that do not open', () => {
  const file = sealCms(secret(words), [ann.recipient(), group.bare()])
  test('a key of somebody else, also under a name that is in the file', () => {
    expect(codeOf(() => openCms(file, ben.key()))).toBe('cms-other-recipient')
    expect(codeOf(() => openCms(file, { ...ben.key(), certificateOrKeyId: { keyId: group.keyId } }))).toBe(
      'cms-key-not-unwrapped',
    )
    const mixed = { ...ben.key(), certificateOrKeyId: { certificate: ann.certificate } }
    expect(codeOf(() => openCms(file, mixed))).toBe('cms-key-not-recipient')
  })

  test('what is no RSA private key', () => {
    const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
    for (const bytes of [Buffer.from('no key'), curve.export({ format: 'der', type: 'pkcs8' })])
      expect(codeOf(() => openCms(file, { ...group.bareKey(), pkcs8: secret(bytes) }))).toBe(
        'cms-private-key-not-read',
      )
  })
})

describe('a key that a token wrapped', () => {
  const both = [
    { custodian: ann, recipient: ann.recipient('sha1') },
    { custodian: group, recipient: group.bare('sha1') },
  ]

  test('opens for each recipient as the PKCS #8 that it is', () => {
    const file = wrappedAsToken(pkcs8, both)
    expect(readCms(file).kind).toBe('wrapped-key')
    for (const key of [ann.key(), group.bareKey()]) expect(opened(file, key)).toEqual(pkcs8)
    expect(createPrivateKey({ key: opened(file, ann.key()), format: 'der', type: 'pkcs8' }).type).toBe(
      'private',
    )
  })

  test('has version 0 with certificates only, else version 2', () => {
    expect(partsOf(wrappedAsToken(pkcs8, both)).version).toEqual(smallInteger(2))
    expect(partsOf(wrappedAsToken(pkcs8, both.slice(0, 1))).version).toEqual(smallInteger(0))
  })

  test('up to 7 zero bytes after the key are taken off and counted, 8 are not', () => {
    for (let zeros = 0; zeros <= 7; zeros += 1) {
      const file = wrappedAsToken(Buffer.concat([pkcs8, Buffer.alloc(zeros)]), both)
      const { content, trimmedZeros } = openCmsParts(file, ann.key())
      expect(trimmedZeros).toBe(zeros)
      expect(content.use((bytes) => bytes.equals(pkcs8))).toBe(true)
    }
    const eight = wrappedAsToken(Buffer.concat([pkcs8, Buffer.alloc(8)]), both)
    expect(codeOf(() => openCms(eight, ann.key()))).toBe('cms-content-not-key')
    const other = wrappedAsToken(Buffer.concat([pkcs8, Buffer.from([1])]), both)
    expect(codeOf(() => openCms(other, ann.key()))).toBe('cms-content-not-key')
  })

  test.each([16, 24, 32])('an AES key of %i bytes comes back whole, zeros at its end too', (length) => {
    const key = Buffer.concat([randomBytes(length - 2), Buffer.alloc(2)])
    expect(opened(wrappedAsToken(key, both), group.bareKey())).toEqual(key)
  })

  test('parts of another length are not put together', () => {
    const encryptedKey = randomBytes(256)
    const compose =
      (content: Buffer, key = encryptedKey) =>
      () =>
        composeWrapped({ recipients: [{ recipient: ann.recipient(), encryptedKey: key }], content })
    expect(codeOf(compose(randomBytes(1232)))).toBe('accepted')
    for (const length of [0, 16, 1231, 16 * 1024 + 16])
      expect(codeOf(compose(randomBytes(length)))).toBe('cms-wrapped-parts')
    expect(codeOf(compose(randomBytes(1232), randomBytes(384)))).toBe('cms-wrapped-parts')
  })
})

describe('other recipients for the same content', () => {
  test.each([
    ['sealed content', Buffer.from(sealCms(secret(pkcs8), [ann.recipient()]))],
    ['a wrapped key', wrappedAsToken(pkcs8, [{ custodian: ann, recipient: ann.recipient('sha1') }])],
  ])('%s: new ones open it, the old one does not, the content stays', (_what, file) => {
    const anew = rewrapCms(file, ann.key(), [ben.recipient(), group.bare()])
    for (const key of [ben.key(), group.bareKey()]) expect(opened(anew, key)).toEqual(pkcs8)
    expect(codeOf(() => openCms(anew, ann.key()))).toBe('cms-other-recipient')
    expect(partsOf(anew).info).toEqual(partsOf(file).info)
    expect(opened(file, ann.key())).toEqual(pkcs8)
  })

  test('a content that was changed is not wrapped anew', () => {
    const file = Buffer.from(sealCms(secret(words), [ann.recipient()]))
    file.writeUInt8(file.readUInt8(file.length - 1) ^ 1, file.length - 1)
    expect(codeOf(() => rewrapCms(file, ann.key(), [ben.recipient()]))).toBe('cms-content-changed')
  })
})

describe('changed files', () => {
  const file = Buffer.from(sealCmsUnderKek(secret(words), secret(kekBytes), kekId))
  const open = (damaged: Uint8Array) => openCms(damaged, kek())

  test('no bit of one can be turned, and no byte of its end be missing', () => {
    for (const answers of [answersToEveryFlip(file, open), answersToEveryTruncation(file, open)]) {
      expect([...answers.keys()].filter((code) => !code.startsWith('cms-'))).toEqual([])
      expect(answers.get('accepted')).toBeUndefined()
    }
  })

  test('no words of an error carry the content', () => {
    for (let at = 0; at < file.length; at += 1) {
      const damaged = Buffer.from(file)
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x11, at)
      try {
        open(damaged)
      } catch (error) {
        if (!(error instanceof KeyturnError)) throw error
        expect(`${error.message}${error.stack}${JSON.stringify(error.problem)}`).not.toContain('CANARY')
        expect(error.cause).toBeUndefined()
      }
    }
  })

  test('parts of two files do not open together', () => {
    const [one, two] = [ann, group].map(() =>
      partsOf(sealCms(secret(words), [ann.recipient(), group.bare()])),
    )
    if (one === undefined || two === undefined) throw new Error('two files were sealed')
    for (const key of [ann.key(), group.bareKey()])
      for (const part of ['recipients', 'info', 'after'] as const)
        expect(codeOf(() => openCms(fileOf({ ...one, [part]: two[part] }), key))).toBe('cms-content-changed')
  })
})

describe('the reader takes one form only', () => {
  const sealed = partsOf(sealCms(secret(words), [ann.recipient(), ben.recipient(), group.bare()]))
  const wrapped = partsOf(wrappedAsToken(pkcs8, [{ custodian: ann, recipient: ann.recipient('sha1') }]))
  const kekFile = partsOf(sealCmsUnderKek(secret(words), secret(kekBytes), kekId))
  const answer = (parts: FileParts): string => codeOf(() => readCms(fileOf(parts)))
  /** The first recipient of a file with one of its fields in another form. */
  const withField = (parts: FileParts, at: number, field: Buffer | null): FileParts => {
    const node = readDer(parts.recipients[0] ?? Buffer.alloc(0))
    const fields = childrenOf(node).map(({ whole }) => whole)
    const changed = field === null ? fields.toSpliced(at, 1) : fields.with(at, field)
    return { ...parts, recipients: [der(node.tag, ...changed)] }
  }
  const info = (algorithm: Buffer, content: Buffer, type = '1.2.840.113549.1.7.1'): Buffer =>
    sequence(oid(type), algorithm, der(tag.contextPrimitive(0), content))
  const gcm = (...parameters: Buffer[]): Buffer => sequence(oid('2.16.840.1.101.3.4.1.46'), ...parameters)
  const nonce = octetString(Buffer.alloc(12))

  test('the parts as they are', () => {
    for (const parts of [sealed, wrapped, kekFile]) expect(answer(parts)).toBe('accepted')
  })

  test.each<[string, FileParts, string]>([
    ['another type of content', { ...sealed, type: oid('1.2.840.113549.1.7.2') }, 'cms-unsupported'],
    ['version 2 of sealed content', { ...sealed, version: smallInteger(2) }, 'cms-damaged'],
    ['version 2 of a wrapped key for a certificate', { ...wrapped, version: smallInteger(2) }, 'cms-damaged'],
    ['recipients in another order', { ...sealed, recipients: sealed.recipients.toReversed() }, 'cms-damaged'],
    ['no recipient', { ...sealed, recipients: [] }, 'cms-damaged'],
    [
      'a recipient twice',
      { ...sealed, recipients: [...sealed.recipients, ...sealed.recipients] },
      'cms-damaged',
    ],
    [
      'a password recipient',
      { ...sealed, recipients: [der(tag.context(3), smallInteger(0))] },
      'cms-unsupported',
    ],
    ['a key agreement', { ...sealed, recipients: [der(tag.context(1), smallInteger(3))] }, 'cms-unsupported'],
    ['a recipient of another version', withField(wrapped, 0, smallInteger(2)), 'cms-damaged'],
    ['a KEK recipient of another version', withField(kekFile, 0, smallInteger(3)), 'cms-damaged'],
    ['a recipient without its key', withField(wrapped, 3, null), 'cms-damaged'],
    ['a short encrypted key', withField(wrapped, 3, octetString(Buffer.alloc(128))), 'cms-damaged'],
    ['a short wrapped content key', withField(kekFile, 3, octetString(Buffer.alloc(24))), 'cms-damaged'],
    ['an AES-128 wrap', withField(kekFile, 2, sequence(oid('2.16.840.1.101.3.4.1.5'))), 'cms-unsupported'],
    [
      'PKCS #1 v1.5 padding',
      withField(wrapped, 2, sequence(oid('1.2.840.113549.1.1.1'), derNull())),
      'cms-unsupported',
    ],
    [
      'an attribute after the tag',
      { ...sealed, after: [...sealed.after, der(tag.context(2))] },
      'cms-damaged',
    ],
    ['no tag', { ...sealed, after: [] }, 'cms-damaged'],
    ['a tag of 12 bytes', { ...sealed, after: [octetString(Buffer.alloc(12))] }, 'cms-damaged'],
    [
      'a tag of 12 bytes by its parameters',
      { ...sealed, info: info(gcm(sequence(nonce)), words) },
      'cms-damaged',
    ],
    [
      'a nonce of 16 bytes',
      { ...sealed, info: info(gcm(sequence(octetString(Buffer.alloc(16)), smallInteger(16))), words) },
      'cms-unsupported',
    ],
    [
      'AES-128-GCM',
      { ...sealed, info: info(sequence(oid('2.16.840.1.101.3.4.1.6'), sequence(nonce)), words) },
      'cms-unsupported',
    ],
    [
      'another type of encrypted content',
      { ...sealed, info: info(gcm(sequence(nonce, smallInteger(16))), words, '1.2.840.113549.1.7.2') },
      'cms-unsupported',
    ],
    [
      'an empty content',
      { ...sealed, info: info(gcm(sequence(nonce, smallInteger(16))), Buffer.alloc(0)) },
      'cms-damaged',
    ],
    [
      'CBC',
      { ...wrapped, info: info(sequence(oid('2.16.840.1.101.3.4.1.42'), nonce), words) },
      'cms-unsupported',
    ],
    [
      'a wrapped key of 1,001 bytes',
      { ...wrapped, info: info(sequence(oid('2.16.840.1.101.3.4.1.48')), Buffer.alloc(1001)) },
      'cms-damaged',
    ],
  ])('%s is refused', (_what, parts, code) => {
    expect(answer(parts)).toBe(code)
  })

  const whole = fileOf(sealed)
  test.each<[string, Buffer, string]>([
    ['a byte after the end', Buffer.concat([whole, Buffer.alloc(1)]), 'cms-damaged'],
    [
      'an indefinite length',
      Buffer.concat([Buffer.from([0x30, 0x80]), whole.subarray(4), Buffer.alloc(2)]),
      'cms-damaged',
    ],
    [
      'a length in a longer form',
      Buffer.concat([Buffer.from([0x30, 0x83, 0]), whole.subarray(2)]),
      'cms-damaged',
    ],
    ['PEM', Buffer.from('-----BEGIN CMS-----\n'), 'cms-not-cms'],
    ['nothing', Buffer.alloc(0), 'cms-not-cms'],
    ['a certificate', ann.certificate, 'cms-not-cms'],
    ['2 MiB', Buffer.concat([whole, Buffer.alloc(2 * 1024 * 1024)]), 'cms-too-large'],
    [
      '200,000 recipients',
      fileOf({ ...sealed, recipients: [Buffer.alloc(400_000, derNull())] }),
      'cms-damaged',
    ],
  ])('%s is refused', (_what, bytes, code) => {
    expect(codeOf(() => readCms(bytes))).toBe(code)
  })
})
