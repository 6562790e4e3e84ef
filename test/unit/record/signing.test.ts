import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { startNodeChild } from '../../../electron/platform/child-process.ts'
import { hashEntry } from '../../../electron/record/entry-hash.ts'
import { readSigningKey, signBytes, signedBytes } from '../../../electron/record/signing/signature.ts'
import type { Record } from '../../../electron/record/record.ts'
import type { NewEntry } from '../../../shared/model/record.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import { added, filledFile, form1File, newFile, openRecord, tamper } from './support.ts'

const ended: NewEntry = { kind: 'rehearsal-ended', outcome: 'done', body: {} }
const kinds = (record: Record): string[] =>
  record.page({ offset: 0, limit: 100, order: 'oldest-first' }).rows.map(({ kind }) => kind)
const keyFile = (file: string) => `${file}.key`
const publicKeyIn = (file: string): string | undefined => readSigningKey(readFileSync(file))?.publicKey

describe('epochs', () => {
  test('a new record begins signing with its first entry, with the key in the file beside it', () => {
    const file = newFile()
    const record = openRecord(file)
    expect(record.latest('signing-began')).toMatchObject({
      seq: 1,
      body: { epoch: 1, publicKey: publicKeyIn(keyFile(file)), count: 0, because: 'first' },
    })
  })

  test.skipIf(process.platform === 'win32')(
    'the key can be read only by its owner, after a change too',
    () => {
      const file = newFile()
      const record = openRecord(file)
      record.append(ended)
      record.endEpoch('lock')
      expect(statSync(keyFile(file)).mode & 0o777).toBe(0o600)
    },
  )

  test('a change destroys the old key: it is in no file, and the new one was signed by it', () => {
    const file = newFile()
    const record = openRecord(file)
    const old = readFileSync(keyFile(file))
    record.append(ended)
    record.endEpoch('lock')
    expect(readFileSync(keyFile(file)).equals(old)).toBe(false)
    expect(existsSync(`${keyFile(file)}.next`)).toBe(false)
    expect(kinds(record)).toEqual(['signing-began', 'rehearsal-ended', 'signing-key-changed'])
    expect(record.verifyChain()).toMatchObject({ unbroken: true, signing: { from: 1, changes: 1 } })
  })

  test('a key that has signed nothing is not changed', () => {
    const record = openRecord()
    record.endEpoch('lock')
    record.append(ended)
    record.endEpoch('end')
    record.endEpoch('end')
    expect(kinds(record)).toEqual(['signing-began', 'rehearsal-ended', 'signing-key-changed'])
  })

  test('an epoch ends after its number of entries, and after its time', () => {
    const clock = new FixedClock()
    const record = openRecord(newFile(), { clock, limits: { entries: 3, milliseconds: 60_000 } })
    for (let at = 0; at < 3; at += 1) record.append(ended)
    expect(kinds(record).at(-1)).toBe('signing-key-changed')
    record.append(ended)
    clock.advance(60_000)
    expect(kinds(record).at(-1)).toBe('rehearsal-ended')
    record.append(ended)
    const [last] = record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows
    expect(last).toMatchObject({ kind: 'signing-key-changed', body: { because: 'time', epoch: 3 } })
    expect(record.verifyChain().unbroken).toBe(true)
  })

  test('a program start begins an epoch, unless the last one is unused', () => {
    const file = newFile()
    const first = openRecord(file)
    first.append(ended)
    first.close()
    openRecord(file).close()
    expect(kinds(openRecord(file))).toEqual(['signing-began', 'rehearsal-ended', 'signing-key-changed'])
  })

  test('an epoch that can’t end goes on: what was written counts, and the change is made up for later', () => {
    const file = newFile()
    const record = openRecord(file, { limits: { entries: 2, milliseconds: 60_000 } })
    mkdirSync(`${keyFile(file)}.next`)
    expect([2, 3, 4].map(() => record.append(ended).seq)).toEqual([2, 3, 4])
    record.endEpoch('lock')
    expect(record.verifyChain()).toMatchObject({ unbroken: true, entries: 4, signing: { changes: 0 } })
    rmdirSync(`${keyFile(file)}.next`)
    record.append(ended)
    expect(record.verifyChain()).toMatchObject({ unbroken: true, entries: 6, signing: { changes: 1 } })
  })

  test('the key of today can’t sign an entry of yesterday again', () => {
    const file = newFile()
    const record = openRecord(file)
    record.append(added('SQL-2'))
    record.endEpoch('lock')
    record.close()
    const thief = readSigningKey(readFileSync(keyFile(file)))
    if (thief === null) throw new Error('there is no key')
    const db = new DatabaseSync(file)
    const row = db.prepare('SELECT * FROM entry WHERE seq = 2').get() as unknown as Parameters<
      typeof hashEntry
    >[0]
    const hash = hashEntry({ ...row, person: 'Eve' })
    db.close()
    const value = signBytes(thief.privateKey, signedBytes({ epoch: 1, first: 2, last: 2, hash }))
    tamper(
      file,
      `UPDATE entry SET person = 'Eve', hash = '${hash}' WHERE seq = 2`,
      `UPDATE signature SET value = '${value}' WHERE seq = 2`,
    )
    expect(openRecord(file).verifyChain()).toMatchObject({
      unbroken: false,
      brokenAt: 2,
      why: 'its signature does not fit',
    })
  })
})

