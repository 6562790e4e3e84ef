/**
 * Entry for the Chromium shell: the same program in Node, its window an installed browser in app mode. Flags:
 * `--browser=PATH`, `--profile=main|rehearsal`, `--data=FOLDER`.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { problemOf } from '../shared/errors/problem.ts'
import { rendererFolder, sandboxEntry, version } from './beside-entry.ts'
import { startClean } from './platform/clean-start.ts'
import { assertNodeVersion } from './platform/node-version.ts'
import { profileDir, type Profile } from './platform/paths.ts'

const main = async (): Promise<number> => {
  assertNodeVersion()
  startClean()
  const { values } = parseArgs({
    options: {
      browser: { type: 'string' },
      profile: { type: 'string', default: 'main' },
      data: { type: 'string' },
    },
  })
  if (!values.browser) return fail('Name the browser: --browser=/path/of/chromium')
  // As root Chromium can't have its sandbox (DESIGN section 6).
  const rehearsalsOnly = process.getuid?.() === 0
  const asked: Profile = values.profile === 'rehearsal' ? 'rehearsal' : 'main'
  // A keyring that can't be unlocked here has nothing to show; the doors of a first start have.
  const profile: Profile = rehearsalsOnly && hasKeyring(values.data) ? 'rehearsal' : asked
  if (rehearsalsOnly && profile === 'main')
    say('As root this window opens rehearsals only; real systems need another account.')
  let next: Profile | null = null
  let closeWindow: () => Promise<void> = () => Promise.resolve()
  // Not before the environment was scrubbed: a library that reads DEBUG as it is loaded would print typed secrets.
  const [{ startProgram }, { openChromiumWindow }] = await Promise.all([
    import('./program.ts'),
    import('./shell/chromium/window.ts'),
  ])
  const program = await startProgram({
    profile,
    rehearsalsOnly,
    ...(values.data === undefined ? {} : { dataFolder: values.data }),
    version,
    sandboxEntry,
    openProfile: async (wanted) => {
      next = wanted
      await closeWindow()
    },
  })
  const closed = Promise.withResolvers<undefined>()
  const window = await openChromiumWindow({
    program,
    browser: values.browser,
    rendererFolder,
    headless: false,
    onClosed: () => closed.resolve(undefined),
  })
  closeWindow = () => window.close()
  program.attach(window)
  await closed.promise
  program.windowClosed()
  if (program.engine.list().some(({ state }) => state === 'running')) {
    say('The window is closed; the run that is under way goes on until it ends.')
  }
  await program.idle()
  await program.close()
  return next === null ? 0 : openAgain(next, values.browser)
}

const hasKeyring = (dataFolder: string | undefined): boolean =>
  existsSync(join(profileDir('main', dataFolder), 'keyring.json'))

/** The other profile gets a process of its own; this one only waits for it, so that the terminal stays with the window. */
const openAgain = (profile: Profile, browser: string): Promise<number> =>
  new Promise((resolve) => {
    const entry = fileURLToPath(import.meta.url)
    const child = spawn(process.execPath, [entry, `--browser=${browser}`, `--profile=${profile}`], {
      stdio: 'inherit',
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })

const say = (text: string): void => void process.stdout.write(`keyturn: ${text}\n`)
const fail = (text: string): number => {
  process.stderr.write(`keyturn: ${text}\n`)
  return 1
}

main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    const { title, next } = problemOf(thrown)
    process.exit(fail(`${title}. ${next}.`))
  },
)
