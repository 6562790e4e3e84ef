import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hashEntry, type EntryColumns } from '../../../electron/record/entry-hash.ts'
import { verifyExport } from '../../../electron/record/offline/keyturn-audit-verify.mjs'
import { publicKeyOf, signedBytes, verifyBytes } from '../../../electron/record/signing/signature.ts'
import { recordBodies } from '../../../shared/model/record.ts'

const read = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../docs/formats', name), 'utf8')
const document = read('record.md')
const exportDocument = read('record-export.md')
const block = (language: string, at: number, text = document): string =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^\`]*)\`\`\``, 'g'))][at]?.[1]?.trim() ?? ''

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

describe('the signature of docs/formats/record.md', () => {
  const signed = JSON.parse(block('json', 1)) as { publicKey: string; fields: string[]; value: string }
  const packed = Buffer.concat(
    signed.fields.flatMap((field) => {
      const bytes = Buffer.from(field, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )

  test('follows from its rule alone', () => {
    expect(document).toContain(`The signed bytes are ${packed.length} in number`)
    expect(createHash('sha256').update(packed).digest('hex')).toBe(block('text', 2))
    const key = createPublicKey({ key: Buffer.from(signed.publicKey, 'hex'), format: 'der', type: 'spki' })
    const value = Buffer.from(signed.value, 'hex')
    expect(verify('sha256', packed, { key, dsaEncoding: 'ieee-p1363' }, value)).toBe(true)
    expect(verify('sha256', packed.subarray(1), { key, dsaEncoding: 'ieee-p1363' }, value)).toBe(false)
  })

  test('is of the bytes that the product signs', () => {
    const [, , epoch, first, last, hash = ''] = signed.fields
    const bytes = signedBytes({ epoch: Number(epoch), first: Number(first), last: Number(last), hash })
    expect(bytes.equals(packed)).toBe(true)
    const fingerprint = createHash('sha256').update(Buffer.from(signed.publicKey, 'hex')).digest('hex')
    const key = publicKeyOf(signed.publicKey, fingerprint)
    expect(key !== null && verifyBytes(key, packed, signed.value)).toBe(true)
  })
})

describe('docs/formats/record-export.md', () => {
  const lines = block('json', 0, exportDocument).split('\n')
  const key = block('text', 0, exportDocument)
  type Line = { entry: EntryColumns & { hash: string }; signature: { value: string } }
  const rows = lines.slice(1).map((line) => JSON.parse(line) as Line)

  test('its example holds under its fingerprint, with the words that it gives', () => {
    expect(verifyExport(lines, { key })).toEqual({
      code: 0,
      entry: null,
      lines: block('text', 1, exportDocument).split('\n'),
    })
  })

  test('its entries are of kinds and bodies that the product writes, with the hashes that it computes', () => {
    expect(rows).toHaveLength(4)
    for (const { entry } of rows) {
      const { hash, ...columns } = entry
      expect(hashEntry(columns)).toBe(hash)
      const kind = entry.kind as keyof typeof recordBodies
      expect(recordBodies[kind].parse(JSON.parse(entry.body))).toEqual(JSON.parse(entry.body))
    }
  })

  test('the example of a signature is that of its last entry', () => {
    const last = rows.at(-1)
    const signed = JSON.parse(block('json', 1)) as { fields: string[]; value: string }
    expect([signed.fields.at(-1), signed.value]).toEqual([last?.entry.hash, last?.signature.value])
  })

  test('its example fails under any other fingerprint, and with any line left out or changed', () => {
    expect(verifyExport(lines, { key: 'ab'.repeat(32) }).code).toBe(1)
    for (const [at, line] of lines.entries()) {
      expect(verifyExport(lines.toSpliced(at, 1), { key }).code).not.toBe(0)
      for (let place = 0; place < line.length; place += 17) {
        const changed = `${line.slice(0, place)}${line[place] === '7' ? '8' : '7'}${line.slice(place + 1)}`
        expect(verifyExport(lines.with(at, changed), { key }).code, `${at}: ${place}`).not.toBe(0)
      }
    }
  })
})
