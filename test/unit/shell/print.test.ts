import { describe, expect, it, vi } from 'vitest'
import type { Sender } from '../../../electron/ipc/router.ts'
import { openPrintDoor } from '../../../electron/shell/print-door.ts'
import { answerWindow, type Doors } from '../../../electron/shell/electron/ipc.ts'
import { printPdf } from '../../../electron/shell/electron/print.ts'
import type { ShellProgram } from '../../../electron/shell/shell.ts'
import { printRoute, parsePrintRoute, type PrintDocument } from '../../../shared/model/print.ts'
import { FakeWindow } from './fake-electron.ts'

const own: Sender = { isMainFrame: true, origin: 'keyturn://app' }
const program = (ok = true) => {
  const dispatch = vi.fn<ShellProgram['dispatch']>(async () =>
    ok ? { ok, value: {} } : ({ ok: false, problem: { code: 'not-found' } } as never),
  )
  return { dispatch }
}

describe('addresses of print pages', () => {
  it('lead to a page and its object, and back', () => {
    expect(parsePrintRoute(printRoute('run', 'r-1'))).toEqual({ page: 'run', id: 'r-1' })
    expect(parsePrintRoute(printRoute('recovery-sheet', null))).toEqual({ page: 'recovery-sheet', id: null })
  })
  it.each([
    '',
    '#/keys',
    '#/print',
    '#/print/secrets',
    '#/print/run/../x',
    '#/print/run/a/b',
    '#/print/run/%2e',
  ])('%j is none', (hash) => expect(parsePrintRoute(hash)).toBeNull())
})

describe('the door of a window that prints', () => {
  it('answers for its data and for being ready, and passes the sender on', async () => {
    const inner = program()
    const door = openPrintDoor(inner)
    await door.dispatch(own, 'print.content', { page: 'run', id: 'r-1' })
    await door.dispatch(own, 'print.ready', {})
    await door.ready()
    expect(inner.dispatch.mock.calls).toEqual([
      [own, 'print.content', { page: 'run', id: 'r-1' }],
      [own, 'print.ready', {}],
    ])
    expect(door.scheme()).toBe('light')
  })

  it.each(['app.state', 'runs.undo', 'keyring.unlock', 'print.save', 'wizard.export', '__proto__', null, 7])(
    'refuses %j, which reaches nobody',
    async (channel) => {
      const inner = program()
      const answer = await openPrintDoor(inner).dispatch(own, channel, {})
      expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc-refused' } })
      expect(inner.dispatch).not.toHaveBeenCalled()
    },
  )

  describe('with a page that main gave', () => {
    const given = {
      page: 'share-sheet',
      head: { title: 'Keyturn share 1 of 3' },
      content: { text: new Uint8Array([1, 2, 3]) },
    } as unknown as PrintDocument

    it('answers the page itself, once, and the router never sees it', async () => {
      const inner = program(false)
      const door = openPrintDoor(inner, given)
      const request = { page: 'share-sheet', id: null }
      expect(await door.dispatch(own, 'print.content', request)).toEqual({ ok: true, value: given })
      expect(inner.dispatch).not.toHaveBeenCalled()
      expect((await door.dispatch(own, 'print.content', request)).ok).toBe(false)
      await expect(door.ready()).rejects.toMatchObject({ code: 'print-failed' })
    })

    it.each([null, { isMainFrame: false, origin: 'keyturn://app' }, { isMainFrame: true, origin: 'other' }])(
      'gives nothing to %j',
      async (sender) => {
        const inner = program(false)
        const answer = await openPrintDoor(inner, given).dispatch(sender, 'print.content', {})
        expect(answer.ok).toBe(false)
      },
    )
  })

  it('gives up at once when the page gets no data', async () => {
    const door = openPrintDoor(program(false))
    await door.dispatch(own, 'print.content', {})
    await expect(door.ready()).rejects.toMatchObject({ code: 'print-failed' })
  })

  it('gives up a page that never stands', async () => {
    vi.useFakeTimers()
    try {
      const waited = expect(openPrintDoor(program()).ready()).rejects.toMatchObject({ code: 'print-failed' })
      await vi.advanceTimersByTimeAsync(30_000)
      await waited
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('printing in Electron', () => {
  class PrintWindow extends FakeWindow {
    printToPDF = vi.fn<(options: unknown) => Promise<Buffer>>(async () => Buffer.from('%PDF-1.4'))
    /** As the page does when it was loaded. */
    whenLoaded: (window: PrintWindow) => Promise<void> = async () => undefined
    override async loadURL(url: string): Promise<void> {
      await super.loadURL(url)
      await this.whenLoaded(this)
    }
  }

  const set = (ok = true) => {
    const inner = program(ok)
    const doors: Doors = new Map()
    const ipcMain = { handle: vi.fn(), removeHandler: vi.fn() }
    answerWindow(ipcMain, 7, inner, doors)
    const ask = ipcMain.handle.mock.calls[0]?.[1] as (...all: unknown[]) => Promise<unknown>
    const window = new PrintWindow()
    window.webContents.id = 8
    Object.assign(window.webContents, { printToPDF: window.printToPDF })
    const event = { sender: window.webContents, senderFrame: window.webContents.mainFrame }
    window.whenLoaded = async () => {
      await ask(event, 'print.content', { page: 'run', id: 'r-1' })
      await ask(event, 'print.ready', {})
    }
    const opened: unknown[] = []
    const print = () =>
      printPdf(
        {
          program: inner,
          doors,
          options: { webPreferences: { sandbox: true } },
          open: (options) => {
            opened.push(options)
            return window as never
          },
        },
        printRoute('run', 'r-1'),
      )
    return { inner, doors, window, opened, print, ask, event }
  }

  it('opens a window that is not shown, guarded like the first, prints A4 when the page stands, and closes it', async () => {
    const { print, window, opened, doors } = set()
    expect(Buffer.from(await print()).toString()).toBe('%PDF-1.4')
    expect(opened).toEqual([{ webPreferences: { sandbox: true }, show: false, backgroundColor: '#ffffff' }])
    expect(window.loaded).toEqual(['keyturn://app/#/print/run/r-1'])
    expect(window.printToPDF).toHaveBeenCalledExactlyOnceWith({
      pageSize: 'A4',
      printBackground: true,
      preferCSSPageSize: true,
      generateTaggedPDF: true,
    })
    expect(window.show).not.toHaveBeenCalled()
    expect([window.destroyed, doors.size]).toEqual([true, 0])
  })

  it('has a door that answers less than that of the window, and none once it is closed', async () => {
    const { print, window, ask, event, inner } = set()
    const loaded = window.whenLoaded
    let refused: unknown
    window.whenLoaded = async () => {
      refused = await ask(event, 'app.state', {})
      await loaded(window)
    }
    await print()
    expect(refused).toMatchObject({ ok: false, problem: { code: 'ipc-refused' } })
    inner.dispatch.mockClear()
    await ask(event, 'print.content', {})
    expect(inner.dispatch.mock.calls[0]?.[0]).toMatchObject({ isMainFrame: false })
  })

  it('closes the window when the page could not be made', async () => {
    const { print, window, doors } = set(false)
    await expect(print()).rejects.toMatchObject({ code: 'print-failed' })
    expect(window.printToPDF).not.toHaveBeenCalled()
    expect([window.destroyed, doors.size]).toEqual([true, 0])
  })
})
