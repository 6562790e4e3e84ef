import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { chromium, errors, type BrowserContext, type Frame, type Page } from 'playwright-core'
import { decodeWire, encodeWire, wireTag } from '../../ipc/wire.ts'
import { ownOrigin, type Sender } from '../../ipc/router.ts'
import { assetOf, loadAssets } from '../assets.ts'
import type { ShellProgram } from '../shell.ts'
import { installPageBridge } from './page-bridge.ts'

export interface LaunchOptions {
  program: Pick<ShellProgram, 'dispatch' | 'scheme'>
  /** Absolute path of Chromium, Chrome or Edge. */
  browser: string
  rendererFolder: string
  headless: boolean
  size?: { width: number; height: number }
  /** How long the first browser may take to start, in milliseconds; default 20,000. */
  firstStartMs?: number
}

export interface Launched {
  context: BrowserContext
  page: Page
  /** Resolves when the browser is gone and its profile removed, whoever closed it. */
  gone: Promise<void>
}

/** An https origin, so that the page is a secure context; the name can't exist (RFC 6761) and is never resolved. */
export const origin = 'https://keyturn.invalid'
const askName = '__keyturnAsk'
export const emitName = '__keyturnEmit'

/** For the browser's own start, and for all that it is told before the page is opened; a busy machine takes seconds. */
const launchLimitMs = 60_000
/** Now and then a browser hangs at its start, whatever the machine: that one is ended, and another started, once. */
const firstStartMs = 20_000
const answerLimitMs = 5_000

/**
 * An installed Chromium with one page of ours, driven over a pipe: no TCP port. Pages are answered by interception; any
 * other request is aborted, and no host name is looked up. Its profile is a temporary folder that goes with it.
 */
export const launchBrowser = async (options: LaunchOptions): Promise<Launched> => {
  try {
    return await launchOnce(options, options.firstStartMs ?? firstStartMs)
  } catch (thrown) {
    if (!(thrown instanceof errors.TimeoutError)) throw thrown
    return launchOnce(options, launchLimitMs)
  }
}

const launchOnce = async (options: LaunchOptions, limitMs: number): Promise<Launched> => {
  const profile = mkdtempSync(join(tmpdir(), 'keyturn-window-'))
  const context = await started(profile, options, limitMs).catch(async (thrown: unknown) => {
    await removeProfile(profile, endHung(profile)).catch(() => undefined)
    throw thrown
  })
  const gone = Promise.withResolvers<undefined>()
  let browserProcess: number | null = null
  context.once('close', () => {
    void removeProfile(profile, browserProcess)
      .catch(() => undefined)
      .then(() => gone.resolve(undefined))
  })
  try {
    // Before anything that can fail: whoever ends the browser then knows whose end the profile waits for.
    browserProcess = await processOf(context)
    const page = await inTime(prepared(context, options))
    page.once('close', () => {
      void context.close().catch(() => undefined)
    })
    return { context, page, gone: gone.promise }
  } catch (thrown) {
    // Nobody has this browser yet, so nobody else would end it.
    await context.close().then(
      () => gone.promise,
      () => undefined,
    )
    throw thrown
  }
}

/**
 * Of a browser that did not start in time nobody has a handle, and the library takes up to half a minute to end it. Its
 * lock names it (`host-pid`; not on Windows). Null: there is none, so nothing is waited for.
 */
const endHung = (profile: string): number | null => {
  try {
    const pid = Number(/-(\d+)$/.exec(readlinkSync(join(profile, 'SingletonLock')))?.[1])
    if (!Number.isSafeInteger(pid) || pid <= 1) return null
    process.kill(pid, 'SIGKILL')
    return pid
  } catch {
    return null
  }
}

