/**
 * What a package seals, and what opens it, is nowhere but where it has to be: not in the package's public files, the
 * profile's list, what the command line prints, or errors. Searched for in the forms in which bytes slip out.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageFolderName } from '../../shared/model/escrow.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { openPackage } from '../../electron/escrow/package/open.ts'
import { writePackage } from '../../electron/escrow/package/write.ts'
import { folderPlace } from '../../electron/escrow/place-folder.ts'
import { openRegister } from '../../electron/escrow/register.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  pkcs8Of,
  secretItem,
  wordsOf,
  type SamplePackage,
} from '../support/escrow-package.ts'

const root = mkdtempSync(join(tmpdir(), 'keyturn-escrow-canary-'))
const at = (...parts: string[]): string => join(root, ...parts)
const passphrase = `Kt7-${randomBytes(9).toString('base64url')}`
const keyPassphrase = `Kt7-${randomBytes(9).toString('base64url')}`
let sample: SamplePackage
let secrets: Map<string, Buffer>

beforeAll(async () => {
  for (const folder of ['place', 'profile', 'said', 'holders', 'opened']) mkdirSync(at(folder))
  const group = await makeTestGroup(2, 3)
  const made = makeSample(group, [makeRecipient()])
  const wanted = { ...made.wanted, items: [...made.wanted.items.slice(0, 3), secretItem(passphrase)] }
  sample = { ...made, wanted, files: writePackage(wanted, made.signer).files }
  const [recipient] = made.recipients
  if (recipient === undefined) throw new Error('the sample has no recipient')
  secrets = new Map([
    ['passphrase', Buffer.from(passphrase)],
    ['passphrase of the key file', Buffer.from(keyPassphrase)],
    ['split secret', Buffer.from(group.secretHex, 'hex')],
    ['key of the group', group.pkcs8.use((bytes) => Buffer.from(bytes.subarray(400, 460)))],
    [
      'key of the recipient',
      pkcs8Of(recipient.privateKey).use((bytes) => Buffer.from(bytes.subarray(400, 460))),
    ],
    ['key of the token', made.contents[0]?.subarray(400, 460) ?? Buffer.alloc(0)],
    ['certificate', made.contents[1]?.subarray(400, 460) ?? Buffer.alloc(0)],
    // The first four words of a share are the same in all of its group, and public.
    ...group.shares.map(
      (share, index) => [`share ${index + 1}`, Buffer.from(share.split(' ').slice(6, 10).join(' '))] as const,
    ),
  ])
  for (const [index, share] of group.shares.entries()) writeFileSync(at('holders', `${index}`), share)
  const pem = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: keyPassphrase } as const
  writeFileSync(at('holders', 'locked.key'), recipient.privateKey.export(pem))
  await folderPlace({ folder: at('place'), kind: 'folder', label: 'here' }).write(wanted.id, sample.files)
  const register = await openRegister(at('profile'))
  const { facts } = group.group
  await register.addGroup({ ...facts, state: 'in-ceremony', spkiSha256: null, keyId: null, identifier: null })
  await register.changeGroup(facts.id, () => facts, group.group)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const run = (name: string, args: readonly string[], input = ''): number => {
  const entry = join(import.meta.dirname, '../../electron/cli.ts')
  const env = { ...process.env, DEBUG: '*', NODE_DEBUG: 'fs,stream,module,crypto', TMPDIR: at('said') }
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, 'escrow', ...args], { input, env })
  writeFileSync(at('said', `${name}.out`), stdout)
  writeFileSync(at('said', `${name}.err`), stderr)
  return status ?? -1
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })

const formsOf = (secret: Buffer): Buffer[] => [
  secret,
  ...(['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(secret.toString(form).slice(0, -4))),
  Buffer.from(secret.toString('hex').toUpperCase()),
  Buffer.from(secret.toString('latin1'), 'utf16le'),
  Buffer.from([...secret].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')),
]

const hitsIn = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => {
    const content = readFileSync(path)
    return [...secrets].flatMap(([name, secret]) =>
      formsOf(secret).some((form) => content.includes(form)) ? [`${name} in ${path}`] : [],
    )
  })

test('no secret is in any file but the holders’ and the one that was opened, nor in what is said', () => {
  const folder = at('place', packageFolderName(sample.wanted.id))
  const open = (name: string, item: number, args: string[], typed = ''): number =>
    run(name, ['open', folder, '--item', String(item), '--out', at('opened', name), ...args], typed)
  expect(run('verify', ['verify', folder])).toBe(3)
  expect(run('check', ['check-share', folder], `${sample.group.shares[0]}\n`)).toBe(3)
  expect(open('files', 1, ['--share', at('holders/0'), '--share', at('holders/2')])).toBe(3)
  expect(open('typed', 4, [], `${sample.group.shares[1]}\n${sample.group.shares[0]}\n`)).toBe(3)
  expect(open('key', 2, ['--key', at('holders/locked.key')], `${keyPassphrase}\n`)).toBe(3)
  expect(open('wrong', 2, ['--key', at('holders/locked.key')], `${passphrase}\n`)).toBe(1)
  expect(open('few', 2, ['--share', at('holders/1')])).toBe(1)
  // A person who puts words where they do not belong: they are in that person's history, and not in the answer.
  expect(open('argument', 2, ['--share', String(sample.group.shares[0])])).toBe(1)
  expect(readFileSync(at('opened/typed'), 'utf8')).toBe(passphrase)
  const looked = ['place', 'profile', 'said'].flatMap((name) => filesBelow(at(name)))
  expect(looked.length).toBeGreaterThan(30)
  expect(hitsIn(looked)).toEqual([])
  // The search finds what is there.
  expect(hitsIn(filesBelow(at('holders'))).length).toBeGreaterThanOrEqual(3)
  expect(hitsIn(filesBelow(at('opened')))).toHaveLength(3)
})

test('no error of opening holds a secret', () => {
  const shares = sample.group.shares
  const tries: (() => unknown)[] = [
    () => openPackage(sample.files, { kind: 'nobody' }, { kind: 'shares', shares: wordsOf(shares[0] ?? '') }),
    () =>
      openPackage(
        sample.files,
        { kind: 'nobody' },
        { kind: 'shares', shares: wordsOf(passphrase, keyPassphrase) },
      ),
    () =>
      openPackage(
        sample.files,
        { kind: 'nobody' },
        { kind: 'private-key', pkcs8: wordsOf(passphrase)[0] ?? none() },
      ),
  ]
  for (const attempt of tries) {
    let error: unknown = null
    try {
      attempt()
    } catch (thrown) {
      error = thrown
    }
    if (!(error instanceof KeyturnError)) throw new Error('this had to be refused', { cause: error })
    writeFileSync(
      at('said', 'error'),
      JSON.stringify(error.problem) + String(error.stack) + String(error.cause),
    )
    expect(hitsIn([at('said', 'error')])).toEqual([])
  }
})

const none = (): never => {
  throw new Error('no share')
}
