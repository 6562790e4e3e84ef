/**
 * The escrow drill through the door of the window, in one rehearsal: no share, passphrase or private key in any file but
 * the holders’ media and the package; stolen handles; a keyring that is locked before or during a run.
 */
import { createPrivateKey } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { packageFolderName } from '../../shared/model/escrow.ts'
import { asHandleId, asPackageId, asPlaceId, asRunId } from '../../shared/model/ids.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { openItem } from '../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../electron/escrow/place-folder.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import {
  answersOfEscrowDrill,
  drilledPassphrase,
  holdersFolder,
  mediumFolder,
  packageToDrill,
  type Noted,
} from '../support/escrow-drill-answers.ts'
import { wordsOf } from '../support/escrow-package.ts'
import { refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { drillServer } from '../support/restore-drill-answers.ts'

let house: TestRehearsal
let profile: string
let notes: Noted
let untouched: string[]
let view: RunView

const onServer = (): Promise<string[]> =>
  endStateOf(house.program, { server: drillServer, localFolder: null, questions: {} }, null)

const review = async (answers: Answers) =>
  house.ask('wizard.review', { draft: await saveDraft(house.ask, answers, 'escrow-drill') })

const start = async (answers: Answers): Promise<RunView['id']> => {
  const { digest, advice } = await review(answers)
  expect(advice.blockers).toEqual([])
  const { run } = await house.ask('runs.start', { digest, ticket: 'ESCROW-1', reason: 'a drill' })
  return asRunId(run)
}

const keptShares = () => house.program.keyring.list({ purpose: 'escrow.share' })

beforeAll(async () => {
  house = await openRehearsal((folders) => {
    profile = folders.profile
    return Promise.resolve()
  })
  notes = await packageToDrill(house, { profile, home: house.home })
  untouched = await onServer()
  const answers = await answersOfEscrowDrill(house, house.home)
  mkdirSync(join(house.home, 'seen'))
  const seen = (name: string, what: unknown): void =>
    writeFileSync(join(house.home, 'seen', name), JSON.stringify(what))
  seen('answers', answers)
  const run = await start(answers)
  view = await house.program.engine.settled(run)
  seen('run', await house.ask('runs.get', { run }))
  seen('keys', house.program.keyring.list())
  seen('record', house.program.record.page({ offset: 0, limit: 100, order: 'newest-first' }))
}, 120_000)
afterAll(() => house?.end())

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    // The private disk of the simulated servers, the holders’ media, and what people noted elsewhere.
    if (path === join(profile, 'simulators') || name === holdersFolder || name === 'noted.json') return []
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })

const formsOf = (secret: Buffer): Buffer[] => [
  secret,
  Buffer.from(secret.toString('hex')),
  Buffer.from(secret.toString('hex').toUpperCase()),
  Buffer.from(secret.toString('base64').slice(4, -4)),
  Buffer.from(secret.toString('base64url').slice(4, -4)),
  Buffer.from(secret.toString('latin1'), 'utf16le'),
]

test('the drill ends verified, the server is as it was, and no share is kept any more', async () => {
  expect(view.state).toBe('verified')
  expect(await onServer()).toEqual(untouched)
  expect(keptShares()).toEqual([])
  expect(house.program.keyring.sealedRuns()).toEqual([])
})

