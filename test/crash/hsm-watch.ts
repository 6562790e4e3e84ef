import { startFramedNodeChild, type StartFramedChild } from '../../electron/platform/framed-child.ts'
import { unpackMessage } from '../../electron/platform/frames.ts'

/**
 * `asked`: before the request reaches it. `answered`: it was carried out, and its answer is lost. `idle`: after its answer.
 * Not while it is at work: SoftHSM 2.6.1 empties a file before it writes it anew (the token's own at each login), so its
 * token would be lost, as no device's is.
 */
export type KillMoment = 'asked' | 'answered' | 'idle'

/** What a step may end with when its token's process is gone. */
export const clearAnswers = /^hsm-(module-crashed|not-begun|log-in-again|handle-old)$/

/** At the `nth` request (from 0), or at the first of that name. */
export type HsmKill = { moment: KillMoment } & ({ nth: number } | { op: string })

/** The processes of a module, and every request to them since `begin`. */
export interface HsmWatch {
  readonly start: StartFramedChild
  begin(kill: HsmKill | null): void
  asked(): readonly string[]
  /** The request at which the kill came to pass; null: it did not. */
  killedAt(): string | null
}

interface Asked {
  nth: number
  op: string
}

/** Starts a module's processes as the program does, and ends one of them (SIGKILL) where it is told to. */
export const watchHsm = (): HsmWatch => {
  let asked: string[] = []
  let kill: HsmKill | null = null
  let killed: string | null = null
  const dies = (moment: KillMoment, at: Asked): boolean =>
    kill !== null &&
    killed === null &&
    kill.moment === moment &&
    ('nth' in kill ? kill.nth === at.nth : kill.op === at.op)
  return {
    start: async (options) => {
      /** Asked and not answered, oldest first. */
      const open: Asked[] = []
      const die = (pid: number, at: string): void => {
        killed = at
        process.kill(pid, 'SIGKILL')
      }
      const child = await startFramedNodeChild({
        ...options,
        onFrame: (payload) => {
          const request = open.shift()
          if (request !== undefined && dies('answered', request)) return die(child.pid, request.op)
          options.onFrame(payload)
          if (request !== undefined && dies('idle', request)) die(child.pid, request.op)
        },
      })
      return {
        ...child,
        send: (payload) => {
          const { op } = unpackMessage(Buffer.from(payload)) as { op: string }
          const request = { nth: asked.push(op) - 1, op }
          open.push(request)
          if (dies('asked', request)) die(child.pid, op)
          child.send(payload)
        },
      }
    },
    begin: (wanted) => {
      asked = []
      kill = wanted
      killed = null
    },
    asked: () => asked,
    killedAt: () => killed,
  }
}
