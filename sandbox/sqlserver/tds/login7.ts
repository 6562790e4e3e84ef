/** LOGIN7 (MS-TDS 2.2.6.4): who wants in, from where, to which database, with which packet size. */
import { ByteReader, ProtocolError } from './bytes.ts'
import { INITIAL_PACKET_BYTES, MAX_PACKET_BYTES, MIN_PACKET_BYTES } from './packets.ts'

export interface Login7 {
  hostName: string
  userName: string
  password: string
  appName: string
  database: string
  /** The version to answer with, as LOGINACK wants it. */
  tdsVersionCode: number
  tdsVersion: string
  packetSize: number
  /** Windows authentication, which nothing here can check. */
  integrated: boolean
  asksUtf8: boolean
}

const VERSIONS = new Map([
  [0x730a0003, '7.3'],
  [0x730b0003, '7.3'],
  [0x74000004, '7.4'],
  [0x08000000, '8.0'],
])
const NEWEST_CLASSIC_VERSION = 0x74000004
const FLAGS2_INTEGRATED = 0x80
const FLAGS3_EXTENSION = 0x10
const FEATURE_UTF8 = 0x0a
const FEATURES_END = 0xff
const MAX_FEATURES = 32
const MAX_FIELD_CHARACTERS = 128

/** Older clients get their version back; newer ones than we know get 7.4; below 7.3 the token layouts differ. */
function agreeVersion(requested: number): number {
  if (VERSIONS.has(requested)) return requested
  if (requested > NEWEST_CLASSIC_VERSION) return NEWEST_CLASSIC_VERSION
  throw new ProtocolError(`TDS version 0x${requested.toString(16)} is older than this server speaks`)
}

interface Slot {
  start: number
  length: number
}

function readSlot(reader: ByteReader): Slot {
  return { start: reader.u16(), length: reader.u16() }
}

function slotText(payload: Buffer, slot: Slot, decode?: (bytes: Buffer) => Buffer): string {
  if (slot.length > MAX_FIELD_CHARACTERS) throw new ProtocolError('a LOGIN7 field is too long')
  if (slot.length === 0) return ''
  const end = slot.start + slot.length * 2
  if (end > payload.length) throw new ProtocolError('a LOGIN7 field lies outside the message')
  const bytes = payload.subarray(slot.start, end)
  return (decode ? decode(bytes) : bytes).toString('utf16le')
}

/** The wire form of a password is an obfuscation, not encryption: XOR A5, then swapped half bytes. */
function plainPassword(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes.map((byte) => {
      const value = byte ^ 0xa5
      return ((value & 0x0f) << 4) | (value >> 4)
    }),
  )
}

function readFeatures(payload: Buffer, slot: Slot): Set<number> {
  const features = new Set<number>()
  // Some clients set the extension flag and leave the slot empty.
  if (slot.length < 4) return features
  const start = new ByteReader(payload, Math.min(slot.start, payload.length)).u32()
  if (start === 0) return features
  if (start > payload.length) throw new ProtocolError('LOGIN7 features lie outside the message')
  const reader = new ByteReader(payload, start)
  for (let id = reader.u8(); id !== FEATURES_END; id = reader.u8()) {
    if (features.size >= MAX_FEATURES || features.has(id)) throw new ProtocolError('too many LOGIN7 features')
    features.add(id)
    reader.skip(reader.u32()) // its data: only that the client asks for it is of interest
  }
  return features
}

/** Throws ProtocolError. The caller wipes `payload`, which holds the password. */
export function readLogin7(payload: Buffer): Login7 {
  const reader = new ByteReader(payload)
  if (reader.u32() !== payload.length) throw new ProtocolError('LOGIN7 states another length than it has')
  const tdsVersionCode = agreeVersion(reader.u32())
  const requestedSize = reader.u32()
  reader.skip(12) // client program version, process id, connection id
  reader.skip(1) // option flags 1: byte order, character set and the like, which every client sends alike
  const flags2 = reader.u8()
  reader.skip(1) // type flags: the dialect and OLE DB, which change nothing here
  const flags3 = reader.u8()
  reader.skip(8) // time zone and locale
  const [host, user, password, application] = [
    readSlot(reader),
    readSlot(reader),
    readSlot(reader),
    readSlot(reader),
  ]
  readSlot(reader) // the server name that the client dialed
  const extension = readSlot(reader)
  readSlot(reader) // client library
  readSlot(reader) // language
  const database = readSlot(reader)
  return {
    hostName: slotText(payload, host),
    userName: slotText(payload, user),
    password: slotText(payload, password, plainPassword),
    appName: slotText(payload, application),
    database: slotText(payload, database),
    tdsVersionCode,
    tdsVersion: VERSIONS.get(tdsVersionCode) ?? '',
    packetSize: Math.min(MAX_PACKET_BYTES, Math.max(MIN_PACKET_BYTES, requestedSize || INITIAL_PACKET_BYTES)),
    integrated: (flags2 & FLAGS2_INTEGRATED) !== 0,
    asksUtf8: (flags3 & FLAGS3_EXTENSION) !== 0 && readFeatures(payload, extension).has(FEATURE_UTF8),
  }
}
