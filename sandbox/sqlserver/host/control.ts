import { createHash } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'
import { HostOrder } from '../../../shared/model/host-calls.ts'
import { AzureOrder } from '../../azure/orders.ts'
import { GroupConfig } from './config.ts'
import { EkmOrder } from './ekm.ts'

const name = z.string()
const when = z.enum(['before', 'after'])
const nth = z.number().int().positive().default(1)

const FaultOrder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slow'), milliseconds: z.number().min(0), match: z.string().optional() }),
  z.strictObject({ kind: z.literal('drop'), match: z.string(), nth, when: when.default('before') }),
  z.strictObject({ kind: z.literal('kill'), match: z.string(), nth, when: when.default('before') }),
  z.strictObject({
    kind: z.literal('fail'),
    match: z.string(),
    nth,
    number: z.number().int(),
    message: z.string(),
  }),
  z.strictObject({
    kind: z.literal('diskFull'),
    drive: z.string().length(1),
    freeBytes: z.number().int().min(0).default(0),
  }),
  z.strictObject({ kind: z.literal('readOnlyFolder'), folder: z.string() }),
  z.strictObject({ kind: z.literal('denyPermission'), permission: z.string() }),
  z.strictObject({ kind: z.literal('wrongThumbprint'), certificate: z.string() }),
  z.strictObject({ kind: z.literal('wrongRowCount'), match: z.string(), count: z.number().int() }),
  z.strictObject({ kind: z.literal('throttle'), bytesPerSecond: z.number().positive() }),
  z.strictObject({ kind: z.literal('damageFile'), path: z.string(), offset: z.number().int() }),
])

const Command = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('status') }),
  z.strictObject({ command: z.literal('shutdown') }),
  z.strictObject({ command: z.literal('reset'), instance: name.optional() }),
  z.strictObject({ command: z.literal('restart'), instance: name }),
  z.strictObject({
    command: z.literal('loseKey'),
    instance: name,
    what: z.enum(['certificate', 'master-key', 'machine-key']),
    name: z.string().optional(),
  }),
  z.strictObject({ command: z.literal('fault'), instance: name, fault: FaultOrder }),
  z.strictObject({ command: z.literal('clearFaults'), instance: name }),
  z.strictObject({ command: z.literal('locate'), instance: name, path: z.string() }),
  // What an administrator does outside of SQL Server: icacls ... /grant, and robocopy /COPYALL to the other machine.
  z.strictObject({
    command: z.literal('grant'),
    instance: name,
    path: z.string(),
    account: z.string().min(1),
    rights: z.enum(['read', 'full']).default('read'),
  }),
  z.strictObject({
    command: z.literal('copyFile'),
    from: name,
    path: z.string(),
    to: name,
    toPath: z.string(),
  }),
  /** Kept over a restart of the process, until all servers are reset. */
  GroupConfig.extend({ command: z.literal('formGroup') }),
  /** A planned failover of an availability group. */
  z.strictObject({ command: z.literal('failOver'), group: name, to: name }),
  /** A secondary that lags: it applies nothing of the log until it is let go. */
  z.strictObject({ command: z.literal('holdRedo'), instance: name, hold: z.boolean() }),
  z.strictObject({ command: z.literal('ekm'), instance: name, order: EkmOrder }),
  z.strictObject({ command: z.literal('clock'), instance: name, days: z.number() }),
  /** Pace of encryption scans; `holdAtPercent` stops them exactly there, null lets them go on. */
  z.strictObject({
    command: z.literal('scan'),
    instance: name,
    pagesPerTick: z.number().int().positive().optional(),
    tickMilliseconds: z.number().int().min(0).max(60_000).optional(),
    holdAtPercent: z.number().min(0).max(100).nullable().optional(),
  }),
  /** What an administrator does at the server's computer: structured calls, answered as `replies`. */
  HostOrder,
  /** Sandbox Azure's own orders: `sandbox/azure/orders.ts`. */
  z.strictObject({ command: z.literal('azure'), order: AzureOrder }),
])
export type Command = z.infer<typeof Command>

export type Reply = { ok: true; [fact: string]: unknown } | { ok: false; error: string }

/** One JSON object per line in, one per line out, in order. */
export function serveLines(
  input: Readable,
  output: Writable,
  run: (command: Command) => Promise<Reply>,
): void {
  const lines = createInterface({ input, crlfDelay: Infinity })
  let queue = Promise.resolve()
  lines.on('line', (line) => {
    if (line.trim() === '') return
    queue = queue.then(async () => {
      const reply = await answer(line, run)
      if (output.writable) output.write(`${JSON.stringify(reply)}\n`)
    })
  })
  // The other side may go at any time; the servers stay.
  lines.on('error', () => undefined)
  input.on('error', () => undefined)
  output.on('error', () => undefined)
}

async function answer(line: string, run: (command: Command) => Promise<Reply>): Promise<Reply> {
  try {
    return await run(Command.parse(JSON.parse(line)))
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

const LONGEST_SOCKET_PATH = 100

/** In the data folder, or in the temporary folder where that path is too long for a socket; a pipe on Windows. */
export function controlPath(dataDir: string): string {
  const mark = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\ktr-${mark}`
  const inside = join(dataDir, 'control.sock')
  return inside.length <= LONGEST_SOCKET_PATH ? inside : join(tmpdir(), `ktr-${mark}.sock`)
}

export async function listenForControl(
  path: string,
  run: (command: Command) => Promise<Reply>,
): Promise<Server> {
  if (process.platform !== 'win32') rmSync(path, { force: true })
  const server = createServer((socket: Socket) => serveLines(socket, socket, run))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  if (process.platform !== 'win32') chmodSync(path, 0o600)
  return server
}

/** Asks a process that may be there; undefined when nobody answers. */
export function askControl(path: string, command: Command): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(undefined))
    const lines = createInterface({ input: socket })
    // The interface passes the socket's errors on.
    lines.on('error', () => undefined)
    lines.on('line', (line) => {
      resolve(JSON.parse(line) as Reply)
      socket.destroy()
    })
    socket.write(`${JSON.stringify(command)}\n`)
  })
}
