import { beforeAll, describe, expect, test } from 'vitest'
import type { PackageManifest } from '../../../electron/escrow/package/manifest.ts'
import { memberOf, openItem, openPackage } from '../../../electron/escrow/package/open.ts'
import { assertSamePackage } from '../../../electron/escrow/package/compare.ts'
import { verifyPackage } from '../../../electron/escrow/package/verify.ts'
import { writePackage, type NewPackage } from '../../../electron/escrow/package/write.ts'
import type { PackageFiles } from '../../../electron/escrow/package/paths.ts'
import { rewrapCms } from '../../../electron/formats/cms/index.ts'
import type { PackageItem } from '../../../shared/model/escrow.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  pkcs8Of,
  secretItem,
  testSigner,
  wordsOf,
  type SamplePackage,
  type TestGroup,
} from '../../support/escrow-package.ts'
import { bytesOf, signedAnew as signedBy } from '../../support/escrow-package-changes.ts'
import { problemFrom } from '../../support/shares.ts'

let group: TestGroup
let other: TestGroup
let sample: SamplePackage
beforeAll(async () => {
  group = await makeTestGroup()
  other = await makeTestGroup(2, 2)
  sample = makeSample(group, [makeRecipient('Custodian in Geneva'), makeRecipient('Recovery HSM')])
})

const nobody = { kind: 'nobody' } as const
const given = () => ({ kind: 'given', fingerprint: sample.signer.fingerprint }) as const
const codeFrom = (act: () => unknown): string => problemFrom(act).code
const without = (files: PackageFiles, path: string): PackageFiles =>
  new Map([...files].filter(([one]) => one !== path))
const withFile = (files: PackageFiles, path: string, bytes: Uint8Array): PackageFiles =>
  new Map([...files, [path, bytes]])
const three = () => ({ kind: 'shares', shares: wordsOf(...group.shares.slice(1, 4)) }) as const

const signedAnew = (
  files: PackageFiles,
  change: (manifest: PackageManifest) => PackageManifest,
  changed?: ReadonlyMap<string, Uint8Array>,
): PackageFiles => signedBy(files, sample.signer, change, changed)

describe('a package that is whole', () => {
  test('has exactly the files of its form', () => {
    expect([...sample.files.keys()].sort()).toEqual([
      'MANIFEST.json',
      'MANIFEST.sig',
      'README-RECOVER.txt',
      'SIGNER.pem',
      'group/private.p7',
      'group/public.pem',
      'items/01.halves.json',
      'items/01.p7',
      'items/01.public.pem',
      'items/02.p7',
      'items/03.p7',
      'items/04.halves.json',
      'items/04.p7',
      'recipients/01.pem',
      'recipients/02.pem',
      'recombine.py',
    ])
  })

  test('says whose signature it has, and that one which nobody knows proves nothing', () => {
    expect(verifyPackage(sample.files, given()).signer.standing).toBe('given')
    const known = { kind: 'known', fingerprints: new Set([sample.signer.fingerprint]) } as const
    expect(verifyPackage(sample.files, known).signer.standing).toBe('known')
    const others = { kind: 'known', fingerprints: new Set(['0'.repeat(64)]) } as const
    expect(verifyPackage(sample.files, others).signer.standing).toBe('package-only')
    expect(verifyPackage(sample.files, nobody).signer).toEqual({
      fingerprint: sample.signer.fingerprint,
      standing: 'package-only',
    })
  })

  test('opens item by item with any 3 shares of 5', () => {
    for (const [a, b, c] of [
      [0, 1, 2],
      [4, 2, 0],
      [3, 1, 4],
    ] as const) {
      const shares = wordsOf(...[a, b, c].map((index) => group.shares[index] ?? ''))
      using opened = openPackage(sample.files, given(), { kind: 'shares', shares })
      for (const [index, content] of sample.contents.entries()) {
        const item = opened.item(index + 1)
        expect(item.content.use((bytes) => bytes.equals(content))).toBe(true)
        expect(item.trimmedZeros).toBe(index === 0 ? 3 : 0)
      }
    }
  })

  test('opens with the private key of each of its certificates alone', () => {
    for (const { privateKey } of sample.recipients) {
      using pkcs8 = pkcs8Of(privateKey)
      const { content } = openItem(sample.files, nobody, { kind: 'private-key', pkcs8 }, 2)
      expect(content.use((bytes) => bytes.equals(sample.contents[1] ?? bytes))).toBe(true)
      expect(pkcs8.wiped).toBe(false)
    }
  })

  test('opens with the key of the group itself, once its key is opened', () => {
    const shares = wordsOf(...group.shares.slice(0, 3))
    const opened = openPackage(sample.files, nobody, { kind: 'shares', shares })
    opened[Symbol.dispose]()
    expect(codeFrom(() => opened.item(1))).toBe('secret-wiped')
  })

  test('tells a share of it from any other without another share', () => {
    const { manifest } = verifyPackage(sample.files, nobody)
    for (const [index, share] of group.shares.entries())
      expect(memberOf(manifest.group, wordsOf(share.toUpperCase())[0] ?? never(), '1').number).toBe(index + 1)
    const foreign = wordsOf(other.shares[0] ?? '')[0] ?? never()
    expect(codeFrom(() => memberOf(manifest.group, foreign, '1'))).toBe('package-share-other')
  })
})

