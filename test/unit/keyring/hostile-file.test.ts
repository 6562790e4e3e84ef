import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKeyring } from '../../../electron/keyring/keyring.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import {
  keyFile,
  keyringAt,
  login,
  newKeyring,
  otherServer,
  passphrase,
  refusalOf,
  secret,
} from './support.ts'

interface Entry {
  id: string
  label: string
  purpose: string
  target: string | null
  generation: number
  iv: string
  data: string
  tag: string
}

interface Run {
  run: string
  secrets: { name: string; iv: string; data: string; tag: string }[]
}

interface FileShape {
  version: number
  revision: number
  header: {
    kdf: { N: number; r: number; p: number; salt: string }
    createdAt: string
    passphraseSetAt: string
  }
  key: { check: string; wrapped: { iv: string; data: string; tag: string } }
  changes: number
  sets: Entry[]
  runs: Run[]
  mac: string
  checksum: string
}

const filled = async () => {
  const made = await newKeyring()
  const { keyring } = made
  const a = await keyring.put({ ...login, label: 'a' }, secret('first'))
  await keyring.put({ ...keyFile, label: 'b' }, secret('second'))
  await keyring.sealRun(asRunId('r-dddddddddddd'), [{ name: 'login', id: a.id, binding: login }])
  return { ...made, text: readFileSync(made.path, 'utf8') }
}

/** Edits the file as someone who knows the format but not the passphrase: with a fitting checksum. */
const forged = (text: string, edit: (file: FileShape) => void): string => {
  const file = JSON.parse(text) as FileShape
  edit(file)
  const { mac, ...rest } = file
  const content = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== 'checksum'))
  const checksum = createHash('sha256')
    .update(`${JSON.stringify(content)}\n${mac}`)
    .digest('hex')
  return `${JSON.stringify({ ...content, mac, checksum }, null, 1)}\n`
}

const answerTo = async (folder: string, path: string, text: string | Buffer): Promise<string> => {
  writeFileSync(path, text)
  return refusalOf(keyringAt(folder).unlock(passphrase()))
}

const second = (file: FileShape): Entry => {
  const entry = file.sets[1]
  if (entry === undefined) throw new Error('no second entry')
  return entry
}
const first = (file: FileShape): Entry => {
  const entry = file.sets[0]
  if (entry === undefined) throw new Error('no first entry')
  return entry
}

describe('a forged keyring file', () => {
  test('the forger’s tools are good: an unchanged file opens', async () => {
    const { folder, path, text } = await filled()
    expect(
      await answerTo(
        folder,
        path,
        forged(text, () => undefined),
      ),
    ).toBe('accepted')
  })

  test.each<[string, (file: FileShape) => void]>([
    ['an entry is removed', (file) => void file.sets.pop()],
    ['all entries are removed', (file) => void (file.sets = [])],
    ['the entries change places', (file) => void file.sets.reverse()],
    ['a sealed run is removed', (file) => void file.runs.pop()],
    ['an entry gets another label', (file) => void (first(file).label = 'other')],
    ['an entry gets another purpose', (file) => void (first(file).purpose = 'proxy.password')],
    ['an entry gets another system', (file) => void (first(file).target = otherServer)],
    ['an entry gets another generation', (file) => void (first(file).generation = 9)],
    [
      'two entries swap their contents',
      (file) => {
        const [{ iv, data, tag }, other] = [first(file), second(file)]
        Object.assign(first(file), { iv: other.iv, data: other.data, tag: other.tag })
        Object.assign(other, { iv, data, tag })
      },
    ],
    ['an entry is there twice', (file) => void file.sets.push({ ...first(file), id: first(file).id })],
    [
      'an entry is copied under another id',
      (file) => void file.sets.push({ ...first(file), id: 'h-zzzzzzzzzzzz' }),
    ],
    ['the revision is turned back', (file) => void (file.revision = 1)],
    ['the number of changes is turned back', (file) => void (file.changes = 1)],
    [
      'the passphrase gets another date',
      (file) => void (file.header.passphraseSetAt = '2020-01-01T00:00:00.000Z'),
    ],
    ['the head gets another date', (file) => void (file.header.createdAt = '2020-01-01T00:00:00.000Z')],
    ['the wrapped key is changed', (file) => void (file.key.wrapped.tag = '0'.repeat(32))],
    ['the MAC is changed', (file) => void (file.mac = '0'.repeat(64))],
  ])('%s: damaged', async (_what, edit) => {
    const { folder, path, text } = await filled()
    expect(await answerTo(folder, path, forged(text, edit))).toBe('keyring-damaged')
  })

  test('the entry that stands in for another is named', async () => {
    const { folder, path, text } = await filled()
    let id = ''
    writeFileSync(
      path,
      forged(text, (file) => {
        id = first(file).id
        first(file).purpose = 'proxy.password'
      }),
    )
    const error = await keyringAt(folder)
      .unlock(passphrase())
      .catch((thrown: unknown) => thrown)
    expect(error instanceof KeyturnError && error.problem.title).toContain(id)
  })

  test.each<[string, (file: FileShape) => void]>([
    ['another salt', (file) => void (file.header.kdf.salt = '0'.repeat(64))],
    ['another check', (file) => void (file.key.check = '0'.repeat(64))],
  ])('%s reads like another passphrase, and opens nothing', async (_what, edit) => {
    const { folder, path, text } = await filled()
    expect(await answerTo(folder, path, forged(text, edit))).toBe('keyring-wrong-passphrase')
  })

  test.each<[string, Partial<FileShape['header']['kdf']>]>([
    ['huge N', { N: 2 ** 40 }],
    ['N above the limit', { N: 2 ** 13 }],
    ['N below the limit', { N: 2 ** 9 }],
    ['N that is no power of two', { N: 1_500 }],
    ['a negative N', { N: -1_024 }],
    ['huge r', { r: 2 ** 20 }],
    ['huge p', { p: 2 ** 20 }],
    ['p of zero', { p: 0 }],
    ['half a p', { p: 1.5 }],
  ])('%s is refused before anything is computed', async (_what, change) => {
    const { folder, path, text } = await filled()
    const code = await answerTo(
      folder,
      path,
      forged(text, (file) => void Object.assign(file.header.kdf, change)),
    )
    expect(code).toBe('keyring-parameters')
  })

  test('the product’s own policy refuses the parameters of a test', async () => {
    const { path } = await filled()
    expect(await refusalOf(createKeyring({ path, clock: new FixedClock() }).unlock(passphrase()))).toBe(
      'keyring-parameters',
    )
  })

  test('another version is told as one', async () => {
    const { folder, path, text } = await filled()
    expect(
      await answerTo(
        folder,
        path,
        forged(text, (file) => void (file.version = 3)),
      ),
    ).toBe('keyring-foreign')
  })
})

