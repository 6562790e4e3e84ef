import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App, Session } from 'electron'
import { describe, expect, it, vi } from 'vitest'
import { guardApp, removeCrashDumps } from '../../../electron/shell/electron/app-guards.ts'
import { guardNavigation } from '../../../electron/shell/electron/navigation-guards.ts'
import { guardSession } from '../../../electron/shell/electron/session-guards.ts'
import { FakeContents, FakeSession, fakeElectron } from './fake-electron.ts'

const guarded = (packaged = true) => {
  const session = new FakeSession()
  guardSession(session as unknown as Session, { packaged })
  return session
}
const handlerOf = (mock: ReturnType<typeof vi.fn>) =>
  mock.mock.calls[0]?.[0] as (...all: unknown[]) => unknown

describe('the session of the window', () => {
  const isCancelled = (url: string, resourceType = 'script', packaged = true): unknown => {
    const decide = vi.fn()
    handlerOf(guarded(packaged).webRequest.onBeforeRequest)({ url, resourceType }, decide)
    return (decide.mock.calls[0]?.[0] as { cancel: boolean }).cancel
  }
  it.each([
    'https://example.test/',
    'http://127.0.0.1/',
    'ws://127.0.0.1/',
    'wss://example.test/',
    'file:///etc/passwd',
    'ftp://example.test/',
    'blob:keyturn://app/1',
    'chrome://settings/',
    'devtools://devtools/bundled/inspector.html',
    'keyturn://other/',
    'data:text/javascript,1',
  ])('does not load %s', (url) => {
    expect(isCancelled(url)).toBe(true)
  })

  it('loads its own files, pictures in its pages, and developer tools where it is not packaged', () => {
    expect(isCancelled('keyturn://app/assets/main.js')).toBe(false)
    expect(isCancelled('data:image/png;base64,AA', 'image')).toBe(false)
    expect(isCancelled('data:text/html,x', 'subFrame')).toBe(true)
    expect(isCancelled('devtools://devtools/bundled/inspector.html', 'mainFrame', false)).toBe(false)
  })

  it('grants no permission, whatever is asked for', () => {
    const session = guarded()
    const decide = vi.fn()
    for (const permission of ['media', 'clipboard-read', 'clipboard-sanitized-write', 'hid', 'openExternal'])
      handlerOf(session.setPermissionRequestHandler)({}, permission, decide)
    expect(decide.mock.calls).toEqual([[false], [false], [false], [false], [false]])
    expect(handlerOf(session.setPermissionCheckHandler)(null, 'notifications')).toBe(false)
    expect(handlerOf(session.setDevicePermissionHandler)({ deviceType: 'usb' })).toBe(false)
  })

  it('gives no screen, no device, no pairing and no download', () => {
    const session = guarded()
    const screen = vi.fn()
    handlerOf(session.setDisplayMediaRequestHandler)({}, screen)
    expect(screen).toHaveBeenCalledWith(null)
    const pair = vi.fn()
    handlerOf(session.setBluetoothPairingHandler)({}, pair)
    expect(pair).toHaveBeenCalledWith({ confirmed: false })
    for (const [name, extra, none] of [
      ['select-hid-device', [{}], [null]],
      ['select-serial-port', [[], {}], ['']],
      ['select-usb-device', [{}], []],
    ] as const) {
      const event = { preventDefault: vi.fn() }
      const choose = vi.fn()
      session.emit(name, event, ...extra, choose)
      expect(event.preventDefault).toHaveBeenCalledOnce()
      expect(choose.mock.calls).toEqual([none])
    }
    const download = { preventDefault: vi.fn() }
    session.emit('will-download', download)
    expect(download.preventDefault).toHaveBeenCalledOnce()
  })

  it('accepts no certificate and checks no spelling', () => {
    const session = guarded()
    const decide = vi.fn()
    handlerOf(session.setCertificateVerifyProc)({ hostname: 'example.test', errorCode: 0 }, decide)
    expect(decide).toHaveBeenCalledWith(-2)
    expect(session.setSpellCheckerEnabled).toHaveBeenCalledWith(false)
  })
})

describe('any page of the process', () => {
  const contents = () => {
    const { app } = fakeElectron()
    guardNavigation(app as unknown as App)
    const made = new FakeContents()
    app.emit('web-contents-created', {}, made)
    return made
  }
  const isPrevented = (event: string, details: object, ...more: unknown[]): boolean => {
    const preventDefault = vi.fn()
    contents().emit(event, { ...details, preventDefault }, ...more)
    return preventDefault.mock.calls.length === 1
  }

  it.each([
    'https://example.test/',
    'keyturn://app.example/',
    'javascript:1',
    'data:text/html,x',
    'about:blank',
    '',
  ])('does not navigate to %j', (url) => {
    expect(isPrevented('will-navigate', { url })).toBe(true)
    expect(isPrevented('will-frame-navigate', { url, isMainFrame: true })).toBe(true)
  })

  it('navigates within our pages in the main frame, and has no frames', () => {
    const url = 'keyturn://app/keys'
    expect(isPrevented('will-navigate', { url })).toBe(false)
    expect(isPrevented('will-frame-navigate', { url, isMainFrame: true })).toBe(false)
    expect(isPrevented('will-frame-navigate', { url, isMainFrame: false })).toBe(true)
  })

  it('is not redirected, embeds nothing, opens nothing, pairs with nothing', () => {
    expect(isPrevented('will-redirect', { url: 'keyturn://app/' })).toBe(true)
    expect(isPrevented('will-attach-webview', {}, {}, {})).toBe(true)
    const choose = vi.fn()
    expect(isPrevented('select-bluetooth-device', {}, [{ deviceId: 'a' }], choose)).toBe(true)
    expect(choose).toHaveBeenCalledWith('')
    expect(handlerOf(contents().setWindowOpenHandler)({ url: 'keyturn://app/' })).toEqual({ action: 'deny' })
  })
})

describe('questions of the network layer', () => {
  it.each([
    ['certificate-error', [{}, 'https://a/', 'net::ERR', {}], [false]],
    ['select-client-certificate', [null, 'https://a/', [{ subjectName: 'me' }]], []],
    ['login', [{}, {}, { host: 'a' }], []],
  ] as const)('%s: nothing is accepted, chosen or sent', (name, parameters, answer) => {
    const { app } = fakeElectron()
    guardApp(app as unknown as App)
    const event = { preventDefault: vi.fn() }
    const decide = vi.fn()
    app.emit(name, event, ...parameters, decide)
    expect(event.preventDefault).toHaveBeenCalledOnce()
    expect(decide.mock.calls).toEqual([answer])
  })

  it('crash dumps that are there are removed; a folder that is not there is no fault', () => {
    const area = mkdtempSync(join(tmpdir(), 'keyturn-dumps-'))
    const folder = join(area, 'Crashpad')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.dmp'), 'memory')
    removeCrashDumps({ getPath: () => folder })
    expect(existsSync(folder)).toBe(false)
    removeCrashDumps({ getPath: () => folder })
    expect(() =>
      removeCrashDumps({
        getPath: () => {
          throw new Error('no such path')
        },
      }),
    ).not.toThrow()
    rmSync(area, { recursive: true })
  })
})
