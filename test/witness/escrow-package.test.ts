import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPackageFolder, folderPlace } from '../../electron/escrow/place-folder.ts'
import { packageFolderName } from '../../shared/model/escrow.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  publicHashOf,
  type SamplePackage,
} from '../support/escrow-package.ts'

/**
 * Packages open with OpenSSL and Python alone, by the very commands that their README-RECOVER.txt holds: the test reads
 * them out of the file, puts in what a reader would, and runs them in a copy of the folder.
 */
const folder = mkdtempSync(join(tmpdir(), 'keyturn-escrow-witness-'))
let sample: SamplePackage
let readme: string
beforeAll(async () => {
  const group = await makeTestGroup(3, 5)
  sample = makeSample(group, [makeRecipient('Custodian in Geneva'), makeRecipient('Recovery site')])
  await folderPlace({ folder, kind: 'folder', label: 'here' }).write(sample.wanted.id, sample.files)
  readme = readFileSync(join(folder, packageFolderName(sample.wanted.id), 'README-RECOVER.txt'), 'utf8')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A copy to work in, with the files that a reader brings along. */
const workplace = (name: string): string => {
  const work = join(folder, name)
  cpSync(join(folder, packageFolderName(sample.wanted.id)), work, { recursive: true })
  for (const [index, share] of sample.group.shares.slice(1, 4).entries())
    writeFileSync(join(work, `SHARE_${index + 1}`), `${share}\n`)
  return work
}

/** The commands of the parts whose title has this word: lines behind exactly 4 spaces. */
const commandsOf = (...words: string[]): string[] => {
  const parts = readme.split(/\n(?=\d+\. )/).slice(1)
  const wanted = parts.filter((part) => words.some((word) => part.split('\n')[0]?.includes(word)))
  expect(wanted).toHaveLength(words.length)
  return wanted
    .flatMap((part) => part.split('\n').filter((line) => /^ {4}\S/.test(line)))
    .map((line) => line.trim())
}

/** Runs them one after the other; what two of them print goes into the later ones, as the text says. */
const run = (work: string, commands: readonly string[], filled: Record<string, string> = {}): string[] => {
  const known = { ...filled }
  return commands.map((command) => {
    const text = Object.entries(known).reduce((line, [hole, value]) => line.replaceAll(hole, value), command)
    expect(text).not.toMatch(/SECRET_HEX|TEMPORARY_HEX|RECIPIENT_KEY/)
    const { status, stdout, stderr } = spawnSync('sh', ['-c', text], { cwd: work, encoding: 'utf8' })
    expect({ text, status, stderr: status === 0 ? '' : stderr }).toEqual({ text, status: 0, stderr: '' })
    if (command.startsWith('python3 recombine.py')) known['SECRET_HEX'] = stdout.trim()
    if (command.includes('temporary.key') && command.startsWith('python3'))
      known['TEMPORARY_HEX'] = stdout.trim()
    return stdout
  })
}

const opened = (work: string, name: string): Buffer => readFileSync(join(work, name))
const expectAllOpened = (work: string): void => {
  const [rsa, certificate, password, aes] = sample.contents
  // The token of the sample fills up with zeros, which OpenSSL leaves where they are.
  expect(
    opened(work, 'item-01.p8')
      .subarray(0, -3)
      .equals(rsa ?? Buffer.alloc(0)),
  ).toBe(true)
  expect(publicHashOf(opened(work, 'item-01.p8').subarray(0, -3))).toBe(
    sample.wanted.items[0]?.facts.spkiSha256,
  )
  expect(opened(work, 'item-02.pfx').equals(certificate ?? Buffer.alloc(0))).toBe(true)
  expect(opened(work, 'item-03.txt').equals(password ?? Buffer.alloc(0))).toBe(true)
  expect(opened(work, 'item-04.bin').equals(aes ?? Buffer.alloc(0))).toBe(true)
}

describe('README-RECOVER.txt of a package', () => {
  test('its checks find the package whole, and a changed file', () => {
    const work = workplace('check')
    const [signature, , fingerprint, hashes] = run(work, commandsOf('Check that nothing'))
    expect(signature).toContain('Verified OK')
    expect(fingerprint).toContain(sample.signer.fingerprint)
    expect(readme).toContain(sample.signer.fingerprint)
    expect(hashes?.trim().split('\n')).toHaveLength(sample.files.size - 3)
    expect(hashes).not.toContain('DIFFERENT')
    writeFileSync(join(work, 'items/02.p7'), 'changed')
    expect(run(work, commandsOf('Check that nothing')).at(-1)).toMatch(/^DIFFERENT items\/02\.p7$/m)
  })

  test('its commands open every item with shares', () => {
    const work = workplace('shares')
    const printed = run(work, commandsOf('Open it with 3 shares'))
    expect(printed[0]?.trim()).toBe(sample.group.secretHex)
    expectAllOpened(work)
  })

  test('its commands open every item with the key of each certificate', () => {
    const commands = commandsOf('with the key of one certificate')
    for (const [index, { privateKey }] of sample.recipients.entries()) {
      const work = workplace(`certificate-${index + 1}`)
      writeFileSync(join(work, 'their.key'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
      const own = commands.slice((index * commands.length) / 2, ((index + 1) * commands.length) / 2)
      expect(own[0]).toContain(`recipients/0${index + 1}.pem`)
      run(work, own, { RECIPIENT_KEY: 'their.key' })
      expectAllOpened(work)
    }
  })

  test('its commands open a key of a token without CMS', () => {
    const work = workplace('halves')
    run(work, commandsOf('Open it with 3 shares'))
    rmSync(join(work, 'item-01.p8'))
    run(work, commandsOf('if a later OpenSSL'))
    expectAllOpened(work)
  })

  test('it says what it can’t prove, and holds no secret', () => {
    expect(readme).toContain('proves nothing')
    expect(readme).toContain('list of processes')
    expect(readme).not.toContain(sample.group.secretHex)
    for (const share of sample.group.shares)
      expect(readme).not.toContain(share.split(' ').slice(4, 8).join(' '))
    for (const line of readme.split('\n')) expect(line.startsWith('    ') || line.length <= 130).toBe(true)
  })

  test('the folder is still the package that was written', async () => {
    const read = await readPackageFolder(join(folder, packageFolderName(sample.wanted.id)))
    expect([...read.keys()].sort()).toEqual([...sample.files.keys()].sort())
    for (const [path, bytes] of sample.files)
      expect(Buffer.from(read.get(path) ?? []).equals(bytes)).toBe(true)
  })
})
