import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from '../../../shared/errors/catalogue.ts'

const folder = join(import.meta.dirname, '../../../shared/errors')

/** Parts are spread into one object, where the later of two entries under one code would win without a word. */
test('a code has one entry, and every part is in the catalogue', async () => {
  const parts = readdirSync(folder).filter(
    (name) => /^catalogue-.+\.ts$/.test(name) && name !== 'catalogue-entry.ts',
  )
  const codes: string[] = []
  for (const part of parts) {
    const exports = (await import(join(folder, part))) as Record<string, object>
    codes.push(...Object.values(exports).flatMap(Object.keys))
  }
  expect(codes.toSorted()).toEqual(Object.keys(catalogue).toSorted())
})
