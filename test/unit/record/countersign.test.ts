import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { countersign, followKeyring } from '../../../electron/record/countersign.ts'
import type { Record } from '../../../electron/record/record.ts'
import { secretPurpose } from '../../../shared/ipc/schemas.ts'
import { newKeyring, passphrase } from '../keyring/support.ts'
import { added, newFile, openRecord, tamper } from './support.ts'

const kinds = (record: Record): string[] =>
  record.page({ offset: 0, limit: 100, order: 'oldest-first' }).rows.map(({ kind }) => kind)
const binding = { purpose: 'record.countersign', target: null } as const

describe('at unlock', () => {
  test('the first time a key is made in the keyring and named in the record; then it signs all before', async () => {
    const { keyring } = await newKeyring()
    const record = openRecord()
    record.append(added('SQL-2'))
    await countersign(record, keyring)
    expect(kinds(record).slice(-2)).toEqual(['countersigner-began', 'countersigned'])
    expect(record.latest('countersigned')?.body).toMatchObject({ count: 3, head: record.hashOf(3), since: 1 })
    expect(keyring.list(binding)).toHaveLength(1)
    expect(record.verifyChain()).toMatchObject({ unbroken: true, signing: { countersigned: { to: 3 } } })
  })

  test('the same key signs what came since; nothing is written to the keyring for it', async () => {
    const { keyring, path } = await newKeyring()
    const record = openRecord()
    await countersign(record, keyring)
    const before = readFileSync(path, 'utf8')
    record.append(added('SQL-2'))
    await countersign(record, keyring)
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(kinds(record).filter((kind) => kind === 'countersigner-began')).toHaveLength(1)
    expect(record.latest('countersigned')?.body).toMatchObject({ count: 4, since: 3 })
  })

  test('a keyring without the key, an older copy or a new one, gets a new key and an entry that says so', async () => {
    const one = await newKeyring()
    const record = openRecord()
    await countersign(record, one.keyring)
    const before = record.latest('countersigner-began')?.body.fingerprint
    await countersign(record, (await newKeyring()).keyring)
    expect(record.latest('countersigner-began')?.body).toMatchObject({ because: 'not-in-keyring', before })
    // The keyring that comes back is recognized, and that is said too.
    await countersign(record, one.keyring)
    expect(record.latest('countersigner-began')?.body).toMatchObject({ fingerprint: before })
    expect(record.verifyChain().unbroken).toBe(true)
  })

  test('a key that somebody without the passphrase brought in is exposed at the next unlock', async () => {
    const { keyring } = await newKeyring()
    const record = openRecord()
    await countersign(record, keyring)
    const genuine = record.latest('countersigner-began')?.body.fingerprint
    await countersign(record, (await newKeyring()).keyring)
    const planted = record.latest('countersigner-began')?.body.fingerprint
    await countersign(record, keyring)
    expect(record.latest('countersigner-began')).toMatchObject({
      body: { fingerprint: genuine, before: planted, because: 'not-in-keyring' },
      outcome: 'done',
    })
  })

  test('a record in the place of the one that this keyring countersigned is named as such', async () => {
    const { keyring } = await newKeyring()
    await countersign(openRecord(), keyring)
    const other = openRecord()
    await countersign(other, keyring)
    expect(other.latest('countersigner-began')?.body).toMatchObject({
      because: 'not-in-record',
      before: null,
    })
  })

  test('a locked keyring gives no countersignature', async () => {
    const { keyring } = await newKeyring()
    keyring.lock()
    const record = openRecord()
    await expect(countersign(record, keyring)).rejects.toThrow(KeyturnError)
    expect(kinds(record)).toEqual(['signing-began'])
  })
})

describe('what a forger makes of it', () => {
  test.each([
    ['another signature', `replace(body, '"signature":"', '"signature":"0')`],
    ['another count', `replace(body, '"count":2', '"count":1')`],
  ])('%s in the entry is found by the chain', async (_what, body) => {
    const { keyring } = await newKeyring()
    const file = newFile()
    const record = openRecord(file)
    await countersign(record, keyring)
    tamper(file, `UPDATE entry SET body = ${body} WHERE kind = 'countersigned'`)
    expect(record.verifyChain()).toMatchObject({ unbroken: false, brokenAt: 3 })
  })

  test('a countersignature that was made up fits the chain, but not the key', async () => {
    const { keyring } = await newKeyring()
    const record = openRecord()
    await countersign(record, keyring)
    const { fingerprint } = record.latest('countersigned')?.body ?? { fingerprint: '' }
    record.commit({
      entries: ({ count, head }) => [
        {
          kind: 'countersigned',
          outcome: 'done',
          body: { count, head, since: 3, fingerprint, signature: 'ab'.repeat(64) },
        },
      ],
    })
    expect(record.verifyChain()).toMatchObject({ brokenAt: 4, why: 'its countersignature does not fit' })
  })

  test('the window can neither keep nor make such a key', () => {
    expect(secretPurpose.safeParse('record.countersign').success).toBe(false)
    expect(secretPurpose.safeParse('sql.login-password').success).toBe(true)
  })
})

describe('while the program runs', () => {
  test('each unlock countersigns, each lock ends the epoch', async () => {
    const { keyring } = await newKeyring()
    keyring.lock()
    const record = openRecord()
    const watch = followKeyring(record, keyring)
    record.append(added('SQL-2'))
    await keyring.unlock(passphrase())
    await watch.settled()
    expect(kinds(record).slice(2)).toEqual(['countersigner-began', 'countersigned'])
    keyring.lock()
    expect(record.latest('signing-key-changed')?.body.because).toBe('lock')
    await keyring.unlock(passphrase())
    await watch.settled()
    expect(record.latest('countersigned')?.body).toMatchObject({ count: 5, since: 4 })
    watch.stop()
    expect(record.verifyChain().unbroken).toBe(true)
  })

  test('a keyring that is locked again at once is countersigned at the next unlock, without an error', async () => {
    const { keyring } = await newKeyring()
    keyring.lock()
    const record = openRecord()
    const watch = followKeyring(record, keyring)
    await keyring.unlock(passphrase())
    keyring.lock()
    await watch.settled()
    expect(kinds(record)).not.toContain('countersign-failed')
    await keyring.unlock(passphrase())
    await watch.settled()
    expect(kinds(record)).toContain('countersigned')
    watch.stop()
  })
})
