import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseServerAddress } from '../../../sandbox/conformance/address.ts'
import type { Asker } from '../../../sandbox/conformance/answer.ts'
import { askConsent, consentSentence } from '../../../sandbox/conformance/consent.ts'
import { live } from '../../../sandbox/conformance/conversation.ts'
import { declaredType } from '../../../sandbox/conformance/declared-type.ts'
import { scratchLife } from '../../../sandbox/conformance/questions-write.ts'

describe('the address of a real server', () => {
  test('has defaults, and percent-encoded signs are taken back', () => {
    expect(parseServerAddress('mssql://s%40a:p%3A%2F%25w@sql.example')).toEqual({
      host: 'sql.example',
      port: 1433,
      user: 's@a',
      password: 'p:/%w',
      encryption: { mode: 'mandatory', trust: { kind: 'system' } },
    })
  })

  test('names a pin in any notation, or a file of authorities', () => {
    const pin = 'ab:'.repeat(31) + 'ab'
    expect(parseServerAddress(`mssql://u:p@h:1?pin=${pin}&encryption=strict`).encryption).toEqual({
      mode: 'strict',
      trust: { kind: 'pin', sha256: 'AB'.repeat(32) },
    })
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-address-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'ca.pem'), 'PEM')
    expect(parseServerAddress(`mssql://u:p@h:1?ca=${folder}/ca.pem`).encryption.trust).toEqual({
      kind: 'ca',
      pem: 'PEM',
    })
  })

  test.each([
    'canary-31',
    'https://u:canary-31@h',
    'mssql://u:canary-31@h?pin=zz',
    'mssql://u:canary-31@h?ca=/no/such/file',
    'mssql://u:canary-31@h?ca=/no/such/file&pin=aa',
    'mssql://u:canary-31@h?encryption=off',
    'mssql://u:canary-31@h?trustServerCertificate=canary-31',
    'mssql://u:canary-31%ZZ@h',
    'mssql://canary-31@h',
  ])('that is wrong is refused without a word of it: %s', (address) => {
    expect(() => parseServerAddress(address)).toThrow(/^KEYTURN_TEST_SQLSERVER: /)
    expect(() => parseServerAddress(address)).not.toThrow(/canary/)
  })
})

describe('consent to write', () => {
  const typed = async (text: string): Promise<boolean> => {
    const input = new PassThrough()
    input.end(text)
    return askConsent('sql:1433', input, new PassThrough().resume())
  }

  test('is the exact sentence with the server’s name, and nothing else', async () => {
    expect(await typed(`${consentSentence('sql:1433')}\n`)).toBe(true)
    for (const other of ['y\n', 'yes\n', `${consentSentence('other:1433')}\n`, '']) {
      expect(await typed(other)).toBe(false)
    }
  })
})

describe('scratch objects', () => {
  const life = scratchLife('0a1b')

  test('have a random name that is told, and no password is shown', () => {
    expect(life.name).toBe('KT_conf_0a1b')
    expect(scratchLife().name).not.toBe(scratchLife().name)
    expect(life.create.batch).toBe('CREATE DATABASE [KT_conf_0a1b];')
    expect(life.drop.batch).toBe('USE master; DROP DATABASE [KT_conf_0a1b];')
    const [password] = life.inside.flatMap(({ batch }) => /N'(Kt-[0-9a-f]{24}-A7)'/.exec(batch)?.[1] ?? [])
    expect(password).toBeDefined()
    for (const { id } of life.inside) expect(id).not.toContain(password)
  })

  test('never leave their database once inside', () => {
    for (const { batch } of life.inside) expect(batch).not.toMatch(/\bUSE\b/)
  })

  const serverIn = (place: string) => {
    const heard: string[] = []
    const asker: Asker = {
      ask: async (batch) => {
        heard.push(batch)
        const rows = batch.includes('DB_NAME()') ? [[place]] : []
        return { sets: [{ columns: [], rows }], messages: [] }
      },
      close: async () => undefined,
    }
    return { heard, asker }
  }

  test('are not touched on a server that did not make the database', async () => {
    const real = serverIn('master')
    await expect(live(life, real.asker, serverIn(life.name).asker)).rejects.toThrow('was not made')
    expect(real.heard.filter((batch) => /MASTER KEY|CERTIFICATE/.test(batch))).toEqual([])
  })

  test('are dropped at the end, and when a session fails on the way', async () => {
    const real = serverIn(life.name)
    await live(life, real.asker, serverIn(life.name).asker)
    expect(real.heard.at(-1)).toBe(life.drop.batch)
    const failing = serverIn(life.name)
    const lost: Asker = {
      ...failing.asker,
      ask: (batch) =>
        batch.includes('CREATE MASTER KEY') ? Promise.reject(new Error('lost')) : failing.asker.ask(batch),
    }
    await expect(live(life, lost, serverIn(life.name).asker)).rejects.toThrow('lost')
    expect(failing.heard.at(-1)).toBe(life.drop.batch)
  })
})

describe('the declared type', () => {
  test.each([
    [{ type: { name: 'IntN' }, dataLength: 8 }, 'bigint'],
    [{ type: { name: 'Int' } }, 'int'],
    [{ type: { name: 'BitN' }, dataLength: 1 }, 'bit'],
    [{ type: { name: 'NVarChar' }, dataLength: 256 }, 'nvarchar(128)'],
    [{ type: { name: 'NVarChar' }, dataLength: 65535 }, 'nvarchar(max)'],
    [{ type: { name: 'VarBinary' }, dataLength: 20 }, 'varbinary(20)'],
    [{ type: { name: 'DecimalN' }, dataLength: 13, precision: 25, scale: 0 }, 'decimal(25, 0)'],
    [{ type: { name: 'DateTime2' }, scale: 7 }, 'datetime2(7)'],
    [{ type: { name: 'DateTimeN' }, dataLength: 8 }, 'datetime'],
  ])('of %o is %s', (column, declared) => {
    expect(declaredType(column)).toBe(declared)
  })
})
