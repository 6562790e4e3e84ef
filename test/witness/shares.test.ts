import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recombineName, recombinePy } from '../../electron/escrow/recombine-script.ts'
import { shareSheet } from '../../electron/escrow/share-sheet.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { sheetFacts } from '../support/share-sheets.ts'
import { fixedSet, joinTexts, makeSet, withWord } from '../support/shares.ts'
import { vectorPassphrase, vectors } from '../unit/formats/slip39/vectors.ts'

/** Two others who follow SLIP-0039 and share no code with ours: the npm package `slip39`, and the script we ship. */
interface OtherProgram {
  fromArray(
    secret: number[],
    options: { passphrase: string; threshold: number; groups: [number, number, string][] },
  ): { fromPath(path: string): { mnemonics: string[] } }
  recoverSecret(shares: string[], passphrase: string): number[]
}
const other = createRequire(import.meta.url)('slip39') as OtherProgram

const folder = mkdtempSync(join(tmpdir(), 'keyturn-shares-'))
const at = (name: string): string => join(folder, name)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
beforeAll(() => {
  writeFileSync(at(recombineName), recombinePy())
})

/** The script alone in a folder, as a package brings it; words go in through files or the input, never argv. */
const recombine = (files: readonly string[], input = ''): SpawnSyncReturns<string> =>
  spawnSync('python3', ['-I', '-B', recombineName, ...files], { cwd: folder, encoding: 'utf8', input })

const fileOf = (name: string, text: string | Buffer): string => {
  writeFileSync(at(name), text)
  return name
}

describe('npm slip39', () => {
  test('joins ours', () => {
    const { secret, shares } = makeSet(3, 5)
    const joined = other.recoverSecret(
      [4, 0, 2].map((index) => shares[index] ?? ''),
      '',
    )
    expect(Buffer.from(joined).toString('hex')).toBe(secret)
  })

  test.each([
    [2, 3],
    [5, 16],
  ])('splits, and ours joins: %i of %i', (threshold, members) => {
    const secret = randomBytes(32)
    const set = other.fromArray([...secret], {
      passphrase: '',
      threshold: 1,
      groups: [[threshold, members, '']],
    })
    const { mnemonics } = set.fromPath('r/0')
    expect(joinTexts(mnemonics.slice(-threshold))).toBe(secret.toString('hex'))
  })
})

