import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { childEnvironment } from './environment.ts'
import { LineSplitter } from './lines.ts'

export interface ChildOptions {
  /** Path of the child's entry: our own code, never something a person typed. */
  entry: string
  /** Visible to every account of the machine: no secrets. Those go through `send`. */
  args?: readonly string[]
  /** Added to the allow-listed environment. No secrets: readable by other processes of the account. */
  environment?: Readonly<Record<string, string>>
  cwd?: string
  /** Complete lines of standard output without their end; longer than 64 KiB comes cut. */
  onLine?: (line: string) => void
  /** The same for standard error. */
  onErrorLine?: (line: string) => void
  /** Keeps running when this process ends, also by SIGKILL. Default false. */
  outlivesParent?: boolean
  /** Default: the Node that runs this program. */
  executable?: string
}

export interface ChildExit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ChildHandle {
  readonly pid: number
  readonly exited: Promise<ChildExit>
  /** Writes one line to the child's standard input. */
  send(line: string): void
  /** Ends exactly this process: asks, then forces after `graceMs` (default 5,000). Repeating it is harmless. */
  stop(graceMs?: number): Promise<ChildExit>
  /** SIGKILL at once. */
  kill(): Promise<ChildExit>
}

/** Starts our own code in a process of its own, with an allow-listed environment and no shell. Rejects if it can't start. */
export const startNodeChild = (options: ChildOptions): Promise<ChildHandle> => {
  const child = spawn(options.executable ?? process.execPath, [options.entry, ...(options.args ?? [])], {
    env: { ...childEnvironment(), ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: options.outlivesParent ?? false,
    windowsHide: true,
    shell: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  forwardLines(child.stdout, options.onLine)
  forwardLines(child.stderr, options.onErrorLine)
  // A child that has ended is reported by `exited`; the broken pipe that a late `send` meets says nothing more.
  child.stdin.on('error', () => undefined)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      child.off('error', reject)
      child.on('error', () => undefined)
      resolve(handleOf(child))
    })
  })
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const handleOf = (child: Child): ChildHandle => {
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const signal = (name: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill(name)
  }
  return {
    pid: child.pid ?? -1,
    exited,
    send: (line) => void (child.stdin.writable && child.stdin.write(`${line}\n`)),
    stop: async (graceMs = 5_000) => {
      child.stdin.end()
      signal('SIGTERM')
      const force = setTimeout(() => signal('SIGKILL'), graceMs)
      return exited.finally(() => clearTimeout(force))
    },
    kill: () => {
      signal('SIGKILL')
      return exited
    },
  }
}

const forwardLines = (stream: Readable, listener: ((line: string) => void) | undefined): void => {
  const splitter = new LineSplitter(listener ?? (() => undefined))
  stream.on('data', (chunk: Buffer) => splitter.push(chunk))
  stream.on('end', () => splitter.end())
}
