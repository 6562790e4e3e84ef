import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeElectron } from './fake-electron.ts'

const made = vi.hoisted(() => ({ startProgram: vi.fn(), openWindow: vi.fn() }))
vi.mock('../../../electron/program.ts', () => ({ startProgram: made.startProgram }))
vi.mock('../../../electron/shell/electron/window.ts', () => ({ openElectronWindow: made.openWindow }))

const argv = process.argv
let folder = ''
let written = ''
let electron: ReturnType<typeof fakeElectron>

const start = async (parameters: string[], prepare: (app: typeof electron.app) => void = () => undefined) => {
  vi.resetModules()
  electron = fakeElectron()
  vi.doMock('electron', () => electron)
  prepare(electron.app)
  process.argv = electron.app.isPackaged ? ['keyturn', ...parameters] : ['electron', '.', ...parameters]
  await import('../../../electron/main.ts')
}
const ended = () => vi.waitFor(() => expect(electron.app.exit).toHaveBeenCalled(), { timeout: 20_000 })
const exitCode = () => electron.app.exit.mock.calls[0]?.[0] as number

const program = () => ({
  attach: vi.fn(),
  close: vi.fn(async () => undefined),
  idle: async () => undefined,
  keyring: { lock: vi.fn() },
  engine: { list: () => [{ id: 'r-1', state: 'running', title: 'Run' }], stop: vi.fn() },
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-main-test-'))
  written = ''
  const keep = (text: string | Uint8Array): boolean => Boolean((written += String(text)))
  vi.spyOn(process.stdout, 'write').mockImplementation(keep)
  vi.spyOn(process.stderr, 'write').mockImplementation(keep)
  made.startProgram.mockReset()
  made.openWindow.mockReset()
})
afterEach(() => {
  process.argv = argv
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

describe('the entry for Electron', () => {
  it('settles sandbox and scheme before Electron is ready, then opens the program’s window and closes in order', async () => {
    const order: string[] = []
    const own = program()
    own.close.mockImplementation(async () => void order.push('program closed'))
    made.startProgram.mockImplementation(async (options: { profile: string; dataFolder: string }) => {
      order.push(`program ${options.profile}`)
      expect(options.dataFolder).toBe(folder)
      return own
    })
    made.openWindow.mockImplementation(async (options: { onClosed: () => void }) => {
      order.push('window')
      queueMicrotask(() => options.onClosed())
      return { kind: 'electron' }
    })
    await start([`--profile=rehearsal`, `--data=${folder}`], (app) => {
      app.enableSandbox.mockImplementation(() => void order.push('sandbox'))
      electron.protocol.registerSchemesAsPrivileged.mockImplementation(() => void order.push('scheme'))
      app.whenReady.mockImplementation(async () => void order.push('ready'))
    })
    await ended()
    expect(order).toEqual(['sandbox', 'scheme', 'ready', 'program rehearsal', 'window', 'program closed'])
    expect(own.attach).toHaveBeenCalledWith({ kind: 'electron', watchPower: expect.any(Function) as unknown })
    expect(exitCode()).toBe(0)
    expect(electron.app.relaunch).not.toHaveBeenCalled()
    expect(electron.app.setPath).toHaveBeenCalledWith('userData', join(folder, 'window'))
  })

  it.each(['sandboxEntry', 'hsmTokenEntry'] as const)('runs %s in place of the program', async (name) => {
    const entry = (await import('../../../electron/beside-entry.ts'))[name]
    const run = vi.fn()
    vi.doMock(entry, () => ({ ran: run() as unknown }))
    await start([entry], (app) => void (app.isPackaged = true))
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(1))
    expect(made.startProgram).not.toHaveBeenCalled()
    vi.doUnmock(entry)
  })

  it('starts again, once, where it was started with orders to print what it sends', async () => {
    vi.stubEnv('NODE_DEBUG', 'http')
    await start([`--data=${folder}`])
    await ended()
    expect(electron.app.relaunch.mock.calls).toEqual([
      [{ args: ['.', `--data=${folder}`, '--started-again'] }],
    ])
    expect(made.startProgram).not.toHaveBeenCalled()
    expect(process.env['NODE_DEBUG']).toBeUndefined()
    vi.unstubAllEnvs()
  })

  it('opens another profile in a new process, only when the window really closes', async () => {
    let openProfile: (profile: string) => Promise<void> = async () => undefined
    made.startProgram.mockImplementation(async (options: { openProfile: typeof openProfile }) => {
      openProfile = options.openProfile
      return program()
    })
    const requestClose = vi.fn(async () => false)
    let close: () => void = () => undefined
    made.openWindow.mockImplementation(async (options: { onClosed: () => void }) => {
      close = options.onClosed
      return { kind: 'electron', requestClose }
    })
    await start([`--data=${folder}`])
    await vi.waitFor(() => expect(made.openWindow).toHaveBeenCalled(), { timeout: 20_000 })
    await openProfile('rehearsal')
    requestClose.mockImplementation(async () => {
      close()
      return true
    })
    expect(electron.app.relaunch).not.toHaveBeenCalled()
    await openProfile('rehearsal')
    await ended()
    expect(electron.app.relaunch.mock.calls).toEqual([[{ args: ['/opt/keyturn', '--profile=rehearsal'] }]])
  })

  it('keeps what was refused by a person: after “keep open”, closing opens no other profile', async () => {
    let openProfile: (profile: string) => Promise<void> = async () => undefined
    let close: () => void = () => undefined
    made.startProgram.mockImplementation(async (options: { openProfile: typeof openProfile }) => {
      openProfile = options.openProfile
      return program()
    })
    made.openWindow.mockImplementation(async (options: { onClosed: () => void }) => {
      close = options.onClosed
      return { kind: 'electron', requestClose: async () => false }
    })
    await start([`--data=${folder}`])
    await vi.waitFor(() => expect(made.openWindow).toHaveBeenCalled(), { timeout: 20_000 })
    await openProfile('rehearsal')
    close()
    await ended()
    expect(electron.app.relaunch).not.toHaveBeenCalled()
  })

  it('packaged, does not start with a switch that opens it to others', async () => {
    await start([`--data=${folder}`, '--remote-debugging-port=0'], (app) => (app.isPackaged = true))
    expect(exitCode()).toBe(1)
    expect(written).toContain('--remote-debugging-port')
    expect(electron.app.enableSandbox).not.toHaveBeenCalled()
    expect(made.startProgram).not.toHaveBeenCalled()
  })

  it('leaves when this profile’s window is open elsewhere, before it touches the profile’s data', async () => {
    await start([`--data=${folder}`], (app) => app.requestSingleInstanceLock.mockReturnValue(false))
    await ended()
    expect(exitCode()).toBe(0)
    expect(made.startProgram).not.toHaveBeenCalled()
  })

  it('says why it did not start, from the catalogue, and ends', async () => {
    made.startProgram.mockImplementation(async () => {
      const { KeyturnError } = await import('../../../shared/errors/problem.ts')
      throw new KeyturnError('already-running', { pid: 4711 })
    })
    await start([`--data=${folder}`])
    await ended()
    expect(exitCode()).toBe(1)
    expect(electron.dialog.showErrorBox.mock.calls[0]?.[1]).toContain('process 4711')
  })

  it('tests itself without a window or a profile', async () => {
    await start(['--self-test', `--data=${join(folder, 'none')}`])
    expect(exitCode()).toBe(0)
    expect(written).toMatch(/^ok {5}AES-256-GCM$/m)
    expect(written).toMatch(/^ok {5}SQLite$/m)
    expect(written).not.toContain('FAILED')
    expect([existsSync(join(folder, 'none')), made.startProgram.mock.calls.length]).toEqual([false, 0])
  })

  it('does not let Electron quit before the program has closed, locks the keyring when the page’s process is gone, stops runs after their step', async () => {
    const own = program()
    made.startProgram.mockResolvedValue(own)
    await start([`--data=${folder}`])
    await vi.waitFor(() => expect(made.openWindow).toHaveBeenCalled(), { timeout: 20_000 })
    const options = made.openWindow.mock.calls[0]?.[0] as {
      onPageGone(): void
      runs: { titles(): string[]; stopAfterStep(): void }
    }
    const quit = { preventDefault: vi.fn() }
    electron.app.emit('will-quit', quit)
    expect(quit.preventDefault).toHaveBeenCalledOnce()
    options.onPageGone()
    expect(own.keyring.lock).toHaveBeenCalledOnce()
    expect(options.runs.titles()).toEqual(['Run'])
    options.runs.stopAfterStep()
    expect(own.engine.stop.mock.calls).toEqual([['r-1', 'after-step']])
  })
})
