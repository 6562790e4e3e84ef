/**
 * Entry for Electron. Flags: `--profile=main|rehearsal`, `--data=FOLDER`, `--self-test`. What must be settled before
 * Electron is ready stands in the order it is called in, without an await before it.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { app, dialog, powerMonitor, protocol, safeStorage, utilityProcess } from 'electron'
import { problemOf } from '../shared/errors/problem.ts'
import type { RunState } from '../shared/model/plan.ts'
import { hsmTokenEntry, rendererFolder, sandboxEntry, version } from './beside-entry.ts'
import { cryptoSelfTest } from './platform/crypto-self-test.ts'
import { startedUnclean } from './platform/clean-start.ts'
import { assertNodeVersion } from './platform/node-version.ts'
import { makeProfileDir, type Profile } from './platform/paths.ts'
import { sqliteSelfTest } from './platform/sqlite-self-test.ts'
import type { Program } from './program.ts'
import { guardApp, removeCrashDumps } from './shell/electron/app-guards.ts'
import type { RunsUnderWay } from './shell/electron/close-guard.ts'
import { guardNavigation } from './shell/electron/navigation-guards.ts'
import { registerWindowScheme } from './shell/electron/scheme.ts'
import { holdSingleInstance } from './shell/electron/single-instance.ts'
import { createOsStore } from './shell/electron/os-store.ts'
import { watchPower } from './shell/electron/power.ts'
import { refusedSwitches } from './shell/electron/start-switches.ts'
import { startFramedUtility } from './shell/electron/utility-child.ts'
import { openElectronWindow, type ElectronWindow } from './shell/electron/window.ts'

const startedAgain = '--started-again'

const start = (): void => {
  const unclean = startedUnclean()
  // What Electron starts again has this process's environment, which is scrubbed by now; the flag ends a loop.
  if (unclean && !process.argv.includes(startedAgain)) {
    app.relaunch({ args: [...process.argv.slice(1), startedAgain] })
    return app.exit(0)
  }
  const refused = app.isPackaged ? refusedSwitches(process.argv.slice(1)) : []
  if (refused.length > 0) return fail(`This program does not start with --${refused.join(', --')}.`)
  app.enableSandbox()
  registerWindowScheme(protocol)
  guardApp(app)
  guardNavigation(app)
  // The simulators run in processes of their own. Installed Keyturn can't act as plain Node (a fuse), so its own
  // executable is started again with their entry in first place, as Node would be.
  const entry = [sandboxEntry, hsmTokenEntry].find((path) => path === process.argv[1])
  if (entry !== undefined) return void import(/* @vite-ignore */ pathToFileURL(entry).href)
  if (process.argv.includes('--self-test')) return selfTest()
  run().catch((thrown: unknown) => {
    const { title, next } = problemOf(thrown)
    dialog.showErrorBox('Keyturn did not start', `${title}.\n\n${next}.`)
    app.exit(1)
  })
}

const run = async (): Promise<void> => {
  const { profile, data } = flags()
  assertNodeVersion()
  const folder = makeProfileDir(profile, data)
  let window: ElectronWindow | null = null
  if (!holdSingleInstance(app, folder, () => window?.show())) return app.exit(0)
  // This function ends the process, when the program has closed its connections and its record; Electron would not wait.
  app.on('window-all-closed', () => undefined)
  app.on('will-quit', (event) => event.preventDefault())
  await app.whenReady()
  removeCrashDumps(app)

  let next: Profile | null = null
  // Not before the environment was scrubbed: a library that reads DEBUG as it is loaded would print secrets.
  const { startProgram } = await import('./program.ts')
  const program = await startProgram({
    profile,
    dataFolder: folder,
    version,
    sandboxEntry,
    osStore: createOsStore(safeStorage, process.platform),
    startHsmProcess: startFramedUtility(utilityProcess),
    openProfile: async (wanted) => {
      next = wanted
      if (!(await window?.requestClose())) next = null
    },
  })
  const closed = Promise.withResolvers<undefined>()
  window = await openElectronWindow({
    program,
    runs: runsOf(program),
    rendererFolder,
    preload: join(rendererFolder, '../preload/preload.cjs'),
    packaged: app.isPackaged,
    onPageGone: () => program.keyring.lock(),
    onClosed: () => closed.resolve(undefined),
  })
  const watch = (lock: Parameters<typeof watchPower>[2]): (() => void) =>
    watchPower(powerMonitor, process.platform, lock)
  program.attach({ ...window, watchPower: watch })
  await closed.promise
  await program.close()
  if (next !== null) openAgain(next)
  app.exit(0)
}

/** Switches of Chromium may stand beside ours, so unknown ones are passed over here. */
const flags = (): { profile: Profile; data: string | undefined } => {
  const { values } = parseArgs({
    args: process.argv.slice(app.isPackaged ? 1 : 2),
    options: { profile: { type: 'string' }, data: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  })
  return {
    profile: values.profile === 'rehearsal' ? 'rehearsal' : 'main',
    data: typeof values.data === 'string' ? values.data : undefined,
  }
}

const runsOf = ({ engine, idle }: Program): RunsUnderWay => {
  const inState = (...states: RunState[]) => engine.list().filter(({ state }) => states.includes(state))
  return {
    titles: () => inState('running', 'stopping', 'undoing').map(({ title }) => title),
    stopAfterStep: () => {
      for (const { id } of inState('running', 'undoing')) engine.stop(id, 'after-step')
    },
    idle,
  }
}

/** The new process starts when this one has ended, so the profile's lock is free and only one window is open. */
const openAgain = (profile: Profile): void =>
  app.relaunch({ args: [...(app.isPackaged ? [] : [app.getAppPath()]), `--profile=${profile}`] })

/** For a packaged program: is everything that it stands on in the Electron that it was packaged with? */
const selfTest = (): void => {
  const lines = [...cryptoSelfTest(), sqliteSelfTest()]
  for (const { name, passed } of lines) process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name}\n`)
  app.exit(lines.every(({ passed }) => passed) ? 0 : 1)
}

const fail = (text: string): void => {
  process.stderr.write(`keyturn: ${text}\n`)
  app.exit(1)
}

start()
