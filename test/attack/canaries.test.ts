/**
 * Secrets leave no trace: every secret field of the window gets a random word, typed key by key; the program runs with
 * debug output ordered on, a server that repeats passwords in its messages, reports and runbooks written, lock and unlock. Then
 * everything that was written or could be seen is searched for these words in every usual form.
 * Outside the search: the private disk of the simulated server, which holds its logins and key files.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SandboxProcess } from '../contract/sandbox-process.ts'
import type { CanaryOrder, CanaryReport } from './canary-drive.ts'
import { canaryFields, formsOf, makeCanaries, searchTree } from './canary-words.ts'

const canaries = makeCanaries()
const root = mkdtempSync(join(tmpdir(), 'keyturn-canaries-'))
const at = (...parts: string[]): string => join(root, ...parts)
const serverName = 'ktr-canary'
const login = 'canary_admin'
const logins = [{ name: login, password: canaries['login password'], roles: ['sysadmin'] }]
const simulators = new SandboxProcess({
  instances: [
    { name: serverName, logins, databases: [{ name: 'Payroll', bytes: 2 ** 20 }] },
    { name: `${serverName}-2`, logins },
  ],
})
let report: CanaryReport

beforeAll(async () => {
  for (const folder of ['home/papers', 'home/backups', 'home/escrow', 'tmp', 'data', 'observed'])
    mkdirSync(at(folder), { recursive: true })
  const ready = await simulators.start()
  for (const [match, password] of [
    ['CREATE MASTER KEY', canaries['master key password']],
    ['BACKUP CERTIFICATE', canaries['private key file password']],
  ] as const) {
    const fault = {
      kind: 'fail',
      match,
      nth: 1,
      number: 102,
      message: `Incorrect syntax near '${password}'.`,
    }
    await simulators.control({ command: 'fault', instance: serverName, fault })
  }
  report = await live({
    canaries,
    servers: ready.instances.map(({ port, caPem }) => ({ port, caPem })),
    login,
    dataFolder: at('data'),
    home: at('home'),
    observed: at('observed'),
  })
}, 240_000)

afterAll(async () => {
  await simulators.dispose()
  rmSync(root, { recursive: true, force: true })
})

/** One life of the program, with everything it prints kept for the search. */
const live = (order: CanaryOrder): Promise<CanaryReport> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'canary-program.ts')], {
      env: {
        PATH: process.env['PATH'],
        HOME: order.home,
        TMPDIR: at('tmp'),
        DEBUG: '*',
        NODE_DEBUG: 'net,tls,http,https,fs,stream,child_process,crypto,module',
      },
      cwd: at('home'),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const printed = { out: [] as Buffer[], error: [] as Buffer[] }
    child.stdout.on('data', (part: Buffer) => void printed.out.push(part))
    child.stderr.on('data', (part: Buffer) => void printed.error.push(part))
    child.once('error', reject)
    child.once('close', (code) => {
      const [out, error] = [Buffer.concat(printed.out), Buffer.concat(printed.error)]
      writeFileSync(at('observed', 'stdout.txt'), out)
      writeFileSync(at('observed', 'stderr.txt'), error)
      if (code === 0) resolve(JSON.parse(out.toString().trim().split('\n').at(-1) ?? '') as CanaryReport)
      else reject(new Error(`the program ended with ${code}: ${error.toString().slice(-6000)}`))
    })
    // Node's own debug output shows the first 50 bytes of what comes on standard input; a person's secrets never come there.
    child.stdin.end(`${' '.repeat(100)}${JSON.stringify(order)}`)
  })

/** All that the observer wrote under this name. */
const observed = (name: string): string[] =>
  readdirSync(at('observed'))
    .filter((file) => file.endsWith(`-${name}.txt`))
    .map((file) => readFileSync(at('observed', file), 'utf8'))

