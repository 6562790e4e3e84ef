import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { writeNewFile } from '../../../electron/platform/atomic-file.ts'

/** A file system that answers each hard link with this number. */
const answer = vi.hoisted(() => ({ code: '', asked: 0 }))
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof files>()),
  link: () => {
    answer.asked += 1
    return Promise.reject(Object.assign(new Error(`${answer.code}: link`), { code: answer.code }))
  },
}))

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'keyturn-links-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
const write = (path: string): Promise<unknown> =>
  writeNewFile(path, Buffer.from('new')).catch((thrown: unknown) => thrown)

// EPERM: FAT on Linux and macOS. ENOTSUP: network folders. EISDIR: exFAT under Windows.
describe.each(['EPERM', 'ENOTSUP', 'EINVAL', 'EISDIR'])('where a hard link is answered with %s', (code) => {
  beforeEach(() => void Object.assign(answer, { code, asked: 0 }))

  test('a new file is written all the same, and nothing stays beside it', async () => {
    const at = folder()
    expect(await write(join(at, 'a'))).toBeUndefined()
    expect(readFileSync(join(at, 'a'), 'utf8')).toBe('new')
    expect([readdirSync(at), answer.asked]).toEqual([['a'], 1])
  })

  test('a file that is there is refused and stays', async () => {
    const at = folder()
    writeFileSync(join(at, 'a'), 'old')
    expect(await write(join(at, 'a'))).toMatchObject({ code: 'local-file-exists' })
    expect(readFileSync(join(at, 'a'), 'utf8')).toBe('old')
    expect(readdirSync(at)).toEqual(['a'])
  })

  test('a folder that is there is refused and stays', async () => {
    const at = folder()
    mkdirSync(join(at, 'a', 'full'), { recursive: true })
    expect(await write(join(at, 'a'))).toMatchObject({ code: 'local-file-exists' })
    expect([readdirSync(at), readdirSync(join(at, 'a'))]).toEqual([['a'], ['full']])
  })
})

test('any other answer is told, and nothing stays', async () => {
  answer.code = 'EIO'
  const at = folder()
  expect(await write(join(at, 'a'))).toMatchObject({ code: 'local-file-not-written' })
  expect(readdirSync(at)).toEqual([])
})
