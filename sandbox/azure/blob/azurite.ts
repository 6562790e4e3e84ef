import { fork, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { childEnvironment } from '../../../electron/platform/environment.ts'
import { writeDurably } from '../../common/durable-file.ts'
import { AzuriteAnswer, type AzuriteOrder } from './azurite-orders.ts'

export interface AzuriteOptions {
  /** Its store, and the files of its certificate. */
  folder: string
  key: string
  cert: string
  /** As Azurite takes them: `name:key1:key2;…`. Asked at each start. */
  accounts(): string
}

export interface Azurite {
  /** The port of the service on 127.0.0.1; starts it where it does not run. Throws where it can't start. */
  port(): Promise<number>
  /** The accounts are others now. Nothing where it does not run. */
  accountsChanged(): Promise<void>
  /** Ends it, with everything written down. Repeating it is harmless. */
  close(): Promise<void>
  /** Ends it and takes its store away. */
  wipe(): Promise<void>
}

interface Running {
  child: ChildProcess
  port: number
  /** Resolves when the process is gone. */
  gone: Promise<void>
}

const START_MS = 90_000
/** Longer than the child gives itself. */
const END_MS = 40_000

/** Beside the bundle, or in the sources; undefined in a packaged program. */
const entry = (): string | undefined =>
  ['azurite.js', '../azurite.js', 'azurite-process.ts']
    .map((name) => join(import.meta.dirname, name))
    .find((path) => existsSync(path))

/** Azurite's blob service in a process of its own, which starts when somebody first asks for it. */
export const makeAzurite = (options: AzuriteOptions): Azurite => {
  let running: Promise<Running> | null = null
  let current: ChildProcess | null = null
  const start = async (): Promise<Running> => {
    const { folder } = options
    const code = entry()
    if (code === undefined) throw new Error('it is no part of this program')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeDurably(cert, options.cert)
    writeDurably(key, options.key)
    const child = fork(code, [], {
      // Under Electron the same executable acts as Node then.
      env: { ...childEnvironment(), ...(process.versions['electron'] ? { ELECTRON_RUN_AS_NODE: '1' } : {}) },
      execArgv: [],
      // What it prints is of no use here, and nobody would read it.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.on('error', () => undefined)
    current = child
    void gone.then(() => {
      // Another may have been started since.
      if (current === child) running = null
    })
    const said = await ask(child, { do: 'start', folder, cert, key, accounts: options.accounts() })
    if (said.done === 'start') return { child, port: said.port, gone }
    child.disconnect()
    throw new Error(`Azurite did not start: ${said.done === 'failed' ? said.why : said.done}`)
  }
  const close = async (): Promise<void> => {
    const known = await running?.catch(() => null)
    running = null
    if (!known) return
    if (known.child.connected) known.child.disconnect()
    const late = setTimeout(() => known.child.kill('SIGKILL'), END_MS)
    await known.gone
    clearTimeout(late)
  }
  return {
    port: async () => {
      const mine = (running ??= start())
      try {
        return (await mine).port
      } catch (error) {
        if (running === mine) running = null
        throw error
      }
    },
    accountsChanged: async () => {
      const known = await running?.catch(() => null)
      if (known) await ask(known.child, { do: 'accounts', accounts: options.accounts() })
    },
    close,
    wipe: async () => {
      await close()
      rmSync(options.folder, { recursive: true, force: true })
    },
  }
}

/** One order after the other gets its answer; a process that ends meanwhile is an answer too. */
const ask = (child: ChildProcess, order: AzuriteOrder): Promise<AzuriteAnswer> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      settle()
      reject(new Error('Azurite did not answer'))
    }, START_MS)
    const onMessage = (said: unknown): void => {
      settle()
      resolve(AzuriteAnswer.parse(said))
    }
    const onExit = (): void => {
      settle()
      resolve({ done: 'failed', why: 'its process ended' })
    }
    const settle = (): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
    child.send(order, (error) => {
      if (error !== null) onExit()
    })
  })
