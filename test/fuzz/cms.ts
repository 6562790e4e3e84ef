import { performance } from 'node:perf_hooks'
import { openCms, readCms, sealCms, sealCmsUnderKek, type CmsKey } from '../../electron/formats/cms/index.ts'
import { childrenOf, readDer, type DerNode } from '../../electron/formats/der.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { seeded } from '../support/seeded.ts'
import { fileOf, makeCustodian, partsOf, secret, wrappedAsToken } from '../unit/formats/cms-kit.ts'
import type { Random } from './record-sample.ts'

/** A file, another one of the same shape, and the keys that open both. */
interface Sample {
  file: Buffer
  other: Buffer
  content: Buffer
  keys: (() => CmsKey)[]
}

const bytesOf = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => random(256)))

/** A PKCS #8 in shape: what is tried is reading, not RSA. */
const keyLike = (random: Random): Buffer =>
  Buffer.concat([Buffer.from([0x30, 0x82, 0x01, 0xe9]), bytesOf(random, 489)])

const makeSamples = (random: Random): Sample[] => {
  const ann = makeCustodian('Custodian Ann')
  const group = makeCustodian('Share group')
  const kek = bytesOf(random, 32)
  const kekId = bytesOf(random, 8)
  const both = [ann.recipient(), group.bare('sha1')]
  const keys = [() => ann.key(), () => group.bareKey()]
  const sample = (content: Buffer, seal: (content: Buffer) => Uint8Array, by: Sample['keys']): Sample => ({
    file: Buffer.from(seal(content)),
    other: Buffer.from(seal(bytesOf(random, content.length))),
    content,
    keys: by,
  })
  const asToken = (content: Buffer): Buffer =>
    wrappedAsToken(content.length === 493 ? content : keyLike(random), [
      { custodian: ann, recipient: ann.recipient('sha1') },
      { custodian: group, recipient: group.bare('sha1') },
    ])
  return [
    sample(bytesOf(random, 700), (content) => sealCms(secret(content), both), keys),
    sample(bytesOf(random, 300), (content) => sealCmsUnderKek(secret(content), secret(kek), kekId), [
      () => ({ kind: 'kek', kek: secret(kek), kekId }),
    ]),
    sample(keyLike(random), asToken, keys),
  ]
}

/** Every value of a file, outermost first. */
const nodesOf = (node: DerNode): DerNode[] =>
  (node.tag & 0x20) === 0 ? [node] : [node, ...childrenOf(node).flatMap(nodesOf)]

const pick = <Item>(items: readonly Item[], random: Random): Item => {
  const item = items[random(items.length)]
  if (item === undefined) throw new Error('there is nothing to pick')
  return item
}

const spliced = (file: Buffer, at: number, removed: number, put: Buffer): Buffer =>
  Buffer.concat([file.subarray(0, at), put, file.subarray(at + removed)])

