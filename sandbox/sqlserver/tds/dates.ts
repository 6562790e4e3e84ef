/** The three date encodings of TDS, in UTC. JavaScript dates end at milliseconds, so finer fractions are lost. */
import type { ByteReader, ByteWriter } from './bytes.ts'
import { ProtocolError } from './bytes.ts'

const DAY_MS = 86_400_000
/** Days from 0001-01-01 and from 1900-01-01 to 1970-01-01. */
const DAYS_TO_1970_FROM_YEAR_ONE = 719_162
const DAYS_TO_1970_FROM_1900 = 25_567
const LAST_DAY = 3_652_058
const FIRST_DATETIME_DAY = -53_690
const TICKS_PER_DAY = 300 * 86_400

function splitDay(date: Date): { day: number; ms: number } {
  const time = date.getTime()
  if (Number.isNaN(time)) throw new RangeError('not a date')
  const day = Math.floor(time / DAY_MS)
  return { day, ms: time - day * DAY_MS }
}

export function timeBytes(scale: number): number {
  if (scale <= 2) return 3
  return scale <= 4 ? 4 : 5
}

function writeDay(writer: ByteWriter, day: number): void {
  const days = day + DAYS_TO_1970_FROM_YEAR_ONE
  if (days < 0 || days > LAST_DAY) throw new RangeError('a date outside the years 1 to 9999')
  writer.u24(days)
}

export function writeDate(writer: ByteWriter, date: Date): void {
  writeDay(writer, splitDay(date).day)
}

export function writeDatetime2(writer: ByteWriter, date: Date, scale: number): void {
  const { day, ms } = splitDay(date)
  const time = scale >= 3 ? BigInt(ms) * 10n ** BigInt(scale - 3) : BigInt(Math.floor(ms / 10 ** (3 - scale)))
  writer.unsigned(time, timeBytes(scale))
  writeDay(writer, day)
}

/** Rounds to 1/300 s, which can reach into the next day. */
export function writeDatetime(writer: ByteWriter, date: Date): void {
  const { day, ms } = splitDay(date)
  const ticks = Math.round((ms * 3) / 10)
  const carried = ticks === TICKS_PER_DAY
  const days = day + DAYS_TO_1970_FROM_1900 + (carried ? 1 : 0)
  if (days < FIRST_DATETIME_DAY || days > LAST_DAY) throw new RangeError('a datetime outside 1753 to 9999')
  writer.i32(days).u32(carried ? 0 : ticks)
}

function dateOf(day: number, ms: number): Date {
  return new Date(day * DAY_MS + ms)
}

export function readDate(reader: ByteReader): Date {
  const low = reader.u16()
  const days = low + reader.u8() * 65_536
  if (days > LAST_DAY) throw new ProtocolError('a date after the year 9999')
  return dateOf(days - DAYS_TO_1970_FROM_YEAR_ONE, 0)
}

export function readDatetime2(reader: ByteReader, bytes: number, scale: number): Date {
  if (bytes !== timeBytes(scale) + 3) throw new ProtocolError('a datetime2 of the wrong length')
  const time = reader.raw(timeBytes(scale)).readUIntLE(0, timeBytes(scale))
  const ms = scale >= 3 ? Math.floor(time / 10 ** (scale - 3)) : time * 10 ** (3 - scale)
  if (ms >= DAY_MS) throw new ProtocolError('a time after the end of the day')
  return new Date(readDate(reader).getTime() + ms)
}

export function readDatetime(reader: ByteReader): Date {
  const days = reader.i32()
  const ticks = reader.u32()
  if (ticks >= TICKS_PER_DAY) throw new ProtocolError('a time after the end of the day')
  return dateOf(days - DAYS_TO_1970_FROM_1900, Math.round((ticks * 10) / 3))
}

export function readSmallDatetime(reader: ByteReader): Date {
  const days = reader.u16()
  return dateOf(days - DAYS_TO_1970_FROM_1900, reader.u16() * 60_000)
}
