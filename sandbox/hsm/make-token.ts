import { spawn } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { childEnvironment } from '../../electron/platform/environment.ts'

/** A SoftHSM token in a folder of its own, for rehearsals and tests. Its PINs are simulated like all the rest. */
export interface SimulatedToken {
  /** Path of SoftHSM's library. */
  module: string
  sha256: string
  /** What `SOFTHSM2_CONF` has to name, in the module's process only. */
  configuration: string
  serial: string
  label: string
  pin: string
  soPin: string
}

/** Where Debian, Fedora and Homebrew put SoftHSM. */
const places = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]

/** Null: SoftHSM is not installed. */
export const softHsmModule = (): string | null => places.find((path) => existsSync(path)) ?? null

/** Longest label of a token: 32 bytes, of which the mark takes some. */
const mark = ' (test only)'

const limitMs = 60_000

/**
 * Makes a token in `folder`, which is made where it is missing; calling it again there makes a second token beside it.
 * The PINs travel to a process that ends afterwards by its standard input. Throws Error with a reason.
 */
export const makeToken = async (folder: string, label: string): Promise<SimulatedToken> => {
  const module = softHsmModule()
  if (module === null) throw new Error('SoftHSM is not installed (Debian: softhsm2)')
  const full = `${label}${mark}`
  if (label === '' || !/^[\x20-\x7e]+$/.test(full) || full.length > 32)
    throw new Error(`a label of 1 to ${32 - mark.length} characters is needed`)
  const configuration = await configure(folder)
  const pin = digits()
  const soPin = digits()
  const serial = await initialise(configuration, { module, label: full, pin, soPin })
  const sha256 = createHash('sha256').update(readFileSync(module)).digest('hex')
  return { module, sha256, configuration, serial, label: full, pin, soPin }
}

/** SoftHSM's own settings name the folder by its whole path, so they are written anew where that was moved. */
export const configure = async (folder: string): Promise<string> => {
  const tokens = join(folder, 'tokens')
  await mkdir(tokens, { recursive: true, mode: 0o700 })
  const configuration = join(folder, 'softhsm2.conf')
  await writeFile(configuration, settings(tokens), { mode: 0o600 })
  return configuration
}

const digits = (): string => String(randomInt(10_000_000, 100_000_000))

const settings = (tokens: string): string =>
  [
    `directories.tokendir = ${tokens}`,
    'objectstore.backend = file',
    'log.level = ERROR',
    'slots.removable = false',
    'slots.mechanisms = ALL',
    'library.reset_on_fork = false',
    '',
  ].join('\n')

/** Beside the bundle's entries, or in the sources. */
const entry = [
  join(import.meta.dirname, 'hsm-token.js'),
  join(import.meta.dirname, '../hsm-token.js'),
  join(import.meta.dirname, 'initialise.ts'),
]

const initialise = (
  configuration: string,
  order: { module: string; label: string; pin: string; soPin: string },
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry.find((path) => existsSync(path)) ?? ''], {
      env: { ...childEnvironment(), SOFTHSM2_CONF: configuration },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    let said = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => void (said += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()))
    child.stdin.on('error', () => undefined)
    child.once('error', reject)
    child.once('close', (code) => {
      const [, serial] = /^serial ([0-9a-f]+)$/m.exec(said) ?? []
      if (code === 0 && serial !== undefined) resolve(serial)
      else reject(new Error(`the simulated token was not made: ${errors.slice(-400) || `exit code ${code}`}`))
    })
    child.stdin.end(JSON.stringify(order))
  })
