import { autoLockLimits } from '../../../shared/model/keyring.ts'
import { describe, expect, it } from 'vitest'
import { csvText } from '../../../electron/ipc/csv.ts'
import { pageOf, selected } from '../../../electron/ipc/paging.ts'
import { openSettings } from '../../../electron/profile/settings.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { page, selection, tableViews, type Selection } from '../../../shared/ipc/schemas.ts'

interface Row {
  name: string
  expires: string | null
}
const rows: Row[] = [
  { name: 'soon', expires: '2026-12-01T00:00:00.000Z' },
  { name: 'later', expires: '2031-12-01T00:00:00.000Z' },
  { name: 'none', expires: null },
  { name: 'words', expires: 'not-recorded' },
]
const cells = { name: ({ name }: Row) => name, expires: ({ expires }: Row) => expires }
const all: Selection = { sort: null, search: '', filters: [] }
const names = (given: Partial<Selection>) =>
  selected(rows, { ...all, ...given }, cells).map(({ name }) => name)
const expires = (operator: Selection['filters'][number]['operator'], value: string) => ({
  filters: [{ property: 'expires', operator, value }],
})

describe('filters of a table', () => {
  it('before and after compare times; what is no time never matches', () => {
    expect(names(expires('before', '2027-01-01T00:00:00.000Z'))).toEqual(['soon'])
    expect(names(expires('after', '2027-01-01T00:00:00.000Z'))).toEqual(['later'])
    expect(names(expires('after', 'yesterday'))).toEqual([])
  })
  it('"is nothing" finds what has no value, and only that', () => {
    expect(names(expires('is', ''))).toEqual(['none'])
  })
  it('a page is a cut of what is selected', () => {
    expect(pageOf(rows, { ...all, offset: 1, limit: 2 }, cells)).toEqual({ rows: rows.slice(1, 3), total: 4 })
  })
})

describe('rows as CSV', () => {
  const text = csvText({
    head: [['Filter', 'none']],
    columns: ['name', 'n'],
    rows: [
      ['=HYPERLINK("http://x")', 1],
      ['+1', -2],
      ['-1', null],
      ['@SUM(A1)', 0],
      ['\tx', 0],
      ['say "hi",\nthere', 3],
    ],
  })
  it('says on top what it is, then the columns', () => {
    expect(text.startsWith('\uFEFF"Filter","none"\r\n\r\n"name","n"\r\n')).toBe(true)
  })
  it('makes no formula of a name, and keeps numbers', () => {
    for (const line of [`"'=HYPERLINK(""http://x"")",1`, `"'+1",-2`, `"'-1",""`, `"'@SUM(A1)",0`, `"'\tx",0`])
      expect(text).toContain(`${line}\r\n`)
  })
  it('doubles quotes and keeps line breaks inside a cell', () => {
    expect(text).toContain('"say ""hi"",\nthere",3\r\n')
  })
})

describe('saved views', () => {
  const view = { ...all, name: 'Mine', hidden: [], density: 'compact' as const }
  it('are bounded: names, their number, and nothing that a page could not ask', () => {
    expect(tableViews.safeParse([view]).success).toBe(true)
    expect(tableViews.safeParse([{ ...view, name: '  ' }]).success).toBe(false)
    expect(tableViews.safeParse([{ ...view, name: 'x'.repeat(61) }]).success).toBe(false)
    expect(tableViews.safeParse(Array.from({ length: 21 }, () => view)).success).toBe(false)
    expect(tableViews.safeParse([{ ...view, density: 'huge' }]).success).toBe(false)
    const filter = { property: 'name', operator: 'matches', value: '' }
    expect(selection.safeParse({ ...all, filters: [filter] }).success).toBe(false)
    expect(page.safeParse({ ...all, offset: 0, limit: 101 }).success).toBe(false)
  })
  it('are kept with the settings, and a file from before them has none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-views-'))
    try {
      const before = { format: 1, scheme: 'dark', proxy: '', corporateCa: '' }
      writeFileSync(join(folder, 'settings.json'), JSON.stringify(before))
      const settings = await openSettings(folder)
      expect(settings.content).toEqual({ ...before, tables: {}, autoLockMinutes: autoLockLimits.usual })
      await settings.update((now) => ({ ...now, tables: { ...now.tables, keys: [view] } }))
      expect((await openSettings(folder)).content.tables).toEqual({ keys: [view] })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
