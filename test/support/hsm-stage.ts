import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hsmEntry } from '../../electron/beside-entry.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import { startFramedNodeChild, type StartFramedChild } from '../../electron/platform/framed-child.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { Hsms, HsmToken, HsmTokenRef } from '../../electron/ports/hsm.ts'
import { createHsms } from '../../electron/targets/hsm/hsms.ts'
import type { HsmMeans } from '../../electron/targets/hsm/processes.ts'
import { makeToken, type SimulatedToken } from '../../sandbox/hsm/make-token.ts'
import { KeyturnError, type Problem } from '../../shared/errors/problem.ts'

export interface HsmStage {
  hsms: Hsms
  /** Processes that were started, oldest first. */
  pids: number[]
  folder: string
  stop(): Promise<void>
}

/**
 * Processes that find their sources compiled: a test starts dozens. Node writes what it compiled when a process ends by
 * itself, which the first one does here.
 */
const startCompiled = (folder: string): StartFramedChild => {
  const variable = { NODE_COMPILE_CACHE: join(folder, 'compiled') }
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const
  spawnSync(process.execPath, [hsmEntry], { env: { ...process.env, ...variable }, stdio: [...stdio] })
  return (options) =>
    startFramedNodeChild({ ...options, environment: { ...options.environment, ...variable } })
}

/** The adapter over real processes, in a temporary folder of its own. */
export const hsmStage = (means: Partial<HsmMeans> = {}): HsmStage => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-hsm-'))
  const pids: number[] = []
  const hsms = createHsms({
    start: startCompiled(folder),
    entry: hsmEntry,
    clock: systemClock,
    // Tests end processes on purpose, over and over.
    crashes: { times: 1_000, minutes: 10 },
    onProcess: (pid) => pids.push(pid),
    ...means,
  })
  const stop = async (): Promise<void> => {
    await hsms.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { hsms, pids, folder, stop }
}

export const refOf = ({ module, sha256, configuration, serial, label }: SimulatedToken): HsmTokenRef => ({
  module: { path: module, sha256, configuration: { SOFTHSM2_CONF: configuration } },
  serial,
  label,
})

/** A SoftHSM token of this stage, open. */
export const softToken = async (
  { hsms, folder }: HsmStage,
  loggedIn = true,
): Promise<{ simulated: SimulatedToken; token: HsmToken; logIn(): Promise<void> }> => {
  const simulated = await makeToken(folder, 'tests')
  const token = await hsms.open(refOf(simulated))
  const logIn = async (): Promise<void> => {
    using pin = SecretBytes.fromText(simulated.pin)
    await token.logIn(pin)
  }
  if (loggedIn) await logIn()
  return { simulated, token, logIn }
}

/**
 * SoftHSM 2.6.1 empties a file before it writes it anew; a process that is killed just then leaves it empty. Keeps what a
 * token's files hold now; what is called puts back those that are empty.
 */
export const keepTokenFiles = ({ configuration }: SimulatedToken): (() => void) => {
  const folder = join(dirname(configuration), 'tokens')
  const kept = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.object'))
    .map((name) => [join(folder, name), readFileSync(join(folder, name))] as const)
  return () => {
    for (const [path, bytes] of kept)
      if (existsSync(path) && statSync(path).size === 0) writeFileSync(path, bytes)
  }
}

export interface FakeModule {
  ref: HsmTokenRef
  path: string
  /** Lines `word number` by which it misbehaves from the next call on. */
  behave(...lines: string[]): void
  /** How many times a PIN reached it. */
  attempts(): number
  /** Whether it has hung since it was told how to behave. */
  hangs(): boolean
}

/** The misbehaving module, compiled into `folder`. */
export const fakeModule = (folder: string): FakeModule => {
  const path = join(folder, 'fake.so')
  const source = join(import.meta.dirname, 'fake-pkcs11/module.c')
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', path, source], { stdio: 'pipe' })
  const configuration = join(folder, 'fake.conf')
  const attempts = `${configuration}.attempts`
  const hanging = `${configuration}.hangs`
  writeFileSync(configuration, '')
  writeFileSync(attempts, '')
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  return {
    path,
    ref: {
      module: { path, sha256, configuration: { SOFTHSM2_CONF: configuration } },
      serial: '1111',
      label: 'fake',
    },
    behave: (...lines) => {
      rmSync(hanging, { force: true })
      writeFileSync(configuration, lines.map((line) => `${line}\n`).join(''))
    },
    hangs: () => existsSync(hanging),
    attempts: () => readFileSync(attempts, 'utf8').length,
  }
}

/** The problem that a call ends with. */
export const problemFrom = async (work: Promise<unknown>): Promise<Problem> => {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof KeyturnError) return thrown.problem
    throw thrown
  }
  throw new Error('it did not fail')
}
export const codeFrom = async (work: Promise<unknown>): Promise<string> => (await problemFrom(work)).code

/** Whether a process is there; a zombie that nobody has collected yet is not. */
export const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
