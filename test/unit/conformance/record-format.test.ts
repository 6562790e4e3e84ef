import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hashEntry, type EntryColumns } from '../../../electron/record/entry-hash.ts'
import { recordBodies } from '../../../shared/model/record.ts'

const document = readFileSync(join(import.meta.dirname, '../../../docs/formats/record.md'), 'utf8')
const block = (language: string, at: number): string =>
  [...document.matchAll(new RegExp(`\`\`\`${language}\\n([^\`]*)\`\`\``, 'g'))][at]?.[1]?.trim() ?? ''

const example = JSON.parse(block('json', 0)) as EntryColumns

/** The rule as the document tells it, and nothing of the product: the order of fields is read from its list. */
const byTheDocument = (): Buffer => {
  const listed = [...document.matchAll(/^\d+\. (.*)$/gm)].map(([, field]) => field ?? '')
  const fields = listed.map((field) => {
    const column = /^`(\w+)`$/.exec(field)?.[1]
    if (column === undefined) return /`(.*)`/.exec(field)?.[1] ?? ''
    return (example as unknown as Record<string, string | number | null>)[column]
  })
  expect(fields).toHaveLength(13)
  return Buffer.concat(
    fields.flatMap((field) => {
      if (field === undefined) throw new Error('the example lacks a column')
      const bytes = Buffer.from(field === null ? '' : String(field), 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(field === null ? 0xffffffff : bytes.length)
      return [length, bytes]
    }),
  )
}

describe('docs/formats/record.md', () => {
  test('its example follows from its rule alone', () => {
    const bytes = byTheDocument()
    expect(bytes.toString('hex')).toMatch(new RegExp(`^${block('text', 0).replaceAll(' ', '')}`))
    expect(document).toContain(`There are ${bytes.length} bytes in all`)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(block('text', 1))
  })

  test('its example is what the product computes, of a kind and body that it writes', () => {
    expect(hashEntry(example)).toBe(block('text', 1))
    expect(recordBodies['run-stop-requested'].parse(JSON.parse(example.body))).toEqual(
      JSON.parse(example.body),
    )
    expect(example.kind).toBe('run-stop-requested')
  })

  test('its example fails when any byte of any column is another', () => {
    for (const [column, value] of Object.entries(example)) {
      const other = typeof value === 'number' ? value + 1 : `${String(value)}x`
      expect(hashEntry({ ...example, [column]: other }), column).not.toBe(block('text', 1))
    }
  })
})