test('the search finds each form of each secret where one is planted', () => {
  const planted = at('planted')
  mkdirSync(planted)
  for (const field of canaryFields) {
    const secret = canaries[field]
    const forms = {
      raw: Buffer.from(`x${secret}y`),
      utf16: Buffer.from(secret, 'utf16le'),
      hex: Buffer.from(Buffer.from(secret).toString('hex')),
      base64: Buffer.from(Buffer.from(secret).toString('base64')),
      'base64 in a longer text': Buffer.from(Buffer.from(`{"password":"${secret}"}`).toString('base64url')),
      'base64 of utf16': Buffer.from(Buffer.from(secret, 'utf16le').toString('base64')),
    }
    for (const [form, bytes] of Object.entries(forms))
      writeFileSync(join(planted, `${field}, ${form}`), bytes)
  }
  const { hits, files } = searchTree(planted, canaries)
  rmSync(planted, { recursive: true })
  expect(files).toBe(canaryFields.length * 6)
  expect(new Set(hits.map(({ file }) => file)).size).toBe(files)
  expect(formsOf(canaries.passphrase).size).toBe(20)
})

describe('what was driven', () => {
  test('the run met both refusals and went on to its end', () => {
    const failed = ['create-master-key', 'back-up-certificate']
    expect(report).toMatchObject({ runState: 'verified', failed, profileFolderLeft: false })
    // Five of this job, and those of the six others; also those that show only under facts of a database.
    expect(report.secretFields).toBeGreaterThan(17)
  })

  test('every secret crossed IPC where it should, and main refused those that break a rule', () => {
    const trace = observed('ipc')
    const count = (channel: string): number => trace.filter((line) => line.startsWith(`${channel}\n`)).length
    // Two sign-in passwords, client secret, four of the wizard, one of a file to compare; two that the bridge refused.
    // One more for each field of every job.
    expect(count('secrets.keep')).toBe(10 + report.secretFields)
    expect(count('keyring.create')).toBe(1)
    expect(count('keyring.unlock')).toBe(3)
    expect(count('keyring.backUp')).toBe(1)
    expect(count('keyring.changePassphrase')).toBe(1)
    expect(count('keyring.restore')).toBe(2)
    expect(count('secrets.list')).toBeGreaterThan(0)
    expect(count('wizard.export')).toBe(2)
    expect(count('runs.report')).toBe(1)
  })

  test('debug output was on, and the observer saw pages, state and processes', () => {
    expect(readFileSync(at('observed', 'stderr.txt'), 'latin1')).toMatch(
      /^(NET|TLS|STREAM|FS|MODULE|HTTP) \d+: /m,
    )
    const review = observed('review-page').map(
      (text) => JSON.parse(text) as { react: string[]; html: string },
    )
    expect(review[0]?.html).toContain('KT_Canary')
    expect(review[0]?.react.some((text) => text.includes('KT_Canary'))).toBe(true)
    const processes = observed('review-processes')[0] ?? ''
    // Environments are seen, and the program begins anew without what it was told to print.
    expect(processes).toContain('PATH=')
    expect(processes).not.toContain('DEBUG=')
    expect(processes).toContain('--type=renderer')
  })

  test('papers and keys were written', () => {
    expect(readdirSync(at('home', 'papers'))).toHaveLength(4)
    expect(readdirSync(at('home', 'escrow'))).toHaveLength(2)
  })
})

test('no secret anywhere: files, printed text, IPC, pages, window state, browser profile, command lines, environments', () => {
  const { hits, files, bytes } = searchTree(root, canaries)
  expect(hits).toEqual([])
  expect(files).toBeGreaterThan(50)
  expect(bytes).toBeGreaterThan(1_000_000)
})

test('the browser keeps nothing of ours', () => {
  const pages = readdirSync(at('observed'))
    .filter((file) => file.endsWith('-page.txt'))
    .map(
      (file) =>
        JSON.parse(readFileSync(at('observed', file), 'utf8')) as { stores: unknown; history: unknown },
    )
  expect(pages.length).toBeGreaterThan(10)
  const nothing = { cookie: '', local: [], session: [], databases: [], caches: [] }
  for (const { stores } of pages) expect(stores).toEqual(nothing)
})