test('no share, passphrase or private key is in any file in clear', async () => {
  const files = await readPackageFolder(
    join(house.home, mediumFolder, packageFolderName(asPackageId(notes.package))),
  )
  const key = { kind: 'shares', shares: wordsOf(...notes.shares.slice(0, 2)) } as const
  const pem = openItem(files, { kind: 'nobody' }, key, 1).content.use((bytes) => bytes.toString('latin1'))
  const { d = '', p = '' } = createPrivateKey(pem).export({ format: 'jwk' })
  const secrets = new Map([
    ...notes.shares.map((words, index) => [`share ${index + 1}`, Buffer.from(words.slice(0, 60))] as const),
    ['passphrase', Buffer.from(drilledPassphrase)] as const,
    ['private exponent', Buffer.from(d, 'base64url').subarray(40, 80)] as const,
    ['prime', Buffer.from(p, 'base64url').subarray(20, 60)] as const,
    ['prime in a .pvk', Buffer.from(p, 'base64url').subarray(20, 60).reverse()] as const,
    ['a line of PEM', Buffer.from(pem.split('\n')[8] ?? '')] as const,
  ])
  for (const secret of secrets.values()) expect(secret.length).toBeGreaterThan(15)
  const searched = [...filesBelow(profile), ...filesBelow(house.home)]
  expect(searched.some((path) => path.endsWith('record.db'))).toBe(true)
  expect(searched.some((path) => path.endsWith('keyring.json'))).toBe(true)
  const hits = searched.flatMap((path) => {
    const bytes = readFileSync(path)
    return [...secrets].flatMap(([name, secret]) =>
      formsOf(secret).some((form) => bytes.includes(form)) ? [`${name} in ${path}`] : [],
    )
  })
  expect(hits).toEqual([])
  // The search finds what is there.
  const planted = join(house.home, 'seen', 'planted')
  writeFileSync(planted, `x${notes.shares[0] ?? ''}`)
  expect(readFileSync(planted).includes(formsOf(secrets.get('share 1') ?? Buffer.alloc(1))[0] ?? '')).toBe(
    true,
  )
})

describe('handles', () => {
  test('the window can keep nothing as a share but through its check', async () => {
    const bytes = new TextEncoder().encode('anything')
    const request = {
      purpose: 'escrow.share',
      target: notes.package,
      label: 'Share',
      rule: 'existing-password',
      bytes,
    }
    expect((await refusalOf(house.ask('secrets.keep', request as never))).code).toBe('ipc-payload')
  })

  test('a handle of another use in place of a share is refused before anything is sent', async () => {
    const stolen = house.program.keyring.list().find(({ purpose }) => purpose !== 'escrow.share')
    expect(stolen).toBeDefined()
    const answers = await answersOfEscrowDrill(house, house.home, { share2: stolen?.id ?? '' })
    const { advice, digest } = await review(answers)
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      'A share is not kept any more, or was given for another package',
    ])
    const started = house.ask('runs.start', { digest, ticket: 'T', reason: 'r' })
    expect((await refusalOf(started)).code).toBe('plan-blocked')
    expect(await onServer()).toEqual(untouched)
  })

  test('a file that is no share file, or outside of the folder, is never opened', async () => {
    const place = String((await answersOfEscrowDrill(house, house.home))['packageFolder'])
    for (const name of ['../noted.json', 'noted.json', '/etc/hostname', 'a/b.txt']) {
      const asked = house.ask('escrowDrill.takeShare', {
        package: asPlaceId(place),
        packageName: '',
        share: { kind: 'file', place, name },
        others: [],
      })
      expect((await refusalOf(asked)).code).toBe('ipc-payload')
    }
  })
})

test('locking before the run means giving the shares again; the draft says so', async () => {
  const answers = await answersOfEscrowDrill(house, house.home)
  expect(keptShares().length).toBeGreaterThan(1)
  await house.ask('keyring.lock', {})
  const place = asPlaceId(String(answers['packageFolder']))
  const asked = house.ask('escrowDrill.takeShare', {
    package: place,
    packageName: '',
    share: { kind: 'file', place: String(place), name: notes.files[0] ?? '' },
    others: [asHandleId('h-aaaaaaaaaaaa')],
  })
  expect((await refusalOf(asked)).code).toBe('keyring-locked')
  const { rehearsalPassphrase } = await house.ask('app.state', {})
  await house.ask('keyring.unlock', { passphrase: new TextEncoder().encode(rehearsalPassphrase ?? '') })
  await expect.poll(() => keptShares().length).toBe(0)
  const { advice } = await review(answers)
  expect(advice.blockers.map(({ what }) => what)).toContain(
    '2 shares are not kept any more, or were given for another package',
  )
})
