import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openElectronWindow } from '../../../electron/shell/electron/window.ts'
import type { ShellProgram } from '../../../electron/shell/shell.ts'
import type { FakeWindow, fakeElectron } from './fake-electron.ts'

vi.mock('electron', async () => (await import('./fake-electron.ts')).fakeElectron())
const electron = (await import('electron')) as unknown as ReturnType<typeof fakeElectron>

const folder = mkdtempSync(join(tmpdir(), 'keyturn-window-test-'))
writeFileSync(join(folder, 'index.html'), '<html></html>')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open = async (titles: () => string[] = () => []) => {
  const dispatch = vi.fn<ShellProgram['dispatch']>(async () => ({ ok: true, value: 'answer' }))
  const idle = Promise.withResolvers<undefined>()
  const calls = { gone: vi.fn(), closed: vi.fn(), stopAfterStep: vi.fn(), dispatch, idle }
  const shell = await openElectronWindow({
    program: { dispatch, scheme: () => 'light', windowTitle: () => 'Keyturn (REHEARSAL)' },
    runs: { titles, stopAfterStep: calls.stopAfterStep, idle: () => idle.promise },
    rendererFolder: folder,
    preload: '/p/preload.cjs',
    packaged: true,
    onPageGone: calls.gone,
    onClosed: calls.closed,
  })
  const window = electron.BrowserWindow.opened.at(-1) as FakeWindow
  return { shell, window, ...calls }
}

beforeEach(() => vi.clearAllMocks())

describe('the window in Electron', () => {
  it('opens our page in the guarded session, without a menu, and shows it when it is ready', async () => {
    const { window } = await open()
    expect(window.loaded).toEqual(['keyturn://app/'])
    expect(window.options).toMatchObject({ title: 'Keyturn (REHEARSAL)', webPreferences: { sandbox: true } })
    expect(electron.Menu.setApplicationMenu).toHaveBeenCalledWith(null)
    expect(electron.session.fromPartition).toHaveBeenCalledWith('keyturn-window')
    expect(electron.session.pages.webRequest.onBeforeRequest).toHaveBeenCalledOnce()
    expect(electron.session.pages.protocol.handle.mock.calls[0]?.[0]).toBe('keyturn')
    expect(window.show).not.toHaveBeenCalled()
    window.emit('ready-to-show')
    expect(window.show).toHaveBeenCalledOnce()
  })

  it('guards the session before it makes a page in it', async () => {
    const before = electron.BrowserWindow.opened.length
    electron.session.pages.webRequest.onBeforeRequest.mockImplementationOnce(() => {
      expect(electron.BrowserWindow.opened.length).toBe(before)
    })
    await open()
    expect(electron.BrowserWindow.opened.length).toBe(before + 1)
  })

  it('has one door, which names the sender and is shut with the window', async () => {
    const { window, dispatch } = await open()
    expect(electron.ipcMain.handle.mock.calls.map(([name]) => name as string)).toEqual(['keyturn:ask'])
    const door = electron.ipcMain.handle.mock.calls[0]?.[1] as (...all: unknown[]) => Promise<unknown>
    const { webContents } = window
    expect(await door({ sender: webContents, senderFrame: webContents.mainFrame }, 'app.state', {})).toEqual({
      ok: true,
      value: 'answer',
    })
    expect(await door({ sender: webContents, senderFrame: null }, 'app.state', {})).toBeDefined()
    expect(dispatch.mock.calls).toEqual([
      [{ isMainFrame: true, origin: 'keyturn://app' }, 'app.state', {}],
      [null, 'app.state', {}],
    ])
    window.close()
    expect(electron.ipcMain.removeHandler).toHaveBeenCalledWith('keyturn:ask')
  })

  it('tells the window events while it is there, and nothing after', async () => {
    const { shell, window } = await open()
    shell.send('app.changed', { version: '1' })
    window.destroy()
    shell.send('app.changed', { version: '2' })
    expect(window.webContents.sent).toEqual([['keyturn:event', 'app.changed', { version: '1' }]])
  })

  it('keeps its title, copies through main, and gives a picked folder only to main', async () => {
    const { shell, window } = await open()
    const event = { preventDefault: vi.fn() }
    window.emit('page-title-updated', event)
    expect(event.preventDefault).toHaveBeenCalledOnce()
    await shell.copyText('THUMBPRINT')
    expect(electron.clipboard.writeText).toHaveBeenCalledWith('THUMBPRINT')
    expect(await shell.pickFolder?.()).toBeNull()
    electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: ['/srv/keys'] })
    expect(await shell.pickFolder?.()).toBe('/srv/keys')
    expect(electron.dialog.showOpenDialog.mock.calls.at(-1)).toEqual([
      window,
      { title: 'Choose a folder', properties: ['openDirectory', 'createDirectory', 'dontAddToRecent'] },
    ])
  })

  it('tells main when the page’s process is gone, loads it again, but not for ever', async () => {
    const { window, gone, closed } = await open()
    for (let count = 0; count < 3; count++) window.webContents.emit('render-process-gone', {}, {})
    expect([gone.mock.calls.length, window.webContents.reload.mock.calls.length]).toEqual([3, 3])
    expect(closed).not.toHaveBeenCalled()
    window.webContents.emit('render-process-gone', {}, {})
    expect(closed).toHaveBeenCalledOnce()
  })

  it('comes to the front again, also from the task bar', async () => {
    const { shell, window } = await open()
    window.minimized = true
    shell.show()
    expect([window.restore.mock.calls.length, window.focus.mock.calls.length]).toEqual([1, 1])
    window.destroy()
    shell.show()
    expect(window.focus).toHaveBeenCalledOnce()
  })
})

describe('closing', () => {
  it('is not asked about when nothing runs', async () => {
    const { window, closed } = await open()
    window.close()
    expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
    expect(closed).toHaveBeenCalledOnce()
  })

  it('with a run under way the window stays when the person keeps it open', async () => {
    const { shell, window, stopAfterStep } = await open(() => ['Encrypted backup of Sales'])
    window.close()
    await vi.waitFor(() => expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce(), { timeout: 20_000 })
    expect(electron.dialog.showMessageBox.mock.calls[0]).toMatchObject([
      window,
      {
        detail: expect.stringContaining('Encrypted backup of Sales') as string,
        buttons: ['Keep open', 'Stop after this step and close'],
        defaultId: 0,
        cancelId: 0,
      },
    ])
    expect(await shell.requestClose()).toBe(false)
    expect([window.destroyed, stopAfterStep.mock.calls.length]).toEqual([false, 0])
  })

  it('or closes when the current step has ended, asked once however often it is tried', async () => {
    let running = ['one', 'two']
    const { shell, window, stopAfterStep, idle } = await open(() => running)
    electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
    window.close()
    const asked = shell.requestClose()
    window.close()
    await vi.waitFor(() => expect(stopAfterStep).toHaveBeenCalledOnce(), { timeout: 20_000 })
    expect(window.destroyed).toBe(false)
    running = []
    idle.resolve(undefined)
    expect(await asked).toBe(true)
    expect(window.destroyed).toBe(true)
    expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce()
  })
})
