import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { ShellProgram } from '../../electron/shell/shell.ts'

/** Writes down what could be seen of the program from outside, so that one search covers it all. */
export interface Observer {
  /** Everything that a page and the process table show at this moment. */
  observe(page: Page, name: string): Promise<void>
  /** The program with all that crosses IPC written down, but for the bytes of secrets on their one way in. */
  traced(program: ShellProgram): ShellProgram
  keep(name: string, text: string): void
  keepFolder(name: string, from: string): void
}

const secretFields = new Set(['passphrase', 'present', 'next', 'bytes', 'words'])

export const createObserver = (folder: string): Observer => {
  let number = 0
  const keep = (name: string, text: string): void => {
    number += 1
    writeFileSync(join(folder, `${String(number).padStart(4, '0')}-${name}.txt`), text)
  }
  return {
    keep,
    keepFolder: (name, from) =>
      // A browser's locks and sockets are no files with content.
      cpSync(from, join(folder, name), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => !/Singleton|\.sock/.test(path) && existsSync(path),
      }),
    observe: async (page, name) => {
      keep(`${name}-page`, await page.evaluate(pageState))
      keep(`${name}-processes`, processes(process.pid).join('\n'))
    },
    traced: (program) => ({
      ...program,
      dispatch: async (sender, channel, request) => {
        const asked = JSON.stringify(request, (key, value: unknown) =>
          secretFields.has(key) ? 'SECRET' : value,
        )
        const answer = await program.dispatch(sender, channel, request)
        keep('ipc', `${String(channel)}\n${asked}\n${JSON.stringify(answer)}`)
        return answer
      },
    }),
  }
}

/** Command line and environment of a process and of all below it. */
export const processes = (pid: number): string[] => {
  const read = (file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1')
    } catch {
      // It ended in between.
      return ''
    }
  }
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : []
  const children = threads.flatMap((thread) => read(`task/${thread}/children`).split(' ').filter(Boolean))
  return [
    `${pid}`,
    read('cmdline'),
    read('environ'),
    ...children.flatMap((child) => processes(Number(child))),
  ]
}

/** Runs in the page. HTML, the value of every input, every store of the browser, and every text that React's tree holds. */
const pageState = async (): Promise<string> => {
  interface Values {
    value?: unknown
  }
  interface Parts {
    document: {
      documentElement: { outerHTML: string }
      title: string
      cookie: string
      querySelectorAll: (what: string) => Iterable<object>
    }
    localStorage: object
    sessionStorage: object
    indexedDB: { databases: () => Promise<unknown[]> }
    caches: { keys: () => Promise<unknown[]> }
    location: { href: string }
    history: { state: unknown }
    Node: new () => object
  }
  const { document, localStorage, sessionStorage, indexedDB, caches, location, history, Node } =
    globalThis as unknown as Parts
  const texts = new Set<string>()
  const seen = new Set<object>()
  const roots = [...document.querySelectorAll('*')].flatMap((element) =>
    Object.entries(element)
      .filter(([key]) => key.startsWith('__react'))
      .map(([, value]) => value as unknown),
  )
  for (const queue: unknown[] = roots; queue.length > 0;) {
    const one = queue.pop()
    if (typeof one === 'string') texts.add(one)
    else if (one instanceof Uint8Array) texts.add(String.fromCharCode(...one))
    else if (typeof one === 'object' && one !== null && one !== globalThis && !(one instanceof Node)) {
      if (seen.has(one)) continue
      seen.add(one)
      if (one instanceof Map || one instanceof Set) queue.push(...one.entries())
      for (const key of Reflect.ownKeys(one)) {
        const property = Reflect.getOwnPropertyDescriptor(one, key)
        if (property && 'value' in property) queue.push(property.value)
      }
    }
  }
  return JSON.stringify({
    html: document.documentElement.outerHTML,
    values: [...document.querySelectorAll('input, textarea')].map((input) => (input as Values).value),
    title: document.title,
    address: location.href,
    history: history.state,
    stores: {
      cookie: document.cookie,
      local: Object.entries(localStorage),
      session: Object.entries(sessionStorage),
      databases: await indexedDB.databases(),
      caches: await caches.keys(),
    },
    react: [...texts],
  })
}
