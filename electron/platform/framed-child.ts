import { spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import type { ChildExit } from './child-process.ts'
import { childEnvironment } from './environment.ts'
import { frameOf, frameReader } from './frames.ts'

/** A process of our own that is spoken to in frames. It ends when this process ends, also by SIGKILL. */
export interface FramedChild {
  readonly pid: number
  /** After every frame that came before its end was given; those that are read within a second of it. */
  readonly exited: Promise<ChildExit>
  /** The payload is filled with zeros once it is under way: it may hold a secret. */
  send(payload: Uint8Array): void
  /** At once. */
  kill(): Promise<ChildExit>
}

export interface FramedChildOptions {
  entry: string
  /** Added to the allow-listed environment. No secrets. */
  environment: Readonly<Record<string, string>>
  onFrame(payload: Buffer): void
}

export type StartFramedChild = (options: FramedChildOptions) => Promise<FramedChild>

const longestRestMs = 1_000

/**
 * With Node. Requests go in by standard input, answers come by descriptor 3, so that what a vendor's module prints does not
 * mix with them; descriptor 4 carries nothing: its end tells the child that this process is gone. What the child
 * prints is dropped: a module may print secrets.
 */
export const startFramedNodeChild: StartFramedChild = ({ entry, environment, onFrame }) => {
  const child = spawn(process.execPath, [entry], {
    env: { ...childEnvironment(), ...environment },
    stdio: ['pipe', 'ignore', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
    shell: false,
  })
  const input = child.stdin as NonNullable<typeof child.stdin>
  const answers = child.stdio[3] as Duplex
  const life = child.stdio[4] as Duplex
  const streams = [input, answers, life]
  const letGo = (): void => streams.forEach((stream) => void stream.destroy())
  const kill = (): void =>
    void (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'))
  const read = frameReader(onFrame)
  answers.on('data', (chunk: Buffer) => {
    try {
      read(chunk)
    } catch {
      // Nothing after it can be understood; the end of the process is what its user is told.
      kill()
    }
  })
  life.resume()
  for (const stream of streams) stream.on('error', () => undefined)
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => {
      // `close` comes after the last frame, and never while a process that the module started holds the pipes.
      const rest = setTimeout(letGo, longestRestMs)
      child.once('close', () => {
        clearTimeout(rest)
        resolve({ code, signal })
      })
    })
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      child.off('error', reject)
      child.on('error', () => undefined)
      resolve({
        pid: child.pid ?? -1,
        exited,
        send: (payload) => {
          const frame = frameOf(payload)
          payload.fill(0)
          if (input.writable) input.write(frame, () => frame.fill(0))
          else frame.fill(0)
        },
        kill: () => {
          kill()
          // Nothing is awaited from it any more, nor does this process stay for it.
          letGo()
          child.unref()
          return exited
        },
      })
    })
  })
}
