/**
 * A passphrase change, killed at 200 points (20 in the short form). After each: the keyring opens with exactly one of
 * the two passphrases, every secret and sealed run is there, and after that unlock no file beside it opens with the
 * other passphrase. A folder holds, besides the keyring, a copy that a restore had put aside.
 */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyring } from '../../electron/keyring/keyring.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { Keyring } from '../../electron/ports/keyring.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { asRunId, asTargetId } from '../../shared/model/ids.ts'
import {
  keyringCrashPolicy,
  newPassphrase,
  oldPassphrase,
  type KeyringKill,
  type KillOrder,
} from './keyring-order.ts'

const child = join(import.meta.dirname, 'keyring-child.ts')
const wanted = { long: 200, short: 20 }
const secrets = 40
const binding = { purpose: 'sql.key-file-password', target: asTargetId('t-aaaaaaaaaaaa') } as const
const run = asRunId('r-cccccccccccc')
const asideName = 'keyring-replaced-2026-01-01T000000000Z.json'

export interface PointCount {
  points: number
  ok: number
}

/** Prints one line for each point that does not hold. */
export const keyringPoints = async (short: boolean): Promise<PointCount> => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-crash-keyring-'))
  try {
    const seed = await makeSeed(root)
    const measured = await live(copyOf(seed, root, 'measured'), null)
    if (measured.report === null) throw new Error(`the undisturbed change failed\n${measured.errors}`)
    const kills = chosen(measured.report, short ? wanted.short : wanted.long)
    let ok = 0
    for (const [index, kill] of kills.entries()) {
      const folder = copyOf(seed, root, `point-${index}`)
      const faults = await tryPoint(folder, kill)
      if (faults.length === 0) ok += 1
      else console.log(`FAILED  keyring, ${JSON.stringify(kill)}\n        ${faults.join('\n        ')}`)
      rmSync(folder, { recursive: true })
    }
    return { points: kills.length, ok }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const openAt = (folder: string): Keyring =>
  createKeyring({ path: join(folder, 'keyring.json'), clock: systemClock, policy: keyringCrashPolicy })

const makeSeed = async (root: string): Promise<string> => {
  const folder = join(root, 'seed')
  mkdirSync(folder)
  const keyring = openAt(folder)
  await keyring.create(SecretBytes.fromText(oldPassphrase))
  const kept = await Promise.all(
    Array.from({ length: secrets }, (_, n) =>
      keyring.put({ ...binding, label: `secret ${n}` }, SecretBytes.fromText(`secret ${n}`)),
    ),
  )
  const sealed = kept.slice(0, 3).map(({ id }, n) => ({ name: `hole_${n}`, id, binding }))
  await keyring.sealRun(run, sealed)
  keyring.lock()
  copyFileSync(join(folder, 'keyring.json'), join(folder, asideName))
  return folder
}

const copyOf = (seed: string, root: string, name: string): string => {
  const folder = join(root, name)
  mkdirSync(folder)
  for (const file of readdirSync(seed)) copyFileSync(join(seed, file), join(folder, file))
  return folder
}

/** Each call before and after, and the rest spread over the bytes of the longest write. */
const chosen = ({ calls, longest }: { calls: number; longest: number }, count: number): KeyringKill[] => {
  const atCalls = Array.from({ length: calls }, (_, index) => index + 1).flatMap((call): KeyringKill[] => [
    { at: 'before', call },
    { at: 'after', call },
  ])
  const step = Math.max(1, Math.ceil((2 * atCalls.length) / count))
  const some = atCalls.filter((_kill, index) => index % step === 0)
  const left = count - some.length
  const within = Array.from({ length: left }, (_, index): KeyringKill => ({
    at: 'within',
    bytes: Math.floor(((longest - 64) * index) / Math.max(1, left - 1)),
  }))
  return [...some, ...within]
}

const live = (
  folder: string,
  kill: KeyringKill | null,
): Promise<{ killed: boolean; report: { calls: number; longest: number } | null; errors: string }> =>
  new Promise((resolve) => {
    const order: KillOrder = { folder, kill }
    const started = spawn(process.execPath, [child, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let errors = ''
    started.stdout.on('data', (part: Buffer) => (output += part.toString()))
    started.stderr.on('data', (part: Buffer) => (errors += part.toString()))
    started.once('close', (code, signal) =>
      resolve({
        killed: signal === 'SIGKILL',
        report: code === 0 ? (JSON.parse(output) as { calls: number; longest: number }) : null,
        errors,
      }),
    )
  })

const tryPoint = async (folder: string, kill: KeyringKill): Promise<string[]> => {
  const { killed, errors } = await live(folder, kill)
  if (!killed) return [`the process was not killed\n${errors}`]
  const opening: string[] = []
  const faults: string[] = []
  for (const text of [oldPassphrase, newPassphrase]) {
    const keyring = openAt(folder)
    const answer = await answerTo(keyring, text)
    if (answer === 'opened') {
      opening.push(text)
      faults.push(...(await missingIn(keyring)))
    } else if (answer !== 'keyring-wrong-passphrase') faults.push(`opening said ${answer}`)
    keyring.lock()
  }
  const [holds] = opening
  if (holds === undefined || opening.length !== 1) return [...faults, `${opening.length} passphrases open it`]
  const other = holds === oldPassphrase ? newPassphrase : oldPassphrase
  return [...faults, ...(await openingBeside(folder, other))]
}

const answerTo = async (keyring: Keyring, passphrase: string): Promise<string> => {
  try {
    await keyring.unlock(SecretBytes.fromText(passphrase))
    return 'opened'
  } catch (error) {
    return error instanceof KeyturnError ? error.code : String(error)
  }
}

const missingIn = async (keyring: Keyring): Promise<string[]> => {
  const faults: string[] = []
  const infos = keyring.list()
  if (infos.length !== secrets) faults.push(`${infos.length} secrets`)
  for (const { id, label, generation } of infos) {
    using opened = await keyring.open(id, binding)
    if (opened.use((bytes) => bytes.toString('utf8')) !== label || generation !== 1)
      faults.push(`${label} is not what it was`)
  }
  const sealed = await keyring.openRun(run)
  const texts = [...sealed.values()].map((one) => one.use((bytes) => bytes.toString('utf8')))
  if (texts.join() !== 'secret 0,secret 1,secret 2') faults.push(`the sealed run holds ${texts.join()}`)
  return faults
}

/** Every file in the folder, tried as a keyring of its own. */
const openingBeside = async (folder: string, passphrase: string): Promise<string[]> => {
  const faults: string[] = []
  const trial = join(folder, 'trial')
  for (const name of readdirSync(folder)) {
    mkdirSync(trial)
    copyFileSync(join(folder, name), join(trial, 'keyring.json'))
    if ((await answerTo(openAt(trial), passphrase)) === 'opened')
      faults.push(`${name} opens with the other one`)
    rmSync(trial, { recursive: true })
  }
  const leftovers = readdirSync(folder).filter((name) => name.startsWith('.'))
  if (leftovers.length > 0) faults.push(`left over: ${leftovers.join(', ')}`)
  if (readFileSync(join(folder, 'keyring.json')).length === 0) faults.push('the file is empty')
  return faults
}

if (process.argv[1] === import.meta.filename) {
  const { points, ok } = await keyringPoints(process.argv.includes('--short'))
  console.log(`crash: ${points} points, ${ok} ok`)
  process.exit(points === ok ? 0 : 1)
}
