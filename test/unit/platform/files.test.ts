import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  localFileError,
  removeLeftovers,
  writeFileAtomic,
  writeNewFile,
} from '../../../electron/platform/atomic-file.ts'
import { isMissing, readFileCapped } from '../../../electron/platform/read-file.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'keyturn-files-'))
  onTestFinished(() => {
    chmodSync(path, 0o700)
    rmSync(path, { recursive: true, force: true })
  })
  return path
}

const refusal = async (work: Promise<unknown>): Promise<KeyturnError> => {
  const error = await work.then(() => null).catch((thrown: unknown) => thrown)
  if (error instanceof KeyturnError) return error
  throw new Error('accepted, or another error')
}

describe('writing', () => {
  test('makes, and replaces as a whole, readable by this account only', async () => {
    const path = join(folder(), 'a')
    await writeFileAtomic(path, Buffer.from('first, and longer'))
    await writeFileAtomic(path, Buffer.from('second'))
    expect(readFileSync(path, 'utf8')).toBe('second')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await writeFileAtomic(path, Buffer.from('third'), { mode: 0o644 })
    expect(statSync(path).mode & 0o077).toBe(0o044)
  })

  test('a new file is refused where the name is taken, and the taken one stays', async () => {
    const at = folder()
    const path = join(at, 'key.pvk')
    await writeNewFile(path, Buffer.from('first'))
    expect((await refusal(writeNewFile(path, Buffer.from('second')))).problem).toMatchObject({
      code: 'local-file-exists',
      title: '«file» was not written: a file of that name is there'.replace('«file»', 'key.pvk'),
    })
    symlinkSync(join(at, 'nowhere'), join(at, 'link'))
    expect((await refusal(writeNewFile(join(at, 'link'), Buffer.from('x')))).code).toBe('local-file-exists')
    expect(readFileSync(path, 'utf8')).toBe('first')
    expect(readdirSync(at).sort()).toEqual(['key.pvk', 'link'])
  })

  test('of many that want one new name, one gets it', async () => {
    const path = join(folder(), 'a')
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => writeNewFile(path, Buffer.from(`${n}`))),
    )
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
  })

  test('a missing folder, and a file where a folder should be, are told as such', async () => {
    const at = folder()
    writeFileSync(join(at, 'file'), '')
    expect((await refusal(writeFileAtomic(join(at, 'none', 'a'), Buffer.from('x')))).code).toBe(
      'local-folder-missing',
    )
    expect((await refusal(writeNewFile(join(at, 'file', 'a'), Buffer.from('x')))).code).toBe(
      'local-folder-missing',
    )
  })

  test('a failed replacement leaves nothing beside the old file', async () => {
    const at = folder()
    const path = join(at, 'taken')
    mkdirSync(join(path, 'full'), { recursive: true })
    await refusal(writeFileAtomic(path, Buffer.from('x')))
    expect(readdirSync(at)).toEqual(['taken'])
  })

  test.each([
    ['ENOSPC', 'local-disk-full'],
    ['EDQUOT', 'local-disk-full'],
    ['EROFS', 'local-folder-read-only'],
    ['EACCES', 'local-folder-read-only'],
    ['EIO', 'local-file-not-written'],
  ])('%s reads as %s, names the file and keeps the number, not the path', (number, code) => {
    const error = localFileError(
      Object.assign(new Error(`${number}: /secret/place`), { code: number }),
      '/secret/place/a.cer',
    )
    expect(error.problem).toMatchObject({ code, vendor: { system: 'os', number } })
    expect(error.problem.title).toContain('a.cer')
    expect(JSON.stringify(error.problem) + error.message).not.toContain('/secret')
  })

  test('what a killed process left is removed, and nothing else', async () => {
    const at = folder()
    for (const name of ['.a.keyturn-part-00', '.ab.keyturn-part-00', 'a', '.a'])
      writeFileSync(join(at, name), '')
    expect(await removeLeftovers(join(at, 'a'))).toBe(1)
    expect(readdirSync(at).sort()).toEqual(['.a', '.ab.keyturn-part-00', 'a'])
    expect(await removeLeftovers(join(at, 'none', 'a'))).toBe(0)
  })
})

describe('reading', () => {
  test('gives the whole file up to the limit and refuses one byte more', async () => {
    const path = join(folder(), 'a')
    writeFileSync(path, Buffer.alloc(100, 7))
    expect((await readFileCapped(path, 100)).equals(Buffer.alloc(100, 7))).toBe(true)
    expect((await refusal(readFileCapped(path, 99))).code).toBe('file-too-large')
    writeFileSync(path, '')
    expect((await readFileCapped(path, 10)).length).toBe(0)
  })

  test('missing is one answer, not readable as a file another', async () => {
    const at = folder()
    const missing = await refusal(readFileCapped(join(at, 'none'), 10))
    expect([missing.code, isMissing(missing)]).toEqual(['local-file-not-read', true])
    const directory = await refusal(readFileCapped(at, 10_000_000))
    expect([directory.code, isMissing(directory)]).toEqual(['local-file-not-read', false])
    expect(existsSync(at)).toBe(true)
  })

  test('an endless device is refused', async () => {
    if (!existsSync('/dev/zero')) return
    expect((await refusal(readFileCapped('/dev/zero', 1_000))).code).toBe('file-too-large')
  })
})
