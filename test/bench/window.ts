/**
 * Time to an interactive window, and the memory of its processes.
 *
 * Ours: a new Node process with the bundled main process (record, keyring, settings, engine, router: everything that
 * `electron/chromium.ts` starts, profile of real targets, empty data folder) opens the Chromium shell on the built
 * window; the clock runs from starting that process until the page's h1 is visible.
 * Reference ("empty-page"): a new Node process with the same bundler's output of the same `openChromiumWindow` (same
 * arguments for the browser, same interception, same bridge) and no program behind it; the page is one h1 without a
 * script. So browser start, DevTools pipe and a bare Node start are on both sides; ours alone are the main process's
 * own modules and files, and the window's bundle, React included.
 *
 * Memory is that of the browser's processes alone, all of them, on both sides: when the page's thread has become idle.
 */
import { mkdtempSync, rmSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { build } from 'vite'
import { rendererFolder } from '../../electron/beside-entry.ts'
import { startNodeChild } from '../../electron/platform/child-process.ts'
import { findBrowser } from '../e2e/window-harness.ts'
import { memoryBelow, type TreeMemory } from './process-memory.ts'
import { inTurns, median, type Measured } from './report.ts'
import type { WindowOrder } from './window-report.ts'

const rounds = 5
const mostExtraMegabytes = 150
const root = join(import.meta.dirname, '../..')
const bundles = join(root, 'out/bench')

export const measureWindow = async (): Promise<{ lines: Measured[]; remark: string }> => {
  await bundleChildren()
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-window-'))
  try {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    writeFileSync(join(empty, 'index.html'), emptyPage)
    const browser = findBrowser()
    let number = 0
    const ours = () =>
      openOnce('program.js', { browser, rendererFolder, folder: join(folder, `data-${++number}`) })
    const theirs = () => openOnce('empty.js', { browser, rendererFolder: empty, folder })
    // The first start of each reads its files from the disk; the others find them in memory.
    await inTurns(1, ours, theirs)
    const opened = await inTurns(rounds, ours, theirs)
    return linesOf(opened)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const emptyPage =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Empty</title></head><body><h1>Empty</h1></body></html>'

interface Opening {
  ms: number
  memory: TreeMemory
}

const linesOf = ({ ours, theirs }: { ours: Opening[]; theirs: Opening[] }) => {
  const kinds = new Set([...ours, ...theirs].map(({ memory }) => memory.kind))
  const [kind] = kinds
  if (kinds.size !== 1 || kind === undefined)
    throw new Error('the memory of some processes could not be read as of others')
  const time = (openings: Opening[]) => median(openings.map(({ ms }) => ms))
  const memory = (openings: Opening[]) => median(openings.map((one) => one.memory.megabytes))
  const empty = memory(theirs)
  const extra = memory(ours) - empty
  return {
    remark: `window-memory: ${extra.toFixed(1)} MB more than the empty page (goal <= ${mostExtraMegabytes} MB), ${kind} of the browser’s processes`,
    lines: [
      {
        name: 'window-open',
        value: time(ours),
        unit: 'ms',
        reference: { name: 'empty-page', value: time(theirs) },
        goal: { word: '<=', ratio: 1.5 },
      },
      {
        name: 'window-memory',
        value: memory(ours),
        unit: 'MB',
        reference: { name: 'empty-page', value: empty },
        goal: { word: '<=', ratio: (empty + mostExtraMegabytes) / empty },
      },
    ] satisfies Measured[],
  }
}

/** As the product is built, so that neither side strips types at its start. */
const bundleChildren = (): Promise<unknown> =>
  build({
    root,
    configFile: join(root, 'build/vite.main.config.ts'),
    logLevel: 'error',
    build: {
      outDir: bundles,
      rollupOptions: {
        input: {
          program: join(import.meta.dirname, 'window-program.ts'),
          empty: join(import.meta.dirname, 'window-empty.ts'),
        },
      },
    },
  })

const openOnce = async (entry: string, order: WindowOrder): Promise<Opening> => {
  const said = { visible: Promise.withResolvers<number>(), idle: Promise.withResolvers<number>() }
  const errors: string[] = []
  const from = performance.now()
  const child = await startNodeChild({
    entry: join(bundles, entry),
    args: [JSON.stringify(order)],
    onLine: (line) => {
      if (line === 'visible' || line === 'idle') said[line].resolve(performance.now() - from)
    },
    onErrorLine: (line) => errors.push(line),
  })
  void child.exited.then(() => {
    const why = new Error(
      `${entry} ended before its page was there: ${errors.find((line) => line.includes('Error')) ?? errors.at(-1) ?? ''}`,
    )
    said.visible.reject(why)
    said.idle.reject(why)
  })
  try {
    const [ms] = await Promise.all([said.visible.promise, said.idle.promise])
    return { ms, memory: memoryBelow(child.pid) }
  } finally {
    child.send('done')
    await child.exited
  }
}
