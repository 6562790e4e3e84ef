import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BEHAVIOURS } from '../../../sandbox/azure/behaviours.ts'

const FOLDER = join(import.meta.dirname, '../../../sandbox/azure')
const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('behaviours'))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'))
  .join('\n')

describe('the table of behaviours of simulated Azure', () => {
  it('names each behaviour once', () => {
    const ids = BEHAVIOURS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it.each(BEHAVIOURS.flatMap(({ id, codes = [] }) => codes.map((code) => [id, code] as const)))(
    '%s: the code of the simulator has %s',
    (_, code) => {
      expect(sources).toMatch(new RegExp(`\\b${code}\\b`))
    },
  )
})
