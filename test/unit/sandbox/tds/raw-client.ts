/** A client that sends exactly the bytes it is told, and bytes to tell it. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect } from 'vitest'
import { until } from './client.ts'
import type { Rig } from './client.ts'
import { PASSWORD } from './toy-engine.ts'

export function packet(type: number, payload: Uint8Array, status = 1, length = payload.length + 8): Buffer {
  const header = Buffer.from([type, status, 0, 0, 0, 0, 1, 0])
  header.writeUInt16BE(length & 0xffff, 2)
  return Buffer.concat([header, payload])
}

export interface RawClient {
  socket: Socket
  send(bytes: Uint8Array): void
  /** Everything received so far. */
  received(): Buffer
  closed: Promise<void>
}

export async function rawConnect(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // Being cut off is what most of these tests are for.
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: () => Buffer.concat(chunks),
    closed,
  }
}

/** Options as PRELOGIN wants them: ENCRYPTION only, with the given value. */
export function preloginPayload(encryption: number): Buffer {
  return Buffer.from([1, 0, 6, 0, 1, 0xff, encryption])
}

export interface Login7Fields {
  version?: number
  user?: string
  statedLength?: number
  /** Overwrites the user's (offset, length) pair. */
  userSlot?: [number, number]
  extension?: [number, number]
  flags2?: number
}

const FIXED_BYTES = 94

export function login7Payload(fields: Login7Fields = {}): Buffer {
  const fixed = Buffer.alloc(FIXED_BYTES)
  const user = Buffer.from(fields.user ?? 'sa', 'utf16le')
  const password = Buffer.from(PASSWORD, 'utf16le').map((byte) => (((byte << 4) | (byte >> 4)) & 0xff) ^ 0xa5)
  fixed.writeUInt32LE(fields.statedLength ?? FIXED_BYTES + user.length + password.length, 0)
  fixed.writeUInt32LE(fields.version ?? 0x74000004, 4)
  fixed.writeUInt32LE(4096, 8)
  fixed.writeUInt8(fields.flags2 ?? 0, 25)
  fixed.writeUInt8(fields.extension ? 0x10 : 0, 27)
  const slot = (at: number, [offset, length]: [number, number]): void => {
    fixed.writeUInt16LE(offset, at)
    fixed.writeUInt16LE(length, at + 2)
  }
  slot(40, fields.userSlot ?? [FIXED_BYTES, user.length / 2])
  slot(44, [FIXED_BYTES + user.length, password.length / 2])
  slot(56, fields.extension ?? [0, 0])
  return Buffer.concat([fixed, user, password])
}

const LOGIN_DONE = Buffer.from([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

/** Logs in on a server that takes clear text, without PRELOGIN. */
export async function rawLogin(port: number): Promise<RawClient> {
  const client = await rawConnect(port)
  client.send(packet(0x10, login7Payload()))
  while (!client.received().includes(LOGIN_DONE))
    await new Promise((resolve) => client.socket.once('data', resolve))
  return client
}

export function allHeaders(): Buffer {
  return Buffer.concat([
    Buffer.from([22, 0, 0, 0, 18, 0, 0, 0, 2, 0]),
    Buffer.alloc(8),
    Buffer.from([1, 0, 0, 0]),
  ])
}

export function batchPayload(sql: string): Buffer {
  return Buffer.concat([allHeaders(), Buffer.from(sql, 'utf16le')])
}

/** The server still takes a login and answers a batch. */
export async function stillUp(rig: Rig): Promise<void> {
  rig.engine.onBatch = (_sql, sink) => sink.done(77)
  const client = await rawLogin(rig.server.port)
  const before = client.received().length
  client.send(packet(1, batchPayload('x')))
  await until(() => client.received().length > before)
  expect(client.received().subarray(before + 8)).toEqual(
    Buffer.from([0xfd, 0x10, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0]),
  )
  client.socket.destroy()
}
