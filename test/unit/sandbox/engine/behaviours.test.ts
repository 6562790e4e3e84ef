import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BEHAVIOURS } from '../../../../sandbox/sqlserver/behaviours.ts'

const ENGINE = join(import.meta.dirname, '../../../../sandbox/sqlserver')
const sources = ['engine', 'sql', 'catalog', 'availability']
  .flatMap((folder) =>
    readdirSync(join(ENGINE, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(ENGINE, folder, file),
    ),
  )
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')

describe('the table of behaviours', () => {
  it('names each behaviour once', () => {
    const ids = BEHAVIOURS.map((behaviour) => behaviour.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it.each(
    BEHAVIOURS.flatMap((behaviour) =>
      (behaviour.numbers ?? []).map((number) => [behaviour.id, number] as const),
    ),
  )('%s: the engine can answer %i', (_, number) => {
    expect(sources).toMatch(new RegExp(`\\b${number}\\b`))
  })
})
