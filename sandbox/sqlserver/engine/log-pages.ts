import { z } from 'zod'
import type { LogRecord } from '../state/model.ts'
import { PAGE_BODY, bodyOf, pageWith } from './pages.ts'

export type LoggedRow = Pick<LogRecord, 'lsn' | 'time' | 'row'>

const Logged = z.object({
  lsn: z.string().regex(/^\d+$/),
  time: z.string(),
  row: z.object({ rowId: z.number().int().positive(), note: z.string(), writtenAt: z.string() }),
})

/** Log records as pages, several on each: what a log backup holds. */
export function packLog(records: readonly LoggedRow[]): Buffer[] {
  const pages: Buffer[] = []
  let lines: Buffer[] = []
  let bytes = 0
  const flush = (): void => {
    if (lines.length > 0) pages.push(pageWith(pages.length, Buffer.concat(lines)))
    lines = []
    bytes = 0
  }
  for (const { lsn, time, row } of records) {
    const line = Buffer.from(`${JSON.stringify({ lsn, time, row })}\n`, 'utf8')
    if (bytes + line.length > PAGE_BODY) flush()
    lines.push(line)
    bytes += line.length
  }
  flush()
  return pages
}

/** For a page in clear that is whole. */
export const unpackLog = (page: Buffer): LoggedRow[] =>
  bodyOf(page)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => Logged.parse(JSON.parse(line)))
