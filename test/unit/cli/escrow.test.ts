import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { escrowCommand } from '../../../electron/cli/escrow.ts'
import { secretLines } from '../../../electron/cli/secret-lines.ts'
import { folderPlace } from '../../../electron/escrow/place-folder.ts'
import { shareSheet } from '../../../electron/escrow/share-sheet.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  publicHashOf,
  type SamplePackage,
} from '../../support/escrow-package.ts'
import { sheetFacts } from '../../support/share-sheets.ts'

const root = mkdtempSync(join(tmpdir(), 'keyturn-escrow-cli-'))
const passphrase = 'a passphrase of the custodian 7'
let sample: SamplePackage
let folder: string
let outs = 0
const at = (name: string): string => join(root, name)
const newOut = (): string => at(`out-${(outs += 1)}`)
const share = (index: number): string => sample.group.shares[index] ?? ''

beforeAll(async () => {
  sample = makeSample(await makeTestGroup(2, 3), [makeRecipient()])
  await folderPlace({ folder: root, kind: 'folder', label: 'here' }).write(sample.wanted.id, sample.files)
  folder = at(packageFolderName(sample.wanted.id))
  for (const [index, words] of sample.group.shares.entries()) writeFileSync(at(`share-${index}`), words)
  writeFileSync(at('foreign'), (await makeTestGroup(2, 2)).shares[0] ?? '')
  const [recipient] = sample.recipients
  const pem = { format: 'pem', type: 'pkcs8' } as const
  writeFileSync(at('plain.key'), recipient?.privateKey.export(pem) ?? '')
  writeFileSync(
    at('locked.key'),
    recipient?.privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase }) ?? '',
  )
  writeFileSync(at('other.key'), makeRecipient('Somebody').privateKey.export(pem))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Said {
  code: number | string
  printed: string
  said: string
}

/** The command with what is typed; an error of the catalogue as its code. */
const run = async (args: readonly string[], typed = ''): Promise<Said> => {
  const printed: string[] = []
  const said: string[] = []
  const input = new PassThrough()
  input.end(typed)
  const output = new PassThrough()
  output.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const secrets = () => secretLines(input as unknown as NodeJS.ReadStream, output)
  const terminal = {
    print: (line: string) => printed.push(line),
    say: (line: string) => said.push(line),
    secrets,
  }
  const code = await escrowCommand(args, {
    ...terminal,
    print: (line) => void printed.push(line),
    say: (line) => void said.push(line),
  }).catch((error: unknown) => {
    if (error instanceof KeyturnError) return error.code
    throw error
  })
  return { code, printed: printed.join('\n'), said: said.join('\n') }
}
const signer = (): string[] => ['--signer', sample.signer.fingerprint]

describe('keyturn escrow verify', () => {
  test('says what was checked, and who signed: given or known from the package alone', async () => {
    const given = await run(['verify', folder, ...signer()])
    expect(given.code).toBe(0)
    expect(given.printed).toContain('Signer: the one that was given')
    const alone = await run(['verify', folder])
    expect(alone.code).toBe(3)
    expect(alone.printed).toContain('known from this package alone')
    for (const { printed } of [given, alone])
      expect(printed).not.toMatch(/\bOK\b|\bvalid\b|\bsafe\b|success/i)
    const upper = sample.signer.fingerprint.toUpperCase().replace(/(.{4})/g, '$1 ')
    expect((await run(['verify', folder, '--signer', upper])).code).toBe(0)
    expect((await run(['verify', folder, '--signer', '0'.repeat(64)])).code).toBe('package-signer-other')
  })

  test('a changed package and a folder that is none are refused', async () => {
    const copy = at('changed')
    cpSync(folder, copy, { recursive: true })
    writeFileSync(join(copy, 'items/02.p7'), 'changed')
    expect((await run(['verify', copy])).code).toBe('package-file-changed')
    expect((await run(['verify', root])).code).toBe('package-files')
    expect((await run(['verify', at('nowhere')])).code).toBe('package-not-read')
  })

  test('what is not understood says how it is used, and repeats nothing that was typed', async () => {
    const words = [
      [],
      ['verify'],
      ['verify', folder, 'more-words-of-a-secret'],
      ['verify', folder, '--passphrase', 'words-of-a-secret'],
      ['verify', folder, '--signer', 'words-of-a-secret'],
      ['verify', folder, '--share', 'words-of-a-secret'],
      ['what', folder],
      ['open', folder, '--out', newOut()],
      ['open', folder, '--item', 'words-of-a-secret', '--out', newOut()],
      ['open', folder, '--item', '1'],
      ['open', folder, '--item', '1', '--out', join(folder, 'items/inside')],
      ['open', folder, '--item', '1', '--out', newOut(), '--key', at('plain.key'), '--share', at('share-0')],
      ['check-share', folder, '--share', at('share-0'), '--share', at('share-1')],
      ['check-share', join(folder, 'MANIFEST.json'), ...signer()],
    ]
    for (const args of words) {
      const { code, printed, said } = await run(args)
      expect({ args, code }).toEqual({ args, code: 2 })
      expect(said).toContain('keyturn escrow verify FOLDER')
      expect(printed + said).not.toContain('words-of-a-secret')
    }
  })
})

