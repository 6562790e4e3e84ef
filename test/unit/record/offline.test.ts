import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { verifyExport } from '../../../electron/record/offline/keyturn-audit-verify.mjs'
import { verifierName, verifierScript } from '../../../electron/record/verifier-script.ts'
import { fuzzRecord } from '../../fuzz/record.ts'
import { headOf, linesOf, makeRecordSample } from '../../fuzz/record-sample.ts'
import { seeded } from '../../support/seeded.ts'
import { form1File, newFile, openRecord } from './support.ts'

const sample = makeRecordSample(150, seeded(3))
const folder = mkdtempSync(join(tmpdir(), 'keyturn-offline-'))
afterAll(() => {
  sample.end()
  rmSync(folder, { recursive: true, force: true })
})

const { count, head } = headOf(sample.rows)
const file = join(folder, 'record.jsonl')
writeFileSync(file, [...sample.record.exportLines(1)].join(''))
// In a folder of its own, as an export has it: nothing of Keyturn is near.
const script = join(folder, verifierName)
writeFileSync(script, verifierScript())
const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('keyturn-audit-verify', () => {
  test('imports nothing but parts of Node', () => {
    const names = [
      ...verifierScript()
        .toString('utf8')
        .matchAll(/\bfrom '([^']+)'|\bimport\(/g),
    ]
    expect(names.map(([, name]) => name)).toEqual(['node:crypto', 'node:fs', 'node:url', 'node:util'])
  })

  test('says what holds, with code 0', () => {
    const { status, stdout } = run(file, '--key', sample.identity, '--anchor', `${count}:${head}`)
    expect(stdout.split('\n')).toEqual([
      `Entries 1 to ${count} fit together. Head: ${head}`,
      expect.stringMatching(
        `^Signed from entry 1 under key ${sample.identity}. Changes of the key since: \\d+.$`,
      ),
      expect.stringMatching(/^Countersigned up to entry \d+ with key [0-9a-f]{64}/),
      `The anchor fits: entry ${count} has its hash.`,
      'THE RECORD HOLDS.',
      '',
    ])
    expect(status).toBe(0)
  })

  test('takes fingerprint and anchor as people write them', () => {
    const fours = sample.identity.toUpperCase().replace(/(.{4})(?=.)/g, '$1 ')
    expect(run(file, '--key', fours, '--anchor', head).status).toBe(0)
  })

  test('names the first bad entry, with code 1', () => {
    const changed = join(folder, 'changed.jsonl')
    writeFileSync(changed, readFileSync(file, 'utf8').replace('"seq":57,"form":1', '"seq":57,"form":2'))
    const { status, stdout } = run(changed, '--key', sample.identity)
    expect(stdout).toBe('Entry 57: its content does not match its hash.\nTHE RECORD DOES NOT HOLD.\n')
    expect(status).toBe(1)
  })

  test.each([
    ['no file', ['--key', sample.identity], 'Usage:'],
    ['no key', [file], 'Usage:'],
    ['a file that is not there', [join(folder, 'none'), '--key', sample.identity], 'ENOENT'],
    [
      'a file that is no export',
      [script, '--key', sample.identity],
      'The first line is not that of an exported',
    ],
    ['half a fingerprint', [file, '--key', 'ab12'], '--key takes the 64 characters'],
    [
      'half an anchor',
      [file, '--key', sample.identity, '--anchor', '12:ab'],
      '--anchor takes HASH or COUNT:HASH',
    ],
    ['an unknown option', [file, '--trust-me'], 'Usage:'],
  ])('%s: code 2 and what is missing', (_what, args, words) => {
    const { status, stdout, stderr } = run(...args)
    expect(stderr).toContain(words)
    expect([status, stdout]).toEqual([2, ''])
  })
})

