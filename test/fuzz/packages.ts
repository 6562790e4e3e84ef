import { KeyturnError } from '../../shared/errors/problem.ts'
import { openPackage } from '../../electron/escrow/package/open.ts'
import { limitOf, type PackageFiles } from '../../electron/escrow/package/paths.ts'
import type { SignerTrust } from '../../electron/escrow/package/signer.ts'
import { verifyPackage } from '../../electron/escrow/package/verify.ts'
import { writePem } from '../../electron/escrow/package/pem.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  pkcs8Of,
  testSigner,
  wordsOf,
  type SamplePackage,
} from '../support/escrow-package.ts'
import { bytesOf, signedAnew } from '../support/escrow-package-changes.ts'
import { seeded } from '../support/seeded.ts'

type Random = (below: number) => number

interface Stage {
  sample: SamplePackage
  /** Of the same group, recipients and signer. */
  second: SamplePackage
}

const makeStage = async (): Promise<Stage> => {
  const recipients = [makeRecipient('Custodian in Geneva')]
  const sample = makeSample(await makeTestGroup(2, 3), recipients)
  return { sample, second: makeSample(sample.group, recipients, sample.signer) }
}

const pick = <One>(all: readonly One[], random: Random): One => {
  const one = all[random(all.length)]
  if (one === undefined) throw new Error('nothing to pick from')
  return one
}
const put = (files: PackageFiles, path: string, bytes: Uint8Array): PackageFiles =>
  new Map([...files, [path, bytes]])
const pathsOf = (files: PackageFiles): string[] => [...files.keys()]

const flipped = (bytes: Buffer, random: Random): Buffer => {
  const copy = Buffer.from(bytes)
  const at = random(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << random(8))
  return copy
}

/** One leaf of the JSON has another value of its kind, or one field is gone or new. */
const lie = (value: unknown, random: Random): unknown => {
  if (Array.isArray(value)) {
    const list = [...(value as unknown[])]
    if (list.length === 0) return [0]
    if (random(6) === 0) return random(2) === 0 ? list.slice(1) : [...list, ...list.slice(0, 1), 0]
    const at = random(list.length)
    list[at] = lie(list[at], random)
    return list
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
    const at = random(fields.length + 1)
    if (at === fields.length) return { ...value, more: 1 }
    return Object.fromEntries(
      fields.flatMap(([key, field], index) =>
        index !== at ? [[key, field]] : random(8) === 0 ? [] : [[key, lie(field, random)]],
      ),
    )
  }
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  if (typeof value === 'string')
    return value === '' ? 'x' : flipped(Buffer.from(value), random).toString('utf8')
  return 'x'
}

const lyingManifest = (files: PackageFiles, random: Random): Buffer =>
  Buffer.from(JSON.stringify(lie(JSON.parse(bytesOf(files, 'MANIFEST.json').toString()), random)))

const oddPaths = [
  'x',
  '../MANIFEST.json',
  'items/03.halves.json',
  'items/99.p7',
  'group/x.pem',
  'MANIFEST.JSON',
  '.DS_Store',
  'items/',
]

/** What somebody with the folder can do to it. Each gives a package that no program may take. */
const changes: Readonly<Record<string, (stage: Stage, random: Random) => PackageFiles>> = {
  'a bit': ({ sample: { files } }, random) => {
    const path = pick(pathsOf(files), random)
    return put(files, path, flipped(bytesOf(files, path), random))
  },
  'cut short': ({ sample: { files } }, random) => {
    const path = pick(pathsOf(files), random)
    const bytes = bytesOf(files, path)
    return put(files, path, bytes.subarray(0, random(bytes.length)))
  },
  longer: ({ sample: { files } }, random) => {
    const path = pick(pathsOf(files), random)
    return put(files, path, Buffer.concat([bytesOf(files, path), Buffer.alloc(1 + random(40), random(256))]))
  },
  'a file more': ({ sample: { files } }, random) => put(files, pick(oddPaths, random), Buffer.from('more')),
  'a file less': ({ sample: { files } }, random) => {
    const gone = pick(pathsOf(files), random)
    return new Map([...files].filter(([path]) => path !== gone))
  },
  'a file of another package': ({ sample: { files }, second }, random) => {
    const differ = pathsOf(files).filter(
      (path) => path !== 'SIGNER.pem' && !bytesOf(files, path).equals(bytesOf(second.files, path)),
    )
    const path = pick(differ, random)
    return put(files, path, bytesOf(second.files, path))
  },
  'two files that changed places': ({ sample: { files } }, random) => {
    const one = pick(pathsOf(files), random)
    const other = pick(
      pathsOf(files).filter((path) => path !== one),
      random,
    )
    return new Map([...files, [one, bytesOf(files, other)], [other, bytesOf(files, one)]])
  },
  'a manifest that lies': ({ sample: { files } }, random) =>
    put(files, 'MANIFEST.json', lyingManifest(files, random)),
  'a manifest that lies, signed by another key': ({ sample: { files } }, random) => {
    const manifest = lyingManifest(files, random)
    const signer = testSigner()
    const own = put(put(files, 'MANIFEST.json', manifest), 'MANIFEST.sig', signer.sign(manifest))
    return put(own, 'SIGNER.pem', writePem('PUBLIC KEY', signer.spki))
  },
  'the manifest in another spelling': ({ sample: { files } }, random) => {
    const value: unknown = JSON.parse(bytesOf(files, 'MANIFEST.json').toString())
    return put(files, 'MANIFEST.json', Buffer.from(JSON.stringify(value, null, 1 + random(4))))
  },
  'a huge file': ({ sample: { files } }, random) => {
    const path = pick(pathsOf(files), random)
    return put(files, path, Buffer.alloc(limitOf(path) + 1 + random(1000)))
  },
}

