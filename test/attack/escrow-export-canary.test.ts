/**
 * After an export through the program no private key and no kept password is in any file but the sealed items of the
 * package: not in the profile, its record or log, the report, the runbook, nor in what the window is given. Outside the
 * search: the private disk of the simulated servers, and the holders’ shares that the test made.
 */
import { createPrivateKey } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asRunId } from '../../shared/model/ids.ts'
import { packageFolderName } from '../../shared/model/escrow.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { openItem } from '../../electron/escrow/package/open.ts'
import { packageIdOf } from '../../electron/escrow/package-id.ts'
import { readPackageFolder } from '../../electron/escrow/place-folder.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import {
  answersOfExport,
  escrowBlobs,
  exportFolders,
  holdersOf,
  inContainer,
  prepareGroup,
  prepareServer,
} from '../support/escrow-export-answers.ts'
import { wordsOf } from '../support/escrow-package.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'

let house: TestRehearsal
let view: RunView
let profile: string

beforeAll(async () => {
  house = await openRehearsal((folders) => {
    profile = folders.profile
    return prepareGroup(folders)
  })
  await prepareServer(house)
  const draft = await saveDraft(house.ask, await answersOfExport(house.ask, house.home), 'escrow-export')
  const { digest, advice, plan } = await house.ask('wizard.review', { draft })
  expect(advice.blockers).toEqual([])
  const { run } = await house.ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  view = await house.program.engine.settled(asRunId(run))
  mkdirSync(join(house.home, 'seen'))
  const seen = (name: string, what: unknown): void =>
    writeFileSync(join(house.home, 'seen', name), JSON.stringify(what))
  seen('plan', plan)
  seen('run', await house.ask('runs.get', { run: asRunId(run) }))
  seen('keys', house.program.keyring.list())
}, 120_000)
afterAll(() => house?.end())

const opened = async (number: number): Promise<Buffer> => {
  const id = packageIdOf(view.id)
  const files = await readPackageFolder(join(house.home, exportFolders[1], packageFolderName(id)))
  const shares = wordsOf(...holdersOf(house.home).shares.slice(1))
  const { content } = openItem(
    files,
    { kind: 'known', fingerprints: house.program.record.countersigners() },
    { kind: 'shares', shares },
    number,
  )
  return content.use((bytes) => Buffer.from(bytes))
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (path === join(profile, 'simulators') || name === 'holders.json') return []
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

test('the run ends verified, and both places hold the package', () => {
  expect(view.state).toBe('verified')
  expect(view.steps.map(({ state }) => state)).toEqual(['verified', 'verified', 'verified'])
  for (const place of exportFolders)
    expect(readdirSync(join(house.home, place))).toEqual([packageFolderName(packageIdOf(view.id))])
})

test('neither the private key nor the kept password is in any file in clear', async () => {
  const pem = await opened(1)
  const password = await opened(2)
  const { d = '', p = '' } = createPrivateKey(pem).export({ format: 'jwk' })
  const lines = pem.toString('latin1').split('\n')
  const secrets = new Map([
    ['password', password],
    ['private exponent', Buffer.from(d, 'base64url').subarray(40, 80)],
    ['prime', Buffer.from(p, 'base64url').subarray(20, 60)],
    ['a line of PEM', Buffer.from(lines[8] ?? '')],
    // As a .pvk has them, low byte first.
    ['prime in a .pvk', Buffer.from(p, 'base64url').subarray(20, 60).reverse()],
  ])
  for (const secret of secrets.values()) expect(secret.length).toBeGreaterThan(15)
  const files = [...filesBelow(profile), ...filesBelow(house.home)]
  expect(files.filter((path) => path.endsWith('.p7')).length).toBeGreaterThan(4)
  expect(files.some((path) => path.endsWith('record.db'))).toBe(true)
  const hits = files.flatMap((path) => {
    const bytes = readFileSync(path)
    return [...secrets].flatMap(([name, secret]) =>
      formsOf(secret).some((form) => bytes.includes(form)) ? [`${name} in ${path}`] : [],
    )
  })
  expect(hits).toEqual([])
  // The search finds what is there.
  writeFileSync(join(house.home, 'seen', 'planted'), Buffer.concat([Buffer.from('x'), password]))
  expect(readFileSync(join(house.home, 'seen', 'planted')).includes(formsOf(password)[0] ?? '')).toBe(true)
})

test('a run that breaks off after its container takes the blobs back when it is undone, and the folder’s none', async () => {
  const lost = join(house.home, 'lost')
  mkdirSync(lost)
  const answers = await answersOfExport(house.ask, house.home, {
    ...(await inContainer(house.ask, 'place')),
    secondPlace: await pickFolder(house.ask, 'lost'),
    secondPlaceKind: 'folder',
  })
  const draft = await saveDraft(house.ask, answers, 'escrow-export')
  const { digest, advice, plan } = await house.ask('wizard.review', { draft })
  expect(advice.blockers).toEqual([])
  // Something of that name that is no package of this run: the copy has to fail.
  mkdirSync(join(lost, packageFolderName(packageIdOf(plan.runId))))
  const { run } = await house.ask('runs.start', { digest, ticket: 'TEST-2', reason: 'a test' })
  const broken = await house.program.engine.settled(asRunId(run))
  expect(broken.steps.map(({ state }) => state)).toEqual(['verified', 'failed', 'waiting'])
  const own = packageFolderName(packageIdOf(broken.id))
  const blobs = async () =>
    (await escrowBlobs(house.program, house.ask)).filter((name) => name.startsWith(own))
  expect((await blobs()).length).toBeGreaterThan(7)
  await house.ask('runs.undo', { run: asRunId(run) })
  const undone = await house.program.engine.settled(asRunId(run))
  expect(undone.state).toBe('undone')
  expect(await blobs()).toEqual([])
  const page = { offset: 0, limit: 100, sort: null, search: '', filters: [] }
  const { rows } = await house.ask('escrow.packages', { page })
  expect(rows.map(({ id }) => id)).toEqual([packageIdOf(view.id)])
})