describe('signatures in the file', () => {
  test.each([
    [
      'changed',
      `UPDATE signature SET value = '${'0'.repeat(128)}' WHERE seq = 3`,
      3,
      'its signature does not fit',
    ],
    ['removed', 'DELETE FROM signature WHERE seq = 3', 4, 'its signature begins at entry 4, not 3'],
    [
      'removed at the end',
      'DELETE FROM signature WHERE seq >= 6',
      6,
      'the entry that changes the key is not signed',
    ],
    ['of another epoch', 'UPDATE signature SET epoch = 7 WHERE seq = 3', 3, 'it is signed with key 7, not 1'],
    [
      'for no entry',
      `INSERT INTO signature VALUES (99, 99, 1, '')`,
      7,
      'there is a signature without its entry',
    ],
  ])('%s: found', (_what, statement, brokenAt, why) => {
    const file = filledFile(5)
    const record = openRecord(file)
    tamper(file, statement)
    expect(record.verifyChain()).toMatchObject({ unbroken: false, brokenAt, why })
  })

  test('entries that no signature covers at the end are found', () => {
    const file = newFile()
    const record = openRecord(file)
    record.append(ended)
    tamper(file, 'DELETE FROM signature WHERE seq = 2')
    expect(record.verifyChain()).toMatchObject({ brokenAt: 2, why: 'no signature covers it' })
  })
})

describe('a key that is gone', () => {
  test('signing starts anew, and an entry, the check and the number of the key say so', () => {
    const file = filledFile(3)
    rmSync(keyFile(file))
    const record = openRecord(file)
    record.append(ended)
    expect(record.latest('signing-began')).toMatchObject({
      seq: 4,
      body: { epoch: 2, count: 3, because: 'key-missing' },
    })
    expect(record.verifyChain()).toMatchObject({ unbroken: true, signing: { from: 1, anew: [4] } })
  })

  test.each([
    [
      'half a key',
      (file: string) => writeFileSync(keyFile(file), readFileSync(keyFile(file)).subarray(0, 50)),
    ],
    ['text', (file: string) => writeFileSync(keyFile(file), 'no key')],
    [
      'the key of another record',
      (file: string) => writeFileSync(keyFile(file), readFileSync(keyFile(filledFile(1)))),
    ],
  ])('%s in its place counts as gone', (_what, spoil) => {
    const file = filledFile(3)
    spoil(file)
    expect(openRecord(file).verifyChain()).toMatchObject({ unbroken: true, signing: { anew: [4] } })
  })

  test('a record that was put back as an older copy does not go on with the newer key', () => {
    const file = filledFile(3)
    const old = readFileSync(file)
    openRecord(file).close()
    writeFileSync(file, old)
    rmSync(`${file}-wal`, { force: true })
    rmSync(`${file}-shm`, { force: true })
    expect(openRecord(file).latest('signing-began')?.body.because).toBe('key-missing')
  })

  test('nothing of the record depends on the keyring: it opens and goes on beside any other', () => {
    const file = filledFile(3)
    writeFileSync(file.replace('record.db', 'keyring.json'), '{}')
    expect(openRecord(file).verifyChain()).toMatchObject({ unbroken: true, signing: { anew: [] } })
  })
})