describe('recombine.py', () => {
  test('passes all official vectors', () => {
    copyFileSync(new URL('../vectors/slip39/vectors.json', import.meta.url), at('vectors.json'))
    fileOf(
      'all.py',
      `import json, sys
sys.path.insert(0, '.')
import recombine
for what, shares, secret, _ in json.load(open('vectors.json')):
    try:
        joined = recombine.join([recombine.read_share(share) for share in shares], b'${vectorPassphrase}').hex()
    except recombine.Refused:
        joined = ''
    print('same' if joined == secret else what)
`,
    )
    const printed = execFileSync('python3', ['-B', 'all.py'], { cwd: folder, encoding: 'utf8' })
    expect(printed.trim().split('\n')).toEqual(vectors.map(() => 'same'))
  })

  test('is Python 3.6, and imports three modules of its standard library', () => {
    fileOf(
      'parse.py',
      `import ast
tree = ast.parse(open('${recombineName}', encoding='utf-8').read(), feature_version=(3, 6))
nodes = list(ast.walk(tree))
assert not any(isinstance(node, ast.ImportFrom) for node in nodes)
print(sorted(alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names))
`,
    )
    expect(execFileSync('python3', ['parse.py'], { cwd: folder, encoding: 'utf8' })).toBe(
      "['hashlib', 'hmac', 'sys']\n",
    )
  })

  test('joins the sheets that holders keep, and files with the words alone', () => {
    const { secret, shares } = makeSet(3, 5)
    const sheets = shares.map((share, index) => {
      const sheet = shareSheet(sheetFacts({ number: index + 1 }), SecretBytes.fromText(share))
      return fileOf(
        `sheet ${index + 1}.txt`,
        sheet.use((bytes) => Buffer.from(bytes)),
      )
    })
    const windows = fileOf(
      'windows.txt',
      `\uFEFF${readFileSync(at('sheet 3.txt'), 'utf8').replaceAll('\n', '\r\n')}`,
    )
    const alone = fileOf('alone.txt', (shares[4] ?? '').toUpperCase().replaceAll(' ', '\n'))
    const result = recombine([sheets[1] ?? '', windows, alone])
    expect(result).toMatchObject({ status: 0, stdout: `${secret}\n` })
    expect(result.stderr).toBe(
      'File 1: share 2, 3 needed.\nFile 2: share 3, 3 needed.\nFile 3: share 5, 3 needed.\n',
    )
    expect(recombine(sheets).stdout).toBe(`${secret}\n`)
  })

  test('asks for the words where no file is given, over several lines, and says so on standard error only', () => {
    const { secret, shares } = makeSet(2, 3)
    const [one = '', two = ''] = shares
    const result = recombine([], `${one.replaceAll(' ', '\n')}\n\n${two}\n`)
    expect(result).toMatchObject({ status: 0, stdout: `${secret}\n` })
    expect(result.stderr).toContain('Share number 1 read: 1 of 2.')
  })

  describe('refuses with exit code 1, one sentence and no word of a share', () => {
    const { shares } = fixedSet(2, 3, 1)
    const [one = '', two = ''] = shares
    const foreign = fixedSet(2, 3, 2).shares[1] ?? ''
    const typo = withWord(one, 6, 'qwertzui')
    const replaced = withWord(one, 6, one.split(' ')[6] === 'acid' ? 'acne' : 'acid')

    test.each<[string, string[], string]>([
      ['too few shares', [one], 'too few shares: 1 given, 2 needed'],
      ['a share twice', [one, two, one.toUpperCase()], 'share number 1 was given twice'],
      ['a share of another set', [one, foreign], 'not all of the same set'],
      ['a word outside the list', [typo, two], 'file 1 is not a share: not in the list of words: word 7'],
      ['another word of the list', [two, replaced], 'file 2 is not a share: its checksum does not fit'],
      ['a word too few', [one.split(' ').slice(1).join(' '), two], 'it has 32 words'],
      ['an empty file', ['', two], 'it has 0 words'],
      ['numbers with a gap', [`1. ${one.replace(' ', ' 3. ')}`, two], 'do not run 1, 2, 3'],
    ])('%s', (_, texts, sentence) => {
      const result = recombine(texts.map((text, index) => fileOf(`bad${index}.txt`, text)))
      expect(result.status).toBe(1)
      expect(result.stdout).toBe('')
      expect(result.stderr).toContain(sentence)
      expect(result.stderr).toMatch(/\nNothing was joined: .+\.\n$|^Nothing was joined: .+\.\n$/)
      expect(result.stderr).not.toContain('Traceback')
      expect(result.stderr).not.toContain('qwertzui')
      const said = new Set(result.stderr.toLowerCase().split(/[^a-z]+/))
      expect([...one.split(' '), ...two.split(' ')].filter((word) => said.has(word))).toEqual([])
    })

    test('a file that is not there, an option, an input that ends, and one that is no text', () => {
      expect(recombine(['absent.txt'])).toMatchObject({ status: 1, stdout: '' })
      expect(recombine(['absent.txt']).stderr).toContain('file 1 could not be read')
      expect(recombine(['--help']).stderr).toContain('usage: python3 recombine.py')
      expect(recombine([], `${one}\n`)).toMatchObject({ status: 1, stdout: '' })
      expect(recombine([], `${one}\n`).stderr).toContain('Nothing was joined: the input ended.')
      expect(recombine([], `${typo}\n\n`).stderr).toContain('share 1 of the input: not in the list')
      const binary = fileOf('binary.txt', randomBytes(300))
      expect(recombine([binary, binary])).toMatchObject({ status: 1, stdout: '' })
    })

    test('a list of words that was changed', () => {
      const script = readFileSync(at(recombineName), 'utf8')
      writeFileSync(at('changed.py'), script.replace(' zero', ' zebra'))
      const result = spawnSync('python3', ['-I', '-B', 'changed.py'], { cwd: folder, encoding: 'utf8' })
      expect(result.stderr).toContain('the list of words in this script was changed')
    })
  })
})
