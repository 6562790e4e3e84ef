import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { RecordPageRequest, RecordRow } from '../../shared/model/record.ts'
import { entryFrom, entryRow, withSentence } from './entries.ts'

export const mostRowsPerPage = 100

/** Filtered, ordered and counted by the database; a row that can't be read is left to the check of the chain. */
export const readPage = (
  db: DatabaseSync,
  request: RecordPageRequest,
): { rows: RecordRow[]; total: number } => {
  const { where, values } = conditions(request.filter ?? {})
  const total = Number(db.prepare(`SELECT count(*) AS total FROM entry ${where}`).get(...values)?.total)
  const direction = request.order === 'newest-first' ? 'DESC' : 'ASC'
  const limit = Math.min(Math.max(Math.trunc(request.limit), 1), mostRowsPerPage)
  const offset = Math.max(Math.trunc(request.offset), 0)
  const raw = db
    .prepare(`SELECT * FROM entry ${where} ORDER BY seq ${direction} LIMIT ? OFFSET ?`)
    .all(...values, limit, offset)
  return { rows: raw.flatMap(readable), total }
}

const readable = (raw: Parameters<typeof entryRow>[0]): RecordRow[] => {
  try {
    return [withSentence(entryFrom(entryRow(raw)))]
  } catch {
    return []
  }
}

const conditions = (filter: NonNullable<RecordPageRequest['filter']>) => {
  const all: string[] = []
  const values: SQLInputValue[] = []
  const oneOf = (column: string, wanted: readonly string[] | undefined): void => {
    if (wanted === undefined || wanted.length === 0) return
    all.push(`${column} IN (${wanted.map(() => '?').join(', ')})`)
    values.push(...wanted)
  }
  oneOf('kind', filter.kind)
  oneOf('outcome', filter.outcome)
  oneOf('run_id', filter.runId === undefined ? undefined : [filter.runId])
  const text = filter.text?.trim() ?? ''
  if (text !== '') {
    const searched = ['kind', 'account', 'person', "coalesce(run_id, '')", 'objects', 'body']
    all.push(`(${searched.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR ')})`)
    const asJson = JSON.stringify(text).slice(1, -1)
    values.push(...searched.map((column) => contains(['objects', 'body'].includes(column) ? asJson : text)))
  }
  return { where: all.length === 0 ? '' : `WHERE ${all.join(' AND ')}`, values }
}

const contains = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`
