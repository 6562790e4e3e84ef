import { createWriteStream } from 'node:fs'
import { problemOf } from '../../shared/errors/problem.ts'
import type { Clock } from '../ports/clock.ts'
import { logEvents, type LogEvent, type LogField, type LogValue } from './log-events.ts'

export type LogFields<Event extends LogEvent> = Readonly<Partial<Record<LogField<Event>, LogValue>>>

export interface Log {
  /** Writes one line of JSON: `at`, `event`, and the event's own fields. Never throws. */
  event<Event extends LogEvent>(event: Event, fields?: LogFields<Event>): void
}

export const maximumLogText = 200

/** Where lines go; it gets them without a line end. */
export type LogSink = (line: string) => void

export const createLog = (clock: Clock, sink: LogSink): Log => ({
  event: (event, fields) => {
    const given: Readonly<Record<string, unknown>> = fields ?? {}
    const kept: Record<string, LogValue> = {}
    for (const name of logEvents[event]) {
      const value = loggable(given[name])
      if (value !== undefined) kept[name] = value
    }
    sink(JSON.stringify({ at: clock.now().toISOString(), event, ...kept }))
  },
})

/** Appends to a file that only this account can read. Lines that can't be written are lost; the record is not a log. */
export const fileLogSink = (path: string): LogSink & { close(): Promise<void> } => {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
  stream.on('error', () => undefined)
  const write: LogSink = (line) => void stream.write(`${line}\n`)
  return Object.assign(write, { close: () => new Promise<void>((resolve) => stream.end(() => resolve())) })
}

/** What of an error may be logged: its catalogue code and the vendor's number. Texts and causes stay out. */
export const errorFields = (thrown: unknown): { code: string; number?: string | number } => {
  const { code, vendor } = problemOf(thrown)
  return vendor === undefined ? { code } : { code, number: vendor.number }
}

const loggable = (value: unknown): LogValue | undefined => {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value)) {
    return value
      .slice(0, 50)
      .filter((one) => typeof one === 'string')
      .map(cut)
  }
  return undefined
}

const cut = (text: string): string =>
  text.length <= maximumLogText ? text : `${text.slice(0, maximumLogText - 1)}…`
