import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchorText, parseAnchor } from '../../../electron/record/anchors.ts'
import type { PageRequest } from '../../../shared/ipc/schemas.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { auditHouse, place } from './audit-house.ts'
import { added, operator, tamper } from './support.ts'

const onePage: PageRequest = { offset: 0, limit: 10, sort: null, search: '', filters: [] }
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    if (error instanceof KeyturnError) return error.code
    throw error
  }
  throw new Error('it was not refused')
}

describe('an anchor', () => {
  test('is a file that a person can read, and an entry that names count and head', async () => {
    const { handlers, record, folder } = auditHouse()
    const head = record.hashOf(4) ?? ''
    const { name } = await handlers['audit.saveAnchor']({ place })
    expect(name).toBe('keyturn-anchor-4.txt')
    const text = readFileSync(join(folder, name), 'utf8')
    const identity = record.latest('signing-began')?.body.fingerprint
    expect(text).toContain('Entries:        4\n')
    expect(text).toContain(`node keyturn-audit-verify.mjs FILE --key ${identity} --anchor 4:${head}`)
    expect(text.split('\n').every((line) => line.length <= 100 || line.startsWith('node '))).toBe(true)
    const entry = record.latest('anchor-made')
    expect(entry).toMatchObject({ seq: 5, body: { count: 4, head, how: 'saved', to: 'the share' } })
    expect(record.verifyChain().unbroken).toBe(true)
  })

  test('for printing is the same text, and an entry too', async () => {
    const { handlers, record } = auditHouse({ rehearsal: true })
    const { text } = await handlers['audit.anchorToPrint']()
    expect(text).toMatch(/^KEYTURN RECORD ANCHOR \(REHEARSAL\)\n/)
    expect(record.latest('anchor-made')?.body).toMatchObject({ count: 4, how: 'print', to: null })
  })

  test('that could not be written is no entry', async () => {
    const { handlers, record, folder } = auditHouse()
    rmSync(folder, { recursive: true })
    expect(await codeOf(handlers['audit.saveAnchor']({ place }))).toBe('local-folder-missing')
    expect(record.latest('anchor-made')).toBeNull()
  })

  test('is shown on the page: when the last one left, and how', async () => {
    const { handlers } = auditHouse()
    expect((await handlers['audit.page']({ page: onePage, check: false })).ties.anchor).toBeNull()
    await handlers['audit.anchorToPrint']()
    const { ties } = await handlers['audit.page']({ page: onePage, check: false })
    expect(ties.anchor).toMatchObject({ count: 4, how: 'print', at: '2026-11-22T08:00:00.000Z' })
  })
})

describe('comparing an anchor', () => {
  const compare = async (house: ReturnType<typeof auditHouse>, anchor: string) =>
    house.handlers['audit.compareAnchor']({ anchor })

  test('pasted whole, as COUNT:HASH, or as its head in groups: the same', async () => {
    const house = auditHouse()
    const { text } = await house.handlers['audit.anchorToPrint']()
    const [, groups] = /^Head: +(.*)$/m.exec(text) ?? []
    house.record.append(added('SQL-5'))
    for (const pasted of [text, `4:${house.record.hashOf(4)}`, groups ?? '', ` ${groups?.toUpperCase()}\n`])
      expect(await compare(house, pasted)).toMatchObject({
        state: 'same',
        detail: 'Entry 4 has this hash, and entries 1 to 4 fit together',
      })
  })

  test('after a cut end, a rewrite or a break before it: differs, and why', async () => {
    const cut = auditHouse()
    const anchor = `4:${cut.record.hashOf(4)}`
    tamper(
      cut.file,
      'DELETE FROM entry WHERE seq > 2',
      'DELETE FROM signature WHERE seq > 2',
      'UPDATE chain_head SET seq = 2, hash = (SELECT hash FROM entry WHERE seq = 2)',
    )
    expect(cut.record.verifyChain().unbroken).toBe(true)
    expect(await compare(cut, anchor)).toMatchObject({
      state: 'differs',
      detail: 'The anchor is of entry 4, and the record ends at 2: its end was cut off',
    })
    const other = auditHouse()
    expect((await compare(other, anchor)).detail).toBe(
      'Entry 4 has another hash: it, or one before it, was rewritten',
    )
    expect((await compare(other, anchor.slice(2))).detail).toMatch(/^No entry has this hash/)
    tamper(other.file, `UPDATE entry SET person = 'Eve' WHERE seq = 3`)
    expect(await compare(other, `4:${other.record.hashOf(4)}`)).toMatchObject({
      state: 'differs',
      detail: 'Entry 4 has this hash, but entry 3 before it does not fit',
    })
  })

  test('text that is no anchor is said to be none', async () => {
    for (const text of ['', 'hello', '4:abcd', 'x'.repeat(64)])
      expect((await compare(auditHouse(), text)).state).toBe('unreadable')
  })

  test('an anchor text is read back as what it says', () => {
    const head = { count: 1_234, head: 'ab'.repeat(32) }
    const facts = { identity: 'cd'.repeat(32), countersigner: 'ef'.repeat(32), at: new Date(0), operator }
    expect(parseAnchor(anchorText({ ...head, ...facts, rehearsal: false }))).toEqual(head)
  })
})