describe('a file of form 1', () => {
  test('keeps its entries byte by byte, and the first new entry covers them by their head', () => {
    const file = form1File()
    const rows = (): unknown[] => {
      const db = new DatabaseSync(file, { readOnly: true })
      const all = db.prepare('SELECT * FROM entry WHERE seq <= 7 ORDER BY seq').all()
      db.close()
      return all
    }
    const before = rows()
    const record = openRecord(file)
    expect(rows()).toEqual(before)
    expect(record.latest('signing-began')).toMatchObject({
      seq: 8,
      body: { epoch: 1, count: 7, head: record.hashOf(7), because: 'first' },
    })
    record.append(ended)
    expect(record.verifyChain()).toMatchObject({ unbroken: true, entries: 9, signing: { from: 8, anew: [] } })
  })

  test('an edit of an old entry is found after that', () => {
    const file = form1File()
    const record = openRecord(file)
    tamper(file, `UPDATE entry SET person = 'Eve' WHERE seq = 2`)
    expect(record.verifyChain()).toMatchObject({ unbroken: false, brokenAt: 2 })
  })

  test('and a rewrite of the old entries with every hash mended', () => {
    const file = form1File()
    const record = openRecord(file)
    record.close()
    const db = new DatabaseSync(file)
    db.exec('DROP TRIGGER entry_is_never_changed')
    let prev = '0'.repeat(64)
    for (const row of db.prepare('SELECT * FROM entry ORDER BY seq').all()) {
      const forged = { ...row, person: 'Eve', prev } as unknown as Parameters<typeof hashEntry>[0]
      const hash = hashEntry(forged)
      db.prepare('UPDATE entry SET person = ?, prev = ?, hash = ? WHERE seq = ?').run(
        'Eve',
        prev,
        hash,
        forged.seq,
      )
      prev = hash
    }
    db.prepare('UPDATE chain_head SET hash = ?').run(prev)
    db.close()
    expect(openRecord(file).verifyChain()).toMatchObject({ unbroken: false, brokenAt: 8 })
  })
})

describe('SIGKILL while keys change', () => {
  const writer = fileURLToPath(new URL('crash-writer.ts', import.meta.url))
  // The first time is the first key of a record, the second is a change of keys.
  test.each([
    ['next-written', 1],
    ['committed', 1],
    ['next-begun', 2],
    ['next-written', 2],
    ['committed', 2],
    ['old-overwritten', 2],
    ['next-moved', 2],
  ])('at %s, time %i: the record names one key, and that key is there', async (point, times) => {
    const file = newFile()
    const args = [file, point, String(times)]
    const child = await startNodeChild({ entry: writer, args, onLine: () => undefined })
    expect((await child.exited).signal).toBe('SIGKILL')

    const record = openRecord(file)
    const check = record.verifyChain()
    expect(check).toMatchObject({ unbroken: true, signing: { from: 1, anew: [] } })
    record.append(ended)
    record.endEpoch('end')
    expect(record.verifyChain()).toMatchObject({ unbroken: true, signing: { anew: [] } })
    expect(existsSync(`${keyFile(file)}.next`)).toBe(false)
    const changed = record.latest('signing-key-changed')
    expect(publicKeyIn(keyFile(file))).toBe(changed?.body.publicKey)
  })
})