const never = (): never => {
  throw new Error('no share')
}

describe('keys that do not open it', () => {
  test('too few shares, one twice, and one of another group are each said', () => {
    const open = (...shares: (string | undefined)[]) =>
      codeFrom(() =>
        openPackage(sample.files, nobody, {
          kind: 'shares',
          shares: wordsOf(...shares.map((share) => share ?? '')),
        }),
      )
    const [a, b, c] = group.shares
    expect(open()).toBe('package-shares-few')
    expect(open(a, b)).toBe('package-shares-few')
    expect(open(a, b, b)).toBe('package-shares-few')
    expect(open(a, b, c, c)).toBe('share-twice')
    expect(open(a, b, other.shares[0])).toBe('package-share-other')
    expect(open(a, b, `${c?.replace(/^\w+/, 'academic')}`)).toMatch(/^share-checksum$|^package-share-other$/)
  })

  test('the private key of somebody else, and bytes that are none', () => {
    using foreign = pkcs8Of(makeRecipient('Somebody').privateKey)
    expect(codeFrom(() => openPackage(sample.files, nobody, { kind: 'private-key', pkcs8: foreign }))).toBe(
      'package-key-other',
    )
    const [junk] = wordsOf('no key at all')
    expect(
      codeFrom(() => openPackage(sample.files, nobody, { kind: 'private-key', pkcs8: junk ?? foreign })),
    ).toBe('package-key-other')
  })

  test('an item that is not there is refused before anything opens', () => {
    using opened = openPackage(sample.files, nobody, three())
    expect(codeFrom(() => opened.item(5))).toBe('package-item-unknown')
    expect(codeFrom(() => opened.item(0))).toBe('package-item-unknown')
    expect(codeFrom(() => opened.item(1.5))).toBe('package-item-unknown')
  })
})

describe('a package that was changed', () => {
  test('one file more, less or different is named', () => {
    for (const path of sample.files.keys()) {
      const missing = problemFrom(() => verifyPackage(without(sample.files, path), nobody))
      expect(missing).toMatchObject({ code: 'package-files', title: expect.stringContaining(path) as string })
      const different = withFile(
        sample.files,
        path,
        Buffer.concat([bytesOf(sample.files, path), Buffer.from(' ')]),
      )
      expect(codeFrom(() => verifyPackage(different, nobody))).toMatch(
        path.startsWith('MANIFEST') || path === 'SIGNER.pem'
          ? /^package-signature$/
          : /^package-file-changed$/,
      )
    }
    for (const path of ['items/05.p7', 'items/02.halves.json', 'recipients/03.pem', 'items/02.public.pem'])
      expect(codeFrom(() => verifyPackage(withFile(sample.files, path, Buffer.from('x')), nobody))).toBe(
        'package-files',
      )
    for (const path of [
      'x',
      '../x',
      '/etc/passwd',
      'items/../MANIFEST.json',
      'ITEMS/01.p7',
      'items\\01.p7',
      '.DS_Store',
    ])
      expect(codeFrom(() => verifyPackage(withFile(sample.files, path, Buffer.from('x')), nobody))).toBe(
        'package-files',
      )
  })

  test('a file that is too large is refused before it is hashed', () => {
    for (const path of sample.files.keys())
      expect(codeFrom(() => verifyPackage(withFile(sample.files, path, Buffer.alloc(2 ** 21)), nobody))).toBe(
        'package-files',
      )
  })

  test('a package signed by another key is refused where the signer is given, and told where it is not', () => {
    const others = writePackage(sample.wanted, testSigner()).files
    expect(codeFrom(() => verifyPackage(others, given()))).toBe('package-signer-other')
    expect(verifyPackage(others, nobody).signer.standing).toBe('package-only')
    const mixed = withFile(sample.files, 'SIGNER.pem', bytesOf(others, 'SIGNER.pem'))
    expect(codeFrom(() => verifyPackage(mixed, nobody))).toBe('package-signature')
  })

  test('files of two packages of the same signer do not mix', () => {
    const second = makeSample(group, sample.recipients, sample.signer)
    for (const path of ['items/02.p7', 'items/01.p7', 'items/01.halves.json', 'README-RECOVER.txt'])
      expect(
        codeFrom(() => verifyPackage(withFile(sample.files, path, bytesOf(second.files, path)), nobody)),
      ).toBe('package-file-changed')
    const manifest = withFile(sample.files, 'MANIFEST.json', bytesOf(second.files, 'MANIFEST.json'))
    expect(codeFrom(() => verifyPackage(manifest, nobody))).toBe('package-signature')
  })
})