describe('what the script trusts', () => {
  const lines = linesOf(sample.rows)
  const other = 'ab'.repeat(32)

  test('no key of the file: another fingerprint than the one given is refused', () => {
    const { code, lines: said } = verifyExport(lines, { key: other })
    expect([code, said[0]]).toEqual([1, `No entry begins signing under the key ${other}.`])
  })

  test('a cut end shows by the anchor alone, with or without its count', () => {
    const short = sample.rows.slice(
      0,
      sample.rows.findLastIndex(({ signature }, at) => signature && at < 140) + 1,
    )
    const cut = linesOf(short)
    expect(verifyExport(cut, { key: sample.identity }).code).toBe(0)
    for (const anchors of [[head], [`${count}:${head}`]]) {
      const { code, lines: said } = verifyExport(cut, { key: sample.identity, anchors })
      expect(code).toBe(1)
      expect(said[0]).toContain('the end was cut off')
    }
  })

  test('several anchors are all held against it; one with another hash names its entry', () => {
    const early = sample.rows[9]?.entry
    const anchors = [`10:${early?.hash}`, `20:${other}`]
    expect(verifyExport(lines, { key: sample.identity, anchors })).toMatchObject({ code: 1, entry: 20 })
    expect(verifyExport(lines, { key: sample.identity, anchors: [`11:${early?.hash}`] }).code).toBe(1)
  })

  test('a countersigning key that is not the one given is found', () => {
    const countersigner = sample.record.latest('countersigned')?.body.fingerprint ?? ''
    expect(verifyExport(lines, { key: sample.identity, countersigner }).code).toBe(0)
    const { code, lines: said } = verifyExport(lines, { key: sample.identity, countersigner: other })
    expect([code, said[0]]).toEqual([1, expect.stringContaining('not the one that was given')])
  })
})

describe('a part of the record', () => {
  test('is checked under the first fingerprint, from the first entry and from every other', () => {
    for (let from = 1; from <= count; from += 7) {
      const lines = [...sample.record.exportLines(from)].map((line) => line.slice(0, -1))
      expect(verifyExport(lines, { key: sample.identity, anchors: [head] }).lines).toContain(
        'THE RECORD HOLDS.',
      )
    }
  })

  test('an anchor of the entry just before fits; an older one can’t be checked and is said to be older', () => {
    const lines = [...sample.record.exportLines(100)].map((line) => line.slice(0, -1))
    const anchorOf = (seq: number): string => `${seq}:${sample.record.hashOf(seq)}`
    expect(verifyExport(lines, { key: sample.identity, anchors: [anchorOf(99)] }).code).toBe(0)
    const plain = sample.rows.findLastIndex(
      ({ entry }) => entry.seq < 98 && entry.kind === 'connection-added',
    )
    const { code, lines: said } = verifyExport(lines, {
      key: sample.identity,
      anchors: [anchorOf(plain + 1)],
    })
    expect([code, said[0]]).toEqual([2, expect.stringContaining('is older than this part')])
  })

  test('a change of keys that is left out is found', () => {
    const lines = [...sample.record.exportLines(100)].map((line) => line.slice(0, -1))
    const without = lines.toSpliced(2, 1)
    expect(verifyExport(without, { key: sample.identity }).code).toBe(1)
  })
})

describe('records with a past', () => {
  const exportOf = (record: ReturnType<typeof openRecord>): string[] =>
    [...record.exportLines(1)].map((line) => line.slice(0, -1))

  test('entries from before signing are covered by the hash that the first signed entry carries', () => {
    const record = openRecord(form1File())
    const key = record.latest('signing-began')?.body.fingerprint ?? ''
    const { code, lines } = verifyExport(exportOf(record), { key })
    expect([code, lines[2]]).toEqual([0, 'Entries before 8 are covered by the hash that entry 8 carries.'])
    const edited = exportOf(record).map((line) => line.replace('Ada Example', 'Eve'))
    expect(verifyExport(edited, { key })).toMatchObject({ code: 1, entry: 1 })
  })

  test('where signing started anew, the old fingerprint does not hold and the new one holds from there', () => {
    const path = newFile()
    const record = openRecord(path)
    const first = record.latest('signing-began')?.body.fingerprint ?? ''
    record.append({ kind: 'rehearsal-ended', outcome: 'done', body: {} })
    record.close()
    rmSync(`${path}.key`)
    const again = openRecord(path)
    const second = again.latest('signing-began')?.body.fingerprint ?? ''
    expect(verifyExport(exportOf(again), { key: first })).toMatchObject({ code: 1, entry: 3 })
    const { code, lines } = verifyExport(exportOf(again), { key: second })
    expect([code, lines[1]]).toEqual([0, expect.stringContaining('Signed from entry 3')])
  })
})

test('changed records: every change is found by the program and by the script, and none is imagined', () => {
  expect(fuzzRecord(60, 54, 5)).toMatch(/^3 clean, no false alarm; found in (8|9|10) of 10 tenths/)
})