describe('keyturn escrow open', () => {
  const opens = async (args: string[], typed = ''): Promise<void> => {
    for (const [index, content] of sample.contents.entries()) {
      const out = newOut()
      const { code, printed, said } = await run(
        ['open', folder, '--item', String(index + 1), '--out', out, ...args],
        typed,
      )
      expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' })
      expect(readFileSync(out).equals(content)).toBe(true)
      expect(statSync(out).mode & 0o777).toBe(0o600)
      expect(printed).toContain(`${content.length} bytes`)
    }
  }

  test('with shares from files, sheets included', async () => {
    const sheet = shareSheet(sheetFacts({ number: 3 }), SecretBytes.fromText(share(2)))
    writeFileSync(
      at('sheet.txt'),
      sheet.use((bytes) => Buffer.from(bytes)),
    )
    await opens(['--share', at('share-0'), '--share', at('sheet.txt'), ...signer()])
  })

  test('with shares that are typed, over several lines, after typing mistakes', async () => {
    const words = share(1).split(' ')
    const typed = [
      ...[words.slice(0, 10), [...words.slice(10, 12), 'nosuchword'], words.slice(12)].map((part) =>
        part.join(' '),
      ),
      share(0).toUpperCase(),
    ].join('\r\n')
    await opens(signer(), typed)
    const { said } = await run(['open', folder, '--item', '1', '--out', newOut(), ...signer()], typed)
    expect(said).toContain('Word 13 is not in the list of words')
    expect(said).not.toContain('nosuchword')
    for (const word of words.slice(4)) expect(said.split(/\W+/)).not.toContain(word)
  })

  test('with the key of a recipient, plain or under a passphrase that is typed', async () => {
    await opens(['--key', at('plain.key'), ...signer()])
    await opens(['--key', at('locked.key'), ...signer()], `${passphrase}\n`)
  })

  test('wrong keys and shares leave no file and say what is wrong', async () => {
    const out = newOut()
    const open = async (args: string[], typed = '', folderOf = folder) =>
      (await run(['open', folderOf, '--item', '1', '--out', out, ...args], typed)).code
    expect(await open(['--key', at('other.key')])).toBe('package-key-other')
    expect(await open(['--key', at('locked.key')], 'another one\n')).toBe('file-wrong-password')
    expect(await open(['--key', at('share-0')])).toBe('package-key-not-read')
    expect(await open(['--key', at('nowhere')])).toBe('local-file-not-read')
    expect(await open(['--share', at('share-0')])).toBe('package-shares-few')
    expect(await open(['--share', at('share-0'), '--share', at('foreign')])).toBe('package-share-other')
    expect(await open([], `${share(0)}\n`)).toBe('package-shares-few')
    expect(await open([])).toBe('package-shares-few')
    expect(await open([], '', at('changed'))).toBe('package-file-changed')
    expect(await open(['--signer', '0'.repeat(64), '--share', at('share-0')])).toBe('package-signer-other')
    expect((await run(['open', folder, '--item', '9', '--out', out])).code).toBe('package-item-unknown')
    expect(existsSync(out)).toBe(false)
    expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('a file that is there is never written over', async () => {
    const out = at('precious')
    writeFileSync(out, 'precious')
    const args = ['open', folder, '--item', '1', '--out', out, '--key', at('plain.key')]
    expect((await run(args)).code).toBe('local-file-exists')
    expect(readFileSync(out, 'utf8')).toBe('precious')
  })
})

const pairsOf = (words: readonly string[]): [string, string][] =>
  words.slice(1).map((word, index) => [words[index] ?? '', word])

describe('keyturn escrow check-share', () => {
  test('tells whose share it is, and nothing of it or of the others', async () => {
    for (const [index, words] of sample.group.shares.entries()) {
      const { code, printed } = await run([
        'check-share',
        folder,
        '--share',
        at(`share-${index}`),
        ...signer(),
      ])
      expect(code).toBe(0)
      expect(printed).toContain(`Share ${index + 1} of 3`)
      expect(printed).toContain(`Holder ${index + 1}`)
      // One word of a share may stand in any text; two in a row are of a share.
      const said = printed.toLowerCase().split(/\W+/).join(' ')
      for (const [left, right] of pairsOf(words.split(' ')))
        expect(` ${said} `).not.toContain(` ${left} ${right} `)
    }
    expect((await run(['check-share', folder], `${share(1)}\n`)).code).toBe(3)
    expect((await run(['check-share', folder, '--share', at('foreign')])).code).toBe('package-share-other')
  })

  test('takes a manifest alone, and says that its signature was not checked', async () => {
    const { code, printed } = await run([
      'check-share',
      join(folder, 'MANIFEST.json'),
      '--share',
      at('share-2'),
    ])
    expect(code).toBe(3)
    expect(printed).toContain('was not checked')
  })
})

/** The program itself, as a process: exit codes, and that secrets come through standard input. */
const asProcess = (
  args: readonly string[],
  typed = '',
): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve, reject) => {
    const entry = join(import.meta.dirname, '../../../electron/cli.ts')
    const child = spawn(process.execPath, [entry, 'escrow', ...args], { stdio: 'pipe' })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    )
    child.stdin.end(typed)
  })

describe('as a process', () => {
  test('verifies, opens with typed shares, refuses, and never says more than one sentence of why', async () => {
    const out = newOut()
    const opened = await asProcess(
      ['open', folder, '--item', '1', '--out', out, ...signer()],
      `${share(2)}\n${share(0)}\n`,
    )
    expect({ code: opened.code, err: opened.code === 0 ? '' : opened.err }).toEqual({ code: 0, err: '' })
    expect(publicHashOf(readFileSync(out))).toBe(sample.wanted.items[0]?.facts.spkiSha256)
    expect((await asProcess(['verify', folder])).code).toBe(3)
    const refused = await asProcess(['verify', at('changed')])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('items/02.p7')
    expect(refused.err).not.toContain('    at ')
    expect((await asProcess(['verify'])).code).toBe(2)
  })
})