describe('a manifest that its signer made lie', () => {
  const lieOf = (
    change: (manifest: PackageManifest) => PackageManifest,
    changed: ReadonlyMap<string, Uint8Array> = new Map(),
  ): string => codeFrom(() => verifyPackage(signedAnew(sample.files, change, changed), given()))
  const same = (manifest: PackageManifest): PackageManifest => manifest
  const itemAt = (index: number, change: Partial<PackageItem>) => (manifest: PackageManifest) => ({
    ...manifest,
    items: manifest.items.map((item, at) => (at === index ? ({ ...item, ...change } as typeof item) : item)),
  })

  test('signed anew without a change it is taken, so that the lies below are what is refused', () => {
    expect(verifyPackage(signedAnew(sample.files, same), given()).files).toBe(sample.files.size)
  })

  test('items that changed places, sealed files of another kind', () => {
    const swapped = new Map([['items/02.p7', bytesOf(sample.files, 'items/01.p7')]])
    expect(lieOf(same, swapped)).toBe('package-lies')
    expect(lieOf(same, new Map([['items/01.p7', bytesOf(sample.files, 'items/02.p7')]]))).toBe('package-lies')
    expect(
      lieOf(same, new Map([['items/01.halves.json', bytesOf(sample.files, 'items/04.halves.json')]])),
    ).toBe('package-lies')
    expect(lieOf(same, new Map([['items/02.p7', Buffer.from('no CMS')]]))).toBe('cms-not-cms')
  })

  test('a group, a certificate or a public half that is another one', () => {
    const spki = { spkiSha256: 'a'.repeat(64) }
    expect(lieOf((one) => ({ ...one, group: { ...one.group, ...spki, keyId: 'a'.repeat(16) } }))).toBe(
      'package-lies',
    )
    expect(
      lieOf((one) => ({
        ...one,
        recipients: one.recipients.map((recipient) => ({ ...recipient, ...spki })),
      })),
    ).toBe('package-lies')
    expect(lieOf(itemAt(0, spki))).toBe('package-lies')
    expect(lieOf((one) => ({ ...one, signer: 'a'.repeat(64) }))).toBe('package-lies')
    expect(lieOf(same, new Map([['group/private.p7', other.group.sealedPrivateKey]]))).toBe('package-lies')
    const hsm = { ...verifyPackage(sample.files, nobody).manifest.items[0]?.hsm, oaep: 'sha256' }
    expect(lieOf(itemAt(0, { hsm: hsm as PackageItem['hsm'] }))).toBe('package-lies')
  })

  test('an item that opens to another key is not given out', () => {
    const kcv = signedAnew(sample.files, itemAt(3, { kcv: 'ffffff' }))
    using opened = openPackage(kcv, given(), three())
    expect(codeFrom(() => opened.item(4))).toBe('package-item-other')
    const others = makeSample(group, sample.recipients, sample.signer)
    const path = 'items/01.'
    const moved = new Map(
      ['p7', 'halves.json'].map((end) => [path + end, bytesOf(others.files, path + end)] as const),
    )
    using second = openPackage(signedAnew(sample.files, same, moved), given(), three())
    expect(codeFrom(() => second.item(1))).toBe('package-item-other')
  })

  test('a private key of the group that does not belong to its public key', async () => {
    const { sealGroupKey } = await import('../../../electron/escrow/share-group.ts')
    const { SecretBytes } = await import('../../../electron/platform/secret-bytes.ts')
    const keyId = group.group.facts.keyId ?? ''
    const secret = SecretBytes.take(Buffer.from(group.secretHex, 'hex'))
    const foreign = sealGroupKey(other.pkcs8, secret, keyId)
    const files = signedAnew(sample.files, same, new Map([['group/private.p7', foreign]]))
    expect(codeFrom(() => openPackage(files, given(), three()))).toBe('package-group-key')
  })
})

