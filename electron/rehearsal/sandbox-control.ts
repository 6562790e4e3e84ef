import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { HostCall } from '../../shared/model/host-calls.ts'

export type SandboxCommand =
  | { command: 'status' | 'shutdown' | 'reset' }
  | { command: 'restart'; instance: string }
  | { command: 'loseKey'; instance: string; what: 'certificate' | 'master-key' }
  | { command: 'copyFile'; from: string; path: string; to: string; toPath: string }
  | { command: 'grant'; instance: string; path: string; account: string; rights: 'read' }
  | { command: 'host'; instance: string; calls: readonly HostCall[] }

const reply = z.union([
  z.object({ ok: z.literal(true), replies: z.unknown().optional(), hsm: z.unknown().optional() }),
  z.object({ ok: z.literal(false), error: z.string() }),
])

/**
 * One command over the simulators' local socket; gives the replies of a host where it is asked, else what is known of the
 * token. `sandbox-failed` where nobody answers or the answer is a refusal.
 */
export const askSandbox = (path: string, command: SandboxCommand): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const failed = (what: string, cause?: unknown): void =>
      reject(new KeyturnError('sandbox-failed', { what }, cause === undefined ? {} : { cause }))
    const socket = connect(path)
    socket.once('error', (cause) => failed('the simulators do not answer', cause))
    socket.once('close', () => failed('the simulators closed the connection'))
    createInterface({ input: socket }).once('line', (line) => {
      const answer = reply.safeParse(JSON.parse(line))
      if (answer.success && answer.data.ok) resolve(answer.data.replies ?? answer.data.hsm)
      else failed(answer.success && !answer.data.ok ? answer.data.error : 'the answer was not understood')
      socket.destroy()
    })
    socket.write(`${JSON.stringify(command)}\n`)
  })
