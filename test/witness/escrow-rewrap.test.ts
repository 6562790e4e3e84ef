import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asRunId } from '../../shared/model/ids.ts'
import { packageFolderName } from '../../shared/model/escrow.ts'
import { takeApart } from '../../electron/escrow/package/verify.ts'
import { rewrapPackage } from '../../electron/escrow/package/rewrap.ts'
import { folderPlace } from '../../electron/escrow/place-folder.ts'
import { recombinePy } from '../../electron/escrow/recombine-script.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  newPackageId,
  testSigner,
  wordsOf,
  type SamplePackage,
  type TestGroup,
} from '../support/escrow-package.ts'

/**
 * A package that was wrapped anew opens with OpenSSL and recombine.py, by the commands of its own README-RECOVER.txt, and
 * with the command line of Keyturn: with shares of the new group, and not with those of the old one.
 */
const folder = mkdtempSync(join(tmpdir(), 'keyturn-rewrap-witness-'))
const root = join(import.meta.dirname, '..', '..')
let sample: SamplePackage
let next: TestGroup
let made: string
beforeAll(async () => {
  next = await makeTestGroup(2, 3)
  sample = makeSample(await makeTestGroup(2, 3), [makeRecipient()])
  const id = newPackageId()
  const { files } = rewrapPackage(
    takeApart(sample.files, { kind: 'nobody' }),
    wordsOf(...sample.group.shares.slice(1)),
    {
      id,
      made: { at: '2026-11-26T10:00:00.000Z', run: asRunId('abcdefgh2346'), program: '0.1.0' },
      group: next.group,
      recipients: null,
      recombine: recombinePy(),
    },
    testSigner(),
  )
  await folderPlace({ folder, kind: 'folder', label: 'here' }).write(id, files)
  made = join(folder, packageFolderName(id))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The commands of the part that opens everything with shares; `SECRET_HEX` is what recombine.py printed. */
const openByHand = (name: string, shares: readonly string[]): { work: string; failed: string | null } => {
  const work = join(folder, name)
  cpSync(made, work, { recursive: true })
  for (const [index, share] of shares.entries()) writeFileSync(join(work, `SHARE_${index + 1}`), `${share}\n`)
  const part = readFileSync(join(work, 'README-RECOVER.txt'), 'utf8')
    .split(/\n(?=\d+\. )/)
    .find((one) => /^5\. /.test(one))
  const commands = (part ?? '').split('\n').flatMap((line) => (/^ {4}\S/.test(line) ? [line.trim()] : []))
  expect(commands.filter((one) => one.startsWith('openssl cms')).length).toBeGreaterThanOrEqual(5)
  let secret = ''
  for (const command of commands) {
    const text = command.replaceAll('SECRET_HEX', secret)
    const { status, stdout } = spawnSync('sh', ['-c', text], { cwd: work, encoding: 'utf8' })
    if (status !== 0) return { work, failed: command }
    if (command.startsWith('python3 recombine.py')) secret = stdout.trim()
  }
  return { work, failed: null }
}

const keyturn = (shares: readonly string[], item: number, out: string) => {
  const files = shares.map((words, index) => {
    const file = join(folder, `${out}-share-${index + 1}.txt`)
    writeFileSync(file, `${words}\n`)
    return file
  })
  const given = files.flatMap((file) => ['--share', file])
  return spawnSync(
    process.execPath,
    [
      join(root, 'electron', 'cli.ts'),
      'escrow',
      'open',
      made,
      '--item',
      String(item),
      '--out',
      join(folder, out),
      ...given,
    ],
    { encoding: 'utf8' },
  )
}

describe('a package that was wrapped anew', () => {
  test('opens with plain OpenSSL and recombine.py, with shares of the new group', () => {
    const { work, failed } = openByHand('new', next.shares.slice(1))
    expect(failed).toBeNull()
    const opened = (name: string): Buffer => readFileSync(join(work, name))
    const [rsa, certificate, password, aes] = sample.contents
    // The token of the sample fills up with zeros, which OpenSSL leaves where they are.
    expect(opened('item-01.p8').subarray(0, -3)).toEqual(rsa)
    expect(opened('item-02.pfx')).toEqual(certificate)
    expect(opened('item-03.txt')).toEqual(password)
    expect(opened('item-04.bin')).toEqual(aes)
  })

  test('does not open so with shares of the old group: their secret opens nothing of it', () => {
    const { failed } = openByHand('old', sample.group.shares.slice(1))
    expect(failed).toMatch(/^openssl cms -decrypt .*-secretkey /)
  })

  test('opens with keyturn escrow open, and with shares of the new group alone', () => {
    // 3: opened, and the signer is known from the package alone.
    const ok = keyturn(next.shares.slice(0, 2), 3, 'opened.txt')
    expect({ status: ok.status, stderr: ok.stderr }).toMatchObject({ status: 3 })
    expect(readFileSync(join(folder, 'opened.txt'))).toEqual(sample.contents[2])
    const refused = keyturn(sample.group.shares.slice(0, 2), 3, 'refused.txt')
    expect(refused.status).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('is none of this package’s group')
  })

  test('its halves are those that a reader without CMS needs, for the new recipients', () => {
    const halves = JSON.parse(readFileSync(join(made, 'items', '01.halves.json'), 'utf8')) as {
      recipients: { for: string }[]
      wrappedKey: string
    }
    const before = JSON.parse(
      Buffer.from(sample.files.get('items/01.halves.json') ?? new Uint8Array()).toString('utf8'),
    ) as typeof halves
    expect(halves.wrappedKey).toBe(before.wrappedKey)
    expect(halves.recipients.map((one) => one.for).toSorted()).toEqual([
      'group/public.pem',
      'recipients/01.pem',
    ])
    const spki = execFileSync('openssl', ['pkey', '-pubin', '-in', 'group/public.pem', '-outform', 'DER'], {
      cwd: made,
    })
    expect(spki.equals(next.group.spki)).toBe(true)
  })
})