const refusedWell = (act: () => unknown): boolean => {
  try {
    act()
  } catch (error) {
    return error instanceof KeyturnError && error.code !== 'internal'
  }
  return false
}

/** None verifies, with or without the signer's fingerprint, and none opens with everything that opens the real one. */
const changedPackages = async (cases: number): Promise<string> => {
  const random = seeded(5)
  const stage = await makeStage()
  const { sample } = stage
  const given: SignerTrust = { kind: 'given', fingerprint: sample.signer.fingerprint }
  const key = { kind: 'shares', shares: wordsOf(...sample.group.shares.slice(0, 2)) } as const
  verifyPackage(sample.files, given)
  const kinds = Object.entries(changes)
  let longest = 0
  for (let round = 0; round < cases; round += 1) {
    const [name, change] = kinds[round % kinds.length] ?? ['', () => sample.files]
    const files = change(stage, random)
    const from = performance.now()
    if (!refusedWell(() => verifyPackage(files, given))) throw new Error(`round ${round}: ${name} was taken`)
    if (!refusedWell(() => openPackage(files, given, key)))
      throw new Error(`round ${round}: ${name} was opened`)
    const anybody =
      name.includes('another key') || refusedWell(() => verifyPackage(files, { kind: 'nobody' }))
    if (!anybody) throw new Error(`round ${round}: ${name} was taken without a signer`)
    longest = Math.max(longest, performance.now() - from)
  }
  return `${kinds.length} kinds of change, the slowest refused within ${Math.ceil(longest)} ms`
}

/** Files that a signer changed before signing: refused in words, or what opens is what was sealed. Nothing else. */
const signedPackages = async (cases: number): Promise<string> => {
  const random = seeded(6)
  const { sample } = await makeStage()
  const [recipient] = sample.recipients
  if (recipient === undefined) throw new Error('the sample has no recipient')
  using pkcs8 = pkcs8Of(recipient.privateKey)
  const listed = pathsOf(sample.files).filter((path) => !/^(MANIFEST|SIGNER)/.test(path))
  let opened = 0
  for (let round = 0; round < cases; round += 1) {
    const path = listed[round % listed.length] ?? ''
    const change = new Map([[path, flipped(bytesOf(sample.files, path), random)]])
    const files = signedAnew(sample.files, sample.signer, (same) => same, change)
    const refused = refusedWell(() => {
      using now = openPackage(files, { kind: 'nobody' }, { kind: 'private-key', pkcs8 })
      for (const [index, wanted] of sample.contents.entries()) {
        using content = now.item(index + 1).content
        if (!content.use((bytes) => bytes.equals(wanted)))
          throw new Error(`${path}: other content was given out`)
      }
    })
    if (!refused) opened += 1
  }
  // A changed text, or a wrapped key for others, is nothing that the one who opens could see.
  if (opened > cases * 0.7) throw new Error(`${opened} of ${cases} changes were not seen`)
  return `${cases - opened} refused, ${opened} opened to what was sealed`
}

export const packageTargets = (
  short: boolean,
): { name: string; runs: number; run: () => Promise<string> }[] => {
  const target = (name: string, runs: number, run: (cases: number) => Promise<string>) => ({
    name,
    runs,
    run: () => run(runs),
  })
  return [
    target('escrow packages that somebody changed', short ? 500 : 10_000, changedPackages),
    target('escrow packages that their signer changed', short ? 60 : 2_000, signedPackages),
  ]
}