describe('a damaged keyring file', () => {
  test('cut at any length is damaged, before the passphrase is tried', async () => {
    const { folder, path, text } = await filled()
    for (let length = 0; length < text.length; length += 7) {
      expect(await answerTo(folder, path, text.slice(0, length))).toBe('keyring-damaged')
    }
  })

  test('any changed byte is found', async () => {
    const { folder, path, text } = await filled()
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 5) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 7)), at)
      expect(await answerTo(folder, path, changed)).toMatch(/^keyring-(damaged|foreign|parameters)$/)
    }
  })

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '"text"',
    '{"format":"keyturn-keyring"}',
    '{"__proto__":{}}',
    '\ufeff{}',
  ])('%j is not a keyring', async (text) => {
    const { folder, path } = await filled()
    expect(await answerTo(folder, path, text)).toBe('keyring-damaged')
  })

  test('a file of 80 MB, and bytes that are not text, are not read as one', async () => {
    const { folder, path } = await filled()
    expect(await answerTo(folder, path, Buffer.alloc(80 * 2 ** 20, 0x20))).toBe('keyring-damaged')
    expect(await answerTo(folder, path, Buffer.from([0xff, 0xfe, 0x00]))).toBe('keyring-damaged')
    expect(keyringAt(folder).status()).toEqual({ state: 'locked', waitSeconds: 0 })
    expect(() => keyringAt(folder).recoverySheet()).toThrow('keyring-damaged')
  })

  test('random JSON never gives another error', async () => {
    const { folder, path } = await filled()
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        expect(await answerTo(folder, path, text)).toBe('keyring-damaged')
      }),
      { numRuns: 200 },
    )
  })

  test('damage does not count as a wrong passphrase', async () => {
    const { folder, path, text } = await filled()
    const keyring = keyringAt(folder)
    writeFileSync(path, text.slice(1))
    for (let time = 0; time < 5; time += 1)
      expect(await refusalOf(keyring.unlock(passphrase()))).toBe('keyring-damaged')
    expect(keyring.status().waitSeconds).toBe(0)
  })
})

describe('another writer', () => {
  test('is noticed, and its file is not overwritten', async () => {
    const { keyring, path, text } = await filled()
    const earlier = forged(text, () => undefined)
    await keyring.put({ ...login, label: 'later' }, secret('third'))
    writeFileSync(path, earlier)
    expect(await refusalOf(keyring.put({ ...login, label: 'x' }, secret('x')))).toBe(
      'keyring-changed-outside',
    )
    expect(readFileSync(path, 'utf8')).toBe(earlier)
    expect(keyring.list().map((one) => one.label)).toEqual(['a', 'b', 'later'])
  })
})