const mutations: Readonly<Record<string, (sample: Sample, random: Random) => Buffer>> = {
  'one bit': ({ file }, random) => {
    const copy = Buffer.from(file)
    const at = random(copy.length)
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << random(8)), at)
    return copy
  },
  'some bytes': ({ file }, random) => {
    const length = 1 + random(20)
    return spliced(file, random(file.length - length), length, bytesOf(random, length))
  },
  'an end cut off': ({ file }, random) => file.subarray(0, random(file.length)),
  'bytes after the end': ({ file }, random) => Buffer.concat([file, bytesOf(random, 1 + random(40))]),
  'another file after the end': ({ file, other }) => Buffer.concat([file, other]),
  'bytes taken out': ({ file }, random) =>
    spliced(file, random(file.length - 30), 1 + random(30), Buffer.alloc(0)),
  'bytes put in': ({ file }, random) =>
    spliced(file, random(file.length), 0, bytesOf(random, 1 + random(30))),
  'a length that lies': ({ file }, random) => {
    const node = pick(nodesOf(readDer(Buffer.from(file))), random)
    const copy = Buffer.from(file)
    const header = node.whole.length - node.value.length
    const at = offsetIn(file, node) + 1 + random(Math.max(1, header - 1))
    copy.writeUInt8(
      pick([0, 0x7f, 0x80, 0x81, 0x84, 0xff, copy.readUInt8(at) + 1, copy.readUInt8(at) - 1], random) & 0xff,
      at,
    )
    return copy
  },
  'a value of another type': ({ file }, random) => {
    const copy = Buffer.from(file)
    const at = offsetIn(file, pick(nodesOf(readDer(Buffer.from(file))), random))
    copy.writeUInt8(random(256), at)
    return copy
  },
  'a value that is there twice, or not at all': ({ file }, random) => {
    const node = pick(nodesOf(readDer(Buffer.from(file))), random)
    const at = offsetIn(file, node)
    return random(2) === 0
      ? spliced(file, at, 0, Buffer.from(node.whole))
      : spliced(file, at, node.whole.length, Buffer.alloc(0))
  },
  'a part of another file': ({ file, other }, random) => {
    const [mine, theirs] = [partsOf(file), partsOf(other)]
    const part = pick((['recipients', 'info', 'after'] as const).slice(0, mine.after.length + 2), random)
    return fileOf({ ...mine, [part]: theirs[part] })
  },
  'one recipient of another file': ({ file, other }, random) => {
    const [mine, theirs] = [partsOf(file), partsOf(other)]
    const at = random(mine.recipients.length)
    const recipients = mine.recipients.with(at, theirs.recipients[at] ?? Buffer.alloc(0))
    return fileOf({ ...mine, recipients: recipients.sort(Buffer.compare) })
  },
  'recipients in another order or number': ({ file, other }, random) => {
    const [mine, theirs] = [partsOf(file), partsOf(other)]
    const more = random(2) === 0 ? theirs.recipients : []
    return fileOf({ ...mine, recipients: [...mine.recipients.toReversed(), ...more] })
  },
}

/** The node was read from a copy of the file, which it is a view into. */
const offsetIn = (file: Buffer, node: DerNode): number => {
  const at = file.indexOf(node.whole)
  if (at < 0) throw new Error('a value that is not in its file')
  return at
}

/**
 * Changes files in ways that a damaged medium or somebody with two packages could, and opens them with every key that
 * opened them before. Throws where other content is given than was sealed, or where another error comes than one of the
 * catalogue. A change of one recipient's part leaves the file open for the other; how often is in the words returned.
 */
export const fuzzCms = (cases: number, seed: number): string => {
  const random = seeded(seed)
  const samples = makeSamples(random)
  const names = Object.keys(mutations)
  let changed = 0
  let refused = 0
  let same = 0
  let slowest = 0
  for (let round = 0; round < cases; round += 1) {
    const name = names[round % names.length] ?? ''
    const sample = samples[Math.floor(round / names.length) % samples.length] ?? pick(samples, random)
    const mutated = mutations[name]?.(sample, random)
    if (mutated === undefined) throw new Error(`round ${round}: no such mutation`)
    if (mutated.equals(sample.file)) continue
    changed += 1
    const from = performance.now()
    answerOf(`round ${round}: ${name}`, () => readCms(mutated))
    for (const key of sample.keys) {
      const given = answerOf(`round ${round}: ${name}`, () => openCms(mutated, key()))
      if (given === null) refused += 1
      else if (given.use((bytes) => bytes.equals(sample.content))) same += 1
      else throw new Error(`round ${round}: ${name}: other content was given`)
    }
    slowest = Math.max(slowest, performance.now() - from)
  }
  if (changed < cases * 0.9) throw new Error(`only ${changed} of ${cases} files were changed`)
  const took = `slowest ${slowest.toFixed(0)} ms`
  return `${changed} changed; opened ${refused + same} times: ${refused} refused, ${same} with the same content; ${took}`
}

/** Null: refused in words of the catalogue for such files. */
const answerOf = <Result>(what: string, work: () => Result): Result | null => {
  try {
    return work()
  } catch (error) {
    if (error instanceof KeyturnError && error.code.startsWith('cms-')) return null
    throw new Error(`${what}: ${String(error)}`, { cause: error })
  }
}

export const cmsTargets = (short: boolean): readonly { name: string; runs: number; run: () => string }[] => {
  const runs = short ? 200 : 4_000
  return [{ name: 'CMS files, changed', runs, run: () => fuzzCms(runs, 5) }]
}
