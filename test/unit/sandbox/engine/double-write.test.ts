import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replayDoubleWrites, writeTwice } from '../../../../sandbox/sqlserver/engine/tde/double-write.ts'

let folder: string
let real: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-double-'))
  real = join(folder, 'real.mdf')
})
afterEach(() => rmSync(folder, { recursive: true }))

const OLD = Buffer.alloc(4096, 'a')
const NEW = Buffer.alloc(1024, 'b')
const AT = 512
const WRITTEN = Buffer.concat([OLD.subarray(0, AT), NEW, OLD.subarray(AT + NEW.length)])

/** The side file of a write that never came to the real file: that one is not there yet. */
function interrupted(): string {
  expect(() => writeTwice(folder, 'scan-5', real, AT, NEW)).toThrow('ENOENT')
  return join(folder, 'scan-5.pages')
}

describe('pages that are written twice', () => {
  it('are in their place afterwards, without a side file', () => {
    writeFileSync(real, OLD)
    writeTwice(folder, 'scan-5', real, AT, NEW)
    expect(readFileSync(real).equals(WRITTEN)).toBe(true)
    expect(readdirSync(folder)).toEqual(['real.mdf'])
  })

  it('are made whole by a start when the process died half-way through the real file', () => {
    interrupted()
    const torn = Buffer.from(OLD)
    NEW.copy(torn, AT, 0, 300)
    writeFileSync(real, torn)
    replayDoubleWrites(folder)
    expect(readFileSync(real).equals(WRITTEN)).toBe(true)
    expect(readdirSync(folder)).toEqual(['real.mdf'])
  })

  it('never come from a side file that is not whole itself', () => {
    const side = interrupted()
    truncateSync(side, statSync(side).size - 1)
    writeFileSync(real, OLD)
    replayDoubleWrites(folder)
    expect(readFileSync(real).equals(OLD)).toBe(true)
    expect(readdirSync(folder)).toEqual(['real.mdf'])
  })
})