describe('an export', () => {
  test('brings the script along; the command of an anchor checks it, from the folder alone', async () => {
    const { handlers, record, folder, files } = auditHouse()
    const { text } = await handlers['audit.anchorToPrint']()
    expect(await handlers['audit.export']({ place, from: 1 })).toEqual({
      name: 'keyturn-record-1-5.jsonl',
      verifier: 'keyturn-audit-verify.mjs',
    })
    expect(files()).toEqual(['keyturn-audit-verify.mjs', 'keyturn-record-1-5.jsonl'])
    expect(record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows[0]).toMatchObject({
      kind: 'record-exported',
      body: { from: 1, count: 5, to: 'the share' },
    })
    const [, ...command] =
      /^node (.*)$/m.exec(text.replace('FILE', 'keyturn-record-1-5.jsonl'))?.[0].split(' ') ?? []
    const { status, stdout } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' })
    expect(stdout).toContain('THE RECORD HOLDS.')
    expect(status).toBe(0)
  })

  test('a second one goes beside it, in a folder that has the script already', async () => {
    const { handlers, files } = auditHouse()
    await handlers['audit.export']({ place, from: 1 })
    await handlers['audit.export']({ place, from: 3 })
    expect(files()).toEqual([
      'keyturn-audit-verify.mjs',
      'keyturn-record-1-4.jsonl',
      'keyturn-record-3-5.jsonl',
    ])
  })

  test.skipIf(process.platform === 'win32')('is readable by its owner alone', async () => {
    const { handlers, folder } = auditHouse()
    const { name } = await handlers['audit.export']({ place, from: 1 })
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  test('from an entry that is not there is refused, and nothing is written', async () => {
    const { handlers, files, record } = auditHouse()
    expect(await codeOf(handlers['audit.export']({ place, from: 5 }))).toBe('not-found')
    expect([files(), record.head().count]).toEqual([[], 4])
  })

  test('another file with the name of the script is not replaced, and nothing is written', async () => {
    const { handlers, files, folder, record } = auditHouse()
    const script = join(folder, 'keyturn-audit-verify.mjs')
    for (const content of ['mine', 'x'.repeat(100_000)]) {
      writeFileSync(script, content)
      expect(await codeOf(handlers['audit.export']({ place, from: 1 }))).toBe('local-file-exists')
      expect(readFileSync(script, 'utf8')).toBe(content)
    }
    expect([files(), record.head().count]).toEqual([['keyturn-audit-verify.mjs'], 4])
  })
})

test('the page names identity, first signed entry and key number; the check names what it covers', async () => {
  const { handlers, record } = auditHouse()
  record.endEpoch('lock')
  const { ties, chain } = await handlers['audit.page']({ page: onePage, check: true })
  expect(ties).toMatchObject({
    identity: record.latest('signing-began')?.body.fingerprint,
    signedFrom: 1,
    epoch: 2,
  })
  expect(chain).toMatchObject({
    state: 'unbroken',
    detail: 'Entries 1 to 5 fit together, signed from entry 1',
  })
})
