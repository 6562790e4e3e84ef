/** PRELOGIN (MS-TDS 2.2.6.5): the version and encryption bargain, the only big-endian payload of the protocol. */
import { ByteReader, ByteWriter, ProtocolError } from './bytes.ts'

/** What the server says about encryption; strict (TLS before everything) is accepted with each of them. */
export type Encryption = 'required' | 'off' | 'unsupported'

export const EncryptionCode = { off: 0, on: 1, notSupported: 2, required: 3 } as const

const Option = { version: 0, encryption: 1, instance: 2, threadId: 3, mars: 4, fedAuthRequired: 6, end: 0xff }
const MAX_OPTIONS = 16

export interface Prelogin {
  /** Null when the client did not say, which counts as "not supported". */
  encryption: number | null
  asksFedAuth: boolean
}

export function readPrelogin(payload: Buffer): Prelogin {
  const options = new Map<number, Buffer>()
  const reader = new ByteReader(payload)
  for (let token = reader.u8(); token !== Option.end; token = reader.u8()) {
    const start = reader.u16be()
    const length = reader.u16be()
    if (start + length > payload.length) throw new ProtocolError('a PRELOGIN option lies outside the message')
    if (options.has(token)) throw new ProtocolError('a PRELOGIN option appears twice')
    if (options.size >= MAX_OPTIONS) throw new ProtocolError('too many PRELOGIN options')
    options.set(token, payload.subarray(start, start + length))
  }
  const encryption = options.get(Option.encryption)
  if (encryption !== undefined && encryption.length !== 1) {
    throw new ProtocolError('the PRELOGIN encryption option has the wrong length')
  }
  return { encryption: encryption?.[0] ?? null, asksFedAuth: options.has(Option.fedAuthRequired) }
}

/** The server's side of the encryption table in MS-TDS 2.2.6.5. */
export function agreeEncryption(policy: Encryption, client: number | null): number {
  const clientWantsAll = client === EncryptionCode.on || client === EncryptionCode.required
  if (policy === 'unsupported') return EncryptionCode.notSupported
  if (policy === 'required') return clientWantsAll ? EncryptionCode.on : EncryptionCode.required
  if (clientWantsAll) return EncryptionCode.on
  return client === EncryptionCode.off ? EncryptionCode.off : EncryptionCode.notSupported
}

export function writePrelogin(
  version: [number, number, number],
  encryption: number,
  answerFedAuth: boolean,
): Buffer {
  const [major, minor, build] = version
  const options: [number, Buffer][] = [
    [Option.version, new ByteWriter().u8(major).u8(minor).u16be(build).u16be(0).toBuffer()],
    [Option.encryption, Buffer.from([encryption])],
    [Option.instance, Buffer.from([0])],
    [Option.threadId, Buffer.alloc(0)],
    [Option.mars, Buffer.from([0])],
  ]
  if (answerFedAuth) options.push([Option.fedAuthRequired, Buffer.from([0])])
  const head = new ByteWriter()
  const data = new ByteWriter()
  const headBytes = options.length * 5 + 1
  for (const [token, value] of options) {
    head
      .u8(token)
      .u16be(headBytes + data.size)
      .u16be(value.length)
    data.raw(value)
  }
  return head.u8(Option.end).raw(data.toBuffer()).toBuffer()
}
