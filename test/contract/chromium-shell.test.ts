/**
 * The Chromium shell with a real browser: what a page gets, and everything that it must not get. One window for all
 * tests but the last; each test leaves it as it found it.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sender } from '../../electron/ipc/router.ts'
import { openChromiumWindow, type ChromiumWindow } from '../../electron/shell/chromium/window.ts'
import type { Answer, Bridge } from '../../shared/ipc/contract.ts'
import { listeningSockets, processesNaming } from './chromium-listening.ts'

const browser = '/usr/bin/chromium'
const bytes = new Uint8Array([0, 1, 127, 128, 255])

interface Ask {
  sender: Sender | null
  channel: unknown
  request: unknown
}

/** What runs in the page is typed by what it uses of it; the tests themselves have no DOM. */
interface PageWorld {
  keyturn?: Bridge & Record<string, (name: unknown, request: unknown) => Promise<unknown>>
  [name: string]: unknown
}

const index = `<!doctype html><html lang="en" data-scheme="light"><head>
<meta property="csp-nonce" nonce="" /><title>Page</title>
<script>globalThis.inlineRan = true</script>
<script type="module" src="./page.js"></script></head><body><button onclick="globalThis.inlineHandlerRan = true">Press</button></body></html>`
const script = `globalThis.bridgeAtStart = typeof globalThis.keyturn
globalThis.rawAtStart = typeof globalThis.__keyturnAsk
try { globalThis.evaluated = (0, eval)('1 + 1') } catch (error) { globalThis.evaluated = error.name }`