const started = (profile: string, options: LaunchOptions, limitMs: number): Promise<BrowserContext> =>
  chromium.launchPersistentContext(profile, {
    executablePath: options.browser,
    headless: options.headless,
    timeout: limitMs,
    // As root Chromium can't have its sandbox; the program opens rehearsals only then (see chromium.ts).
    chromiumSandbox: process.getuid?.() !== 0,
    acceptDownloads: false,
    serviceWorkers: 'block',
    permissions: [],
    viewport: options.headless ? (options.size ?? { width: 1280, height: 860 }) : null,
    args: [
      `--app=${origin}/`,
      // What interception does not answer meets a proxy that is not there: no name is looked up, nothing leaves.
      '--proxy-server=http://127.0.0.1:1',
      '--proxy-bypass-list=<-loopback>',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
      ...(options.headless
        ? []
        : [`--window-size=${options.size?.width ?? 1280},${options.size?.height ?? 860}`]),
    ],
  })

const prepared = async (context: BrowserContext, options: LaunchOptions): Promise<Page> => {
  const page = context.pages()[0] ?? (await context.newPage())
  await guard(context, page, options)
  await connect(context, page, options.program)
  return page
}

/** The browser's library waits without a limit for what it tells a browser that hangs. */
const inTime = <Done>(work: Promise<Done>): Promise<Done> => {
  const late = setTimeout(launchLimitMs, undefined, { ref: false }).then((): never => {
    throw new Error('the browser did not answer in time')
  })
  return Promise.race([work, late])
}

/** Null where the browser does not say it in time: the window does not wait for what only its end needs. */
const processOf = async (context: BrowserContext): Promise<number | null> => {
  const asked = (async () => {
    const session = await context.browser()?.newBrowserCDPSession()
    const processes = await session?.send('SystemInfo.getProcessInfo')
    await session?.detach()
    return processes?.processInfo.find(({ type }) => type === 'browser')?.id ?? null
  })().catch(() => null)
  return Promise.race([asked, setTimeout(answerLimitMs, null, { ref: false })])
}

/** The browser writes to its profile until its process is gone, a moment after its pipe is: what is removed before comes back. */
const removeProfile = async (profile: string, browserProcess: number | null): Promise<void> => {
  const latest = Date.now() + 5_000
  while (browserProcess !== null && isAlive(browserProcess) && Date.now() < latest) await setTimeout(20)
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const guard = async (
  context: BrowserContext,
  page: Page,
  { program, rendererFolder }: LaunchOptions,
): Promise<void> => {
  const assets = loadAssets({ folder: rendererFolder, scheme: program.scheme })
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url())
    const method = route.request().method()
    if (url.origin !== origin || (method !== 'GET' && method !== 'HEAD')) {
      // A navigation that counts as aborted leaves the page where it is; a blocked one would put an error page there.
      return route.abort(route.request().isNavigationRequest() ? 'aborted' : 'blockedbyclient')
    }
    return route.fulfill(assetOf(assets, url.href))
  })
  await context.routeWebSocket(/.*/, (socket) => socket.close())
  await context.grantPermissions(['clipboard-write'], { origin })
  context.on('page', (opened) => {
    if (opened !== page) void opened.close()
  })
  page.on('dialog', (dialog) => void dialog.accept())
}

const connect = async (
  context: BrowserContext,
  page: Page,
  program: LaunchOptions['program'],
): Promise<void> => {
  await context.exposeBinding(askName, async ({ frame }, channel: unknown, request: unknown) => {
    const sender = senderOf(page, frame)
    let decoded: unknown
    try {
      decoded = decodeWire(String(request))
    } catch {
      decoded = undefined
    }
    return encodeWire(await program.dispatch(sender, channel, decoded))
  })
  await context.addInitScript(installPageBridge, { ask: askName, emit: emitName, tag: wireTag })
}

const senderOf = (page: Page, frame: Frame): Sender => {
  const isMainFrame = frame === page.mainFrame()
  const url = URL.parse(frame.url())
  return { isMainFrame, origin: url?.origin === origin ? ownOrigin : 'other' }
}
