import { delay } from '../../faults.ts'
import { OsError } from '../../disk.ts'
import type { ServerFile } from '../../disk.ts'
import { convertCell } from '../../sql/convert.ts'
import { nvarchar } from '../../sql/types.ts'
import { RequestAborted, SqlError, SqlErrors } from '../errors.ts'
import type { Frame } from '../script.ts'
import type { TextOperand } from './backup-grammar.ts'

export function textOf(operand: TextOperand, frame: Frame): string {
  if ('text' in operand) return operand.text
  const { value, type } = frame.session.evaluate(operand.variable, frame)
  return String(convertCell(value, type, nvarchar(4000), 0) ?? '')
}

/** An error of BACKUP or RESTORE is followed by 3013, which names the statement. */
export async function terminating<T>(statement: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const ended = new SqlError(3013, `${statement} is terminating abnormally.`)
    const aborted = error instanceof RequestAborted || (error instanceof Error && error.name === 'AbortError')
    if (aborted) throw new SqlErrors([new SqlError(3204, 'The backup or restore was aborted.'), ended])
    if (error instanceof SqlError && error.number !== 50000) throw new SqlErrors([error, ended])
    if (error instanceof SqlErrors) throw new SqlErrors([...error.errors, ended])
    throw error
  }
}

export function openDevice(frame: Frame, path: string, writing: boolean): ServerFile {
  const { disk, backupFolder } = frame.session.instance
  try {
    return writing ? disk.forWriting(path, backupFolder) : disk.forReading(path, backupFolder)
  } catch (error) {
    if (error instanceof OsError) throw cannotOpenDevice(path, error)
    throw error
  }
}

export const cannotOpenDevice = (path: string, { text }: OsError): SqlError =>
  new SqlError(3201, `Cannot open backup device '${path}'. Operating system error ${text}.`)

export const incorrectlyFormed = (path: string): SqlError =>
  new SqlError(
    3241,
    `The media family on device '${path}' is incorrectly formed. SQL Server cannot process this media family.`,
  )

/** What the file system of this machine refuses, as the engine says it. */
export function deviceError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC')
    return new SqlError(3202, `Write on "${path}" failed: 112(There is not enough space on the disk.)`)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EISDIR')
    return cannotOpenDevice(path, new OsError(5))
  return error
}

export const inTransaction = (): SqlError =>
  new SqlError(3021, 'Cannot perform a backup or restore operation within a transaction.')

export const exclusiveAccess = (): SqlError =>
  new SqlError(3101, 'Exclusive access could not be obtained because the database is in use.')

export async function throttle(frame: Frame, bytes: number): Promise<void> {
  const rate = frame.session.instance.faults.bytesPerSecond
  if (rate !== undefined) await delay((bytes / rate) * 1000, frame.signal)
  if (frame.signal.aborted) throw new RequestAborted()
}

export function speed(milliseconds: number, bytes: number): string {
  const seconds = Math.max(0.001, milliseconds / 1000)
  return `${seconds.toFixed(3)} seconds (${(bytes / 2 ** 20 / seconds).toFixed(3)} MB/sec)`
}

/** Sends 3211 for each step of STATS that was passed, and keeps sys.dm_exec_requests up to date. */
export class Progress {
  private readonly frame: Frame
  private readonly step: number
  private next: number
  private readonly request: { percentComplete: number } | undefined

  constructor(frame: Frame, step: number) {
    this.frame = frame
    // Without STATS there is no message at all.
    this.step = step <= 0 ? Infinity : Math.min(100, step)
    this.next = this.step
    this.request = frame.session.request
  }

  async reached(done: number, total: number): Promise<void> {
    const percent = total === 0 ? 100 : Math.min(100, Math.floor((done * 100) / total))
    if (this.request !== undefined) this.request.percentComplete = percent
    while (this.next <= percent) {
      await this.frame.session.info(this.frame.sink, 3211, `${this.next} percent processed.`)
      this.next += this.step
    }
  }
}

/** 4035 for each file, then 3014. */
export async function sendEnd(
  frame: Frame,
  statement: string,
  database: string,
  files: readonly { name: string; pages: number }[],
  milliseconds: number,
  pageSize: number,
): Promise<void> {
  const { session, sink } = frame
  let total = 0
  for (const { name, pages } of files) {
    total += pages
    await session.info(
      sink,
      4035,
      `Processed ${pages} pages for database '${database}', file '${name}' on file 1.`,
    )
  }
  await session.info(
    sink,
    3014,
    `${statement} successfully processed ${total} pages in ${speed(milliseconds, total * pageSize)}.`,
  )
}