describe.skipIf(!existsSync(browser))(`Chromium shell (needs ${browser})`, () => {
  const asks: Ask[] = []
  let answer: Answer<unknown> = { ok: true, value: { done: true } }
  let area = ''
  let window: ChromiumWindow
  const earlier = process.env['TMPDIR']

  const open = (
    onClosed: () => void,
    wish: { browser?: string; rendererFolder?: string; firstStartMs?: number } = {},
  ): Promise<ChromiumWindow> =>
    openChromiumWindow({
      program: {
        dispatch: async (sender, channel, request) => {
          asks.push({ sender, channel, request })
          return answer
        },
        scheme: () => 'dark',
        windowTitle: () => 'Keyturn',
      },
      browser,
      rendererFolder: join(area, 'renderer'),
      headless: true,
      onClosed,
      ...wish,
    })
  const profiles = (): string[] => readdirSync(area).filter((name) => name.startsWith('keyturn-window-'))

  beforeAll(async () => {
    area = mkdtempSync(join(tmpdir(), 'keyturn-shell-test-'))
    process.env['TMPDIR'] = area
    mkdirSync(join(area, 'renderer'))
    writeFileSync(join(area, 'renderer', 'index.html'), index)
    writeFileSync(join(area, 'renderer', 'page.js'), script)
    window = await open(() => undefined)
  })
  afterAll(async () => {
    await window?.close()
    if (earlier === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = earlier
    rmSync(area, { recursive: true, force: true })
  })

  const world = <T>(run: (page: PageWorld) => T | Promise<T>): Promise<T> =>
    window.page.evaluate(`(${run.toString()})(globalThis)`)

  it('gives the page the bridge before its first script, and takes the raw binding away', async () => {
    expect(
      await world((page) => ({
        bridge: page['bridgeAtStart'],
        raw: page['rawAtStart'],
        names: Object.keys(page.keyturn ?? {}).sort(),
        frozen: Object.isFrozen(page.keyturn),
      })),
    ).toEqual({ bridge: 'object', raw: 'undefined', names: ['ask', 'on'], frozen: true })
  })

  it('carries a request with bytes to main, names its sender, and brings bytes back', async () => {
    answer = { ok: true, value: { handle: 'h-1', bytes } }
    asks.length = 0
    const back = await world(async (page) => {
      const request = { passphrase: new Uint8Array([0, 1, 127, 128, 255]), label: 'ключ' }
      const got = (await page.keyturn?.ask('keyring.create', request)) as unknown as {
        value: { bytes: Uint8Array }
      }
      return { isBytes: got.value.bytes instanceof Uint8Array, values: Array.from(got.value.bytes) }
    })
    expect(asks).toEqual([
      {
        sender: { isMainFrame: true, origin: 'keyturn://app' },
        channel: 'keyring.create',
        request: { passphrase: bytes, label: 'ключ' },
      },
    ])
    expect(back).toEqual({ isBytes: true, values: [0, 1, 127, 128, 255] })
  })

  it('delivers events until the page stops listening', async () => {
    await world((page) => {
      const heard: unknown[] = []
      page['heard'] = heard
      page['off'] = page.keyturn?.on('app.changed', (value) => heard.push(value))
    })
    window.send('app.changed', { count: 1 })
    window.send('run.changed', { count: 2 })
    await window.page.waitForFunction('heard.length === 1')
    await world((page) => (page['off'] as () => void)())
    window.send('app.changed', { count: 3 })
    expect(await world((page) => page['heard'])).toEqual([{ count: 1 }])
  })

  it.each(['about:blank', 'srcdoc'])('gives a frame in the page nothing (%s)', async (kind) => {
    asks.length = 0
    const inFrame = await window.page.evaluate(`(async () => {
      const frame = document.createElement('iframe')
      if (${JSON.stringify(kind)} === 'srcdoc') frame.srcdoc = '<p>frame</p>'
      document.body.append(frame)
      await new Promise((resolve) => { frame.onload = resolve; if (frame.contentDocument?.readyState === 'complete') resolve() })
      const inner = frame.contentWindow
      const found = { bridge: typeof inner.keyturn, raw: typeof inner.__keyturnAsk }
      // What drives the browser leaves its own way in: a frame can ask through that, and is refused in main.
      const controller = inner['__playwright__binding__controller__']
      controller.addBinding('__keyturnAsk')
      await inner['__keyturnAsk']('keyring.lock', '{}')
      frame.remove()
      return found
    })()`)
    expect(inFrame).toEqual({ bridge: 'undefined', raw: 'undefined' })
    expect(asks.map(({ channel, sender }) => [channel, sender?.isMainFrame])).toEqual([
      ['keyring.lock', false],
    ])
  })

  it('aborts every request that is not for its own files, before it reaches the network', async () => {
    let reached = 0
    const server = createServer((socket) => {
      reached++
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const outcome = await window.page.evaluate(`(async () => {
      const tried = async (run) => { try { return await run() } catch (error) { return error.name } }
      return {
        fetch: await tried(async () => (await fetch('http://127.0.0.1:${port}/', { mode: 'no-cors' })).type),
        post: await tried(async () => (await fetch('/page.js', { method: 'POST' })).status),
        picture: await new Promise((resolve) => {
          const image = new Image(); image.onload = () => resolve('loaded'); image.onerror = () => resolve('error')
          image.src = 'http://127.0.0.1:${port}/a.png' }),
        socket: await tried(() => new Promise((resolve) => {
          const socket = new WebSocket('ws://127.0.0.1:${port}/'); socket.onopen = () => resolve('open'); socket.onerror = () => resolve('error'); socket.onclose = () => resolve('closed') })),
        climbing: (await fetch('/..%2f..%2fetc/passwd')).status,
        malformed: (await fetch('/%E0%A4%A')).status,
        own: (await fetch('/page.js')).status,
      }
    })()`)
    await new Promise((resolve) => server.close(resolve))
    expect(outcome).toEqual({
      fetch: 'TypeError',
      post: 'TypeError',
      picture: 'error',
      socket: expect.stringMatching(/error|closed|SecurityError/),
      climbing: 404,
      malformed: 404,
      own: 200,
    })
    expect(reached).toBe(0)
  })

  it('closes a second page that the window opens, and stays where it is', async () => {
    const context = window.page.context()
    const opened = context.waitForEvent('page', { timeout: 10_000 })
    await window.page.evaluate(`void globalThis.open('about:blank')`)
    const popup = await opened
    if (!popup.isClosed()) await popup.waitForEvent('close')
    expect(context.pages()).toEqual([window.page])
    const refused = window.page.waitForEvent('requestfailed')
    await window.page.evaluate(`void (location.href = 'http://127.0.0.1:9/')`).catch(() => undefined)
    expect((await refused).url()).toBe('http://127.0.0.1:9/')
    expect(window.page.url()).toBe('https://keyturn.invalid/')
    expect(await world((page) => typeof page.keyturn)).toBe('object')
  })

  it('has the policy enforced: no inline script, no inline handler, no eval', async () => {
    await window.page.click('button')
    expect(
      await world((page) => ({
        inline: typeof page['inlineRan'],
        handler: typeof page['inlineHandlerRan'],
        eval: page['evaluated'],
      })),
    ).toEqual({ inline: 'undefined', handler: 'undefined', eval: 'EvalError' })
  })

  it('writes the nonce of this load and the chosen scheme into the page', async () => {
    const response = await window.page.reload()
    const nonce = /'nonce-([^']+)'/.exec(response?.headers()['content-security-policy'] ?? '')?.[1]
    expect(nonce).toMatch(/^[A-Za-z0-9+/]{22}==$/)
    expect(
      await window.page.evaluate(`({ nonce: document.querySelector('meta[property="csp-nonce"]').nonce,
        scheme: document.documentElement.dataset.scheme })`),
    ).toEqual({ nonce, scheme: 'dark' })
  })

  it.skipIf(process.platform !== 'linux')('listens on no TCP port', async () => {
    const [profile] = profiles()
    const pids = processesNaming(join(area, String(profile)))
    expect(pids.length).toBeGreaterThan(1)
    expect(listeningSockets(pids)).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')('that check sees a port where there is one', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    expect(listeningSockets([process.pid])).not.toEqual([])
    await new Promise((resolve) => server.close(resolve))
  })

  it('removes its profile folder when the window closes, and says so once', async () => {
    const before = new Set(profiles())
    let closed = 0
    const second = await open(() => closed++)
    expect(profiles().filter((name) => !before.has(name))).toHaveLength(1)
    await second.page.close()
    await expect.poll(() => closed, { timeout: 10_000 }).toBe(1)
    await second.close()
    expect(profiles().filter((name) => !before.has(name))).toEqual([])
    expect(closed).toBe(1)
  })

  it.each([
    ['a browser that does not start', { browser: '/bin/false' }],
    ['a window whose files are not there', { rendererFolder: '/nowhere' }],
  ])('%s leaves no browser and no profile folder', async (_what, wish) => {
    const before = profiles()
    await expect(open(() => undefined, wish)).rejects.toThrow()
    await expect.poll(() => profiles(), { timeout: 10_000 }).toEqual(before)
    const strangers = (): number[] => {
      const known = new Set(before.flatMap((name) => processesNaming(join(area, name))))
      return processesNaming(join(area, 'keyturn-window-')).filter((pid) => !known.has(pid))
    }
    await expect.poll(strangers, { timeout: 10_000 }).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')(
    'a browser that hangs at its start is ended; another is started, once',
    async () => {
      const before = profiles()
      const starts = join(area, 'starts')
      const moody = join(area, 'moody-browser')
      // Hangs the first time, as it was seen to; its lock names it, as that of a real one does.
      const hangs = `#!/bin/bash
echo start >> '${starts}'
[ "$(wc -l < '${starts}')" -gt 1 ] && exec '${browser}' "$@"
for word in "$@"; do case "$word" in --user-data-dir=*) ln -s "host-$$" "\${word#*=}/SingletonLock";; esac; done
exec -a '${moody}-hangs' sleep 600
`
      writeFileSync(moody, hangs, { mode: 0o755 })
      let closed = 0
      const second = await open(() => closed++, { browser: moody, firstStartMs: 1_000 })
      expect(readFileSync(starts, 'utf8')).toBe('start\nstart\n')
      expect(processesNaming(`${moody}-hangs`)).toEqual([])
      expect(profiles().filter((name) => !before.includes(name))).toHaveLength(1)
      await second.close()
      expect(profiles()).toEqual(before)
    },
  )
})
