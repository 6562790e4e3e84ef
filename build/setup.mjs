/**
 * Brings a fresh checkout to the point where everything can run. Idempotent and quick when there is nothing to do.
 * Runs under any Node from 18 on, because it is what installs ours.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { buildNativeModule, compilerCommands } from './native.mjs'
import { bundledNode, environment, root } from './node24.mjs'

/** What only the jobs on HSM tokens need: `npm start` installs it where that is allowed, and works without it. */
const forTokens = [
  { commands: ['softhsm2-util'], package: 'softhsm2' },
  // Debian calls these packages as their commands.
  ...compilerCommands.map((command) => ({ commands: [command], package: command })),
]

/** What is needed from Debian, by command, and what for. */
const debianPackages = {
  window: [
    {
      commands: ['chromium', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'],
      package: 'chromium',
    },
  ],
  test: [
    {
      commands: ['chromium', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'],
      package: 'chromium',
    },
    { commands: ['tsql'], package: 'freetds-bin' },
    { commands: ['openssl'], package: 'openssl' },
    { commands: ['pkcs11-tool'], package: 'opensc' },
    ...forTokens,
  ],
}

/** @param {'window' | 'test'} purpose */
export const setUp = (purpose) => {
  installNodePackages()
  installDebianPackages(purpose)
  if (!existsSync(bundledNode))
    stop('Node 24 was not installed by npm. Run "npm ci" and look at what it says.')
  if (purpose === 'window') installWished()
  const why = buildNativeModule(findCommand)
  if (why !== null && purpose === 'test') stop(`HSM tokens can't be tested: ${why}.`)
  if (why !== null) say(`Jobs on HSM tokens are not available: ${why}. Everything else is.`)
}

export const findCommand = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable) ?? null

const installNodePackages = () => {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const mark = join(root, 'node_modules', '.keyturn-installed')
  const wanted = createHash('sha256').update(lock).digest('hex')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted && existsSync(bundledNode)) return
  say('Installing the npm packages of the lockfile (about two minutes the first time) ...')
  // Electron 42 and later has no install script; nothing here needs one.
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], 'npm ci')
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(mark, wanted)
}

const installDebianPackages = (purpose) => {
  const missing = missingOf(debianPackages[purpose])
  if (missing.length === 0) return
  const names = missing.join(' ')
  if (!mayInstall()) {
    stop(
      `Missing on this machine: ${names}. Install with "sudo apt-get install ${names}", then run this again.`,
    )
  }
  const why = fromDebian(missing)
  if (why !== null) stop(why)
}

const installWished = () => {
  const missing = missingOf(forTokens)
  if (missing.length === 0) return
  const names = missing.join(' ')
  const why = mayInstall() ? fromDebian(missing) : `install with "sudo apt-get install ${names}"`
  if (why !== null) say(`Not on this machine, wished for HSM tokens: ${names} (${why}).`)
}

const missingOf = (packages) =>
  packages.filter(({ commands }) => !commands.some(findCommand)).map((one) => one.package)

const mayInstall = () => process.getuid?.() === 0 && findCommand('apt-get') !== null

/** Null: installed. Else why not. */
const fromDebian = (missing) => {
  const names = missing.join(' ')
  say(`Installing from Debian: ${names} ...`)
  return (
    ran('apt-get', ['update', '-qq'], 'apt-get update') ??
    ran(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...missing],
      `apt-get install ${names}`,
    )
  )
}

const run = (command, parameters, name) => {
  const why = ran(command, parameters, name)
  if (why !== null) stop(why)
}

const ran = (command, parameters, name) => {
  const { status, error } = spawnSync(command, parameters, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...environment(), DEBIAN_FRONTEND: 'noninteractive' },
  })
  return status === 0 ? null : `${name} failed${error ? ` (${error.message})` : ''}; its messages are above.`
}

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const say = (text) => console.log(`keyturn: ${text}`)
const stop = (text) => {
  console.error(`keyturn: ${text}`)
  process.exit(1)
}
