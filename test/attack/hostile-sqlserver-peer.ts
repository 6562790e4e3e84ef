import { createServer, type AddressInfo, type Socket } from 'node:net'
import { asHandleId, asTargetId } from '../../shared/model/ids.ts'
import type { SqlConnection } from '../../shared/model/target.ts'
import { defaultLimits, type Limits } from '../../electron/targets/sqlserver/limits.ts'

/** A TDS peer that says exactly the bytes it is told to say. Shares no code with the sandbox or the driver. */
export interface HostilePeer {
  port: number
  /** Types of the messages that clients sent, in order: 18 PRELOGIN, 16 LOGIN7, 1 batch, 6 attention. */
  heard: number[]
  sockets: Set<Socket>
  close(): Promise<void>
}

export interface PeerScript {
  /** The ENCRYPTION byte of the PRELOGIN answer; default 2, not supported. */
  encryption?: number
  /** Instead of the PRELOGIN answer. */
  onPrelogin?: (socket: Socket) => void
  /** Instead of the login answer. */
  onLogin?: (socket: Socket) => void
  /** For batches after the driver's settings and the identity question. */
  onBatch?: (socket: Socket, sql: string) => void
  onAttention?: (socket: Socket) => void
}

export const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8])
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
const wide = (text: string): Buffer => Buffer.from(text, 'utf16le')
const short = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), wide(text)])
const long = (text: string): Buffer => Buffer.concat([u16(text.length), wide(text)])

/** As many packets as it takes; the status counts for the last one. */
export const packet = (payload: Uint8Array, status = 1, type = 4): Buffer => {
  const most = 65_000
  if (payload.length > most) {
    return Buffer.concat([
      packet(payload.subarray(0, most), 0, type),
      packet(payload.subarray(most), status, type),
    ])
  }
  const header = Buffer.from([type, status, 0, 0, 0, 51, 1, 0])
  header.writeUInt16BE(payload.length + 8, 2)
  return Buffer.concat([header, payload])
}

export const done = (status = 0, count = 0): Buffer =>
  Buffer.concat([Buffer.from([0xfd]), u16(status), u16(0), u32(count), u32(0)])

export const message = (token: 0xaa | 0xab, number: number, severity: number, text: string): Buffer => {
  const body = Buffer.concat([
    u32(number),
    Buffer.from([1, severity]),
    long(text),
    short('HOSTILE'),
    short(''),
    u32(1),
  ])
  return Buffer.concat([Buffer.from([token]), u16(body.length), body])
}

export const environment = (type: number, fresh: Uint8Array, old: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from([type, fresh.length]), fresh, Buffer.from([old.length]), old])
  return Buffer.concat([Buffer.from([0xe3]), u16(body.length), body])
}

/** The same type for each column: 26 hex int of 4 bytes, or whatever TYPE_INFO is given. */
export const columns = (names: readonly string[], typeInfo: readonly number[] = [0x26, 4]): Buffer =>
  Buffer.concat([
    Buffer.from([0x81]),
    u16(names.length),
    ...names.flatMap((name) => [u32(0), u16(9), Buffer.from(typeInfo), short(name)]),
  ])

const collation = [0x09, 0x04, 0xd0, 0x00, 0x34]
export const textType = [0xe7, 0x40, 0x1f, ...collation]
export const longTextType = [0xe7, 0xff, 0xff, ...collation]
const textValue = (text: string): Buffer => Buffer.concat([u16(text.length * 2), wide(text)])

const loginTokens = Buffer.concat([
  environment(7, Buffer.from(collation), Buffer.alloc(0)),
  Buffer.concat([
    Buffer.from([0xad]),
    u16(10 + 2 * 'HOSTILE'.length),
    Buffer.from([1, 0x74, 0, 0, 4]),
    short('HOSTILE'),
    Buffer.from([16, 0, 16, 0]),
  ]),
  done(),
])
export const loginAnswer = packet(loginTokens)

const greeting = Buffer.concat([
  columns(['server_name', 'machine_name', 'instance_name', 'principal', 'spid'], textType),
])
// The last column is an integer; built by hand so that one helper stays simple.
const greetingAnswer = packet(
  Buffer.concat([
    greeting.subarray(0, greeting.length - textType.length - short('spid').length),
    Buffer.from([0x26, 4]),
    short('spid'),
    Buffer.from([0xd1]),
    textValue('HOSTILE'),
    textValue('HOST'),
    textValue(''),
    textValue('keyturn'),
    Buffer.from([4]),
    u32(51),
    done(0x10, 1),
  ]),
)

const preloginAnswer = (encryption: number): Buffer =>
  packet(Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 16, 0, 0, 0, encryption]))

export const startHostilePeer = async (script: PeerScript): Promise<HostilePeer> => {
  const heard: number[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let bytes = Buffer.alloc(0)
    let body: Buffer[] = []
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 8 && bytes.length >= bytes.readUInt16BE(2) && bytes.readUInt16BE(2) >= 8) {
        const length = bytes.readUInt16BE(2)
        const [type = 0, status = 0] = bytes
        body.push(bytes.subarray(8, length))
        bytes = bytes.subarray(length)
        if ((status & 1) === 0) continue
        const payload = Buffer.concat(body)
        body = []
        heard.push(type)
        answer(script, socket, type, payload)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    sockets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

const answer = (script: PeerScript, socket: Socket, type: number, payload: Buffer): void => {
  const send = (bytes: Buffer) => () => void socket.write(bytes)
  if (type === 18) return (script.onPrelogin ?? send(preloginAnswer(script.encryption ?? 2)))(socket)
  if (type === 16) return (script.onLogin ?? send(loginAnswer))(socket)
  if (type === 6) return (script.onAttention ?? send(packet(done(0x20))))(socket)
  // The driver sets its options at login and after a reset, a line each.
  const sql = payload
    .subarray(payload.readUInt32LE(0))
    .toString('utf16le')
    .replace(/^(set [^\n]*(\n|$))+/, '')
  if (sql === '') return void socket.write(packet(done()))
  if (sql.includes("SERVERPROPERTY('ServerName')")) return void socket.write(greetingAnswer)
  script.onBatch?.(socket, sql)
}

/** Writes the same bytes for as long as anybody reads them. */
export const forever = (socket: Socket, bytes: Buffer): void => {
  const pump = (): void => {
    while (!socket.destroyed && socket.write(bytes)) continue
  }
  socket.on('drain', pump)
  pump()
}

export const clearConnection = (port: number): SqlConnection => ({
  id: asTargetId('t-hostilepeer2'),
  kind: 'sqlserver',
  name: 'hostile',
  environment: 'test',
  host: '127.0.0.1',
  port,
  instanceName: null,
  certificateName: null,
  encryption: { mode: 'off', acceptedInWords: 'everything is readable on the network' },
  authentication: { kind: 'sql-login', user: 'keyturn', password: asHandleId('h-hostile') },
  identity: null,
})

/** The product's limits of size, with shorter waits. */
/** For a peer that never says what is waited for. */
export const shortWaits: Limits = {
  ...defaultLimits,
  connectTimeoutMs: 400,
  cancelTimeoutMs: 200,
  acquireTimeoutMs: 2_000,
}

/** For a peer that says something: on a busy machine even a login takes longer than the short waits. */
export const patientWaits: Limits = { ...shortWaits, connectTimeoutMs: 50_000, acquireTimeoutMs: 50_000 }
