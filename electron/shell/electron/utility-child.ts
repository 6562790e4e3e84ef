import type { ForkOptions } from 'electron'
import { frameLimit } from '../../platform/frames.ts'
import type { ChildExit } from '../../platform/child-process.ts'
import { childEnvironment } from '../../platform/environment.ts'
import type { StartFramedChild } from '../../platform/framed-child.ts'

/** What is used of Electron's `utilityProcess`. */
export interface Utilities {
  fork(entry: string, args: string[], options: ForkOptions): Utility
}
export interface Utility {
  readonly pid: number | undefined
  on(event: 'message', listener: (message: unknown) => void): unknown
  once(event: 'spawn', listener: () => void): unknown
  once(event: 'exit', listener: (code: number) => void): unknown
  postMessage(message: unknown): void
  kill(): boolean
}

/**
 * A framed child as a utility process: installed Keyturn can't act as plain Node. Messages keep their bounds there, so
 * there is no stream to cut; Chromium ends the process when this one is gone. Call it after `ready`.
 */
export const startFramedUtility =
  (utilities: Utilities, end: (pid: number) => void = forced): StartFramedChild =>
  ({ entry, environment, onFrame }) => {
    const child = utilities.fork(entry, [], {
      env: { ...childEnvironment(), ...environment },
      // A vendor's module may print secrets.
      stdio: 'ignore',
      serviceName: 'Keyturn HSM module',
    })
    let gone = false
    const exited = new Promise<ChildExit>((resolve) => {
      child.once('exit', (code) => {
        gone = true
        resolve({ code, signal: null })
      })
    })
    const kill = (): Promise<ChildExit> => {
      // A module that hangs in native code does not hear a polite signal.
      if (!gone && child.pid !== undefined) end(child.pid)
      else if (!gone) child.kill()
      return exited
    }
    child.on('message', (message) => {
      if (gone) return
      if (message instanceof Uint8Array && message.length > 0 && message.length <= frameLimit)
        onFrame(Buffer.from(message.buffer, message.byteOffset, message.length))
      else void kill()
    })
    return new Promise((resolve, reject) => {
      void exited.then(() => reject(new Error('the process ended before it began')))
      child.once('spawn', () =>
        resolve({
          pid: child.pid ?? -1,
          exited,
          send: (payload) => {
            // The message is copied while this runs.
            if (!gone) child.postMessage(payload)
            payload.fill(0)
          },
          kill,
        }),
      )
    })
  }

const forced = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}