describe('making a package', () => {
  const make = (change: Partial<NewPackage>): string =>
    codeFrom(() => writePackage({ ...sample.wanted, ...change }, sample.signer))

  test('what its manifest can’t hold is named by its field', () => {
    const named = (change: Partial<PackageItem>): string =>
      problemFrom(() => writePackage({ ...sample.wanted, items: [secretItem('a', change)] }, sample.signer))
        .title
    expect(named({ name: 'two\nlines' })).toContain('items.0.name')
    expect(named({ name: '' })).toContain('items.0.name')
    expect(named({ name: 'a\u202eb' })).toContain('items.0.name')
    expect(named({ purpose: 'x'.repeat(401) })).toContain('items.0.purpose')
    expect(named({ passwordItem: 2 })).toContain('items.0')
    expect(named({ kcv: 'abcdef' })).toContain('items.0')
    expect(make({ items: [] })).toBe('package-not-described')
    expect(make({ made: { ...sample.wanted.made, at: '2026-02-30T00:00:00.000Z' } })).toBe(
      'package-not-described',
    )
  })

  test('a group that is not active, and two of the same recipient', () => {
    const { facts } = group.group
    for (const state of ['in-ceremony', 'replaced', 'void'] as const)
      expect(make({ group: { ...group.group, facts: { ...facts, state } } })).toBe('package-not-described')
    const [one] = sample.wanted.recipients
    expect(one && make({ recipients: [one, one], items: [secretItem('a')] })).toBe('cms-recipients')
  })

  test('a package wrapped anew for another group opens with that one’s shares', () => {
    using opened = openPackage(sample.files, nobody, three())
    const keyId = (of: TestGroup) => Buffer.from(of.group.facts.keyId ?? '', 'hex')
    const anew = (path: string, oaep: 'sha1' | 'sha256') =>
      rewrapCms(
        bytesOf(sample.files, path),
        { kind: 'private-key', pkcs8: group.pkcs8, certificateOrKeyId: { keyId: keyId(group) } },
        [{ kind: 'public-key', spki: other.group.spki, keyId: keyId(other), oaep }],
      )
    const [rsa, certificate, password] = sample.wanted.items
    if (!rsa || !certificate || !password) throw new Error('the sample has no such items')
    const wanted: NewPackage = {
      ...sample.wanted,
      group: other.group,
      recipients: [],
      items: [
        { ...rsa, content: { kind: 'sealed', cms: anew('items/01.p7', 'sha1') } },
        { ...certificate, content: { kind: 'sealed', cms: anew('items/02.p7', 'sha256') } },
        { ...password, content: { kind: 'sealed', cms: anew('items/03.p7', 'sha256') } },
      ],
    }
    const { files } = writePackage(wanted, sample.signer)
    using now = openPackage(files, given(), { kind: 'shares', shares: wordsOf(...other.shares) })
    for (const number of [1, 2, 3])
      expect(now.item(number).content.use((bytes) => bytes.toString('hex'))).toBe(
        opened.item(number).content.use((bytes) => bytes.toString('hex')),
      )
  })

  test('what was read back is compared file by file', () => {
    assertSamePackage(sample.files, new Map(sample.files))
    const problem = (read: PackageFiles) => problemFrom(() => assertSamePackage(sample.files, read)).title
    expect(problem(without(sample.files, 'items/02.p7'))).toContain('items/02.p7')
    expect(problem(withFile(sample.files, 'items/02.p7', Buffer.from('x')))).toContain('items/02.p7')
    expect(problem(withFile(sample.files, 'items/09.p7', Buffer.from('x')))).toContain('items/09.p7')
  })
})
