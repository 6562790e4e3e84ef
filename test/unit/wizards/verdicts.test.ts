import { describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { parseThumbprint } from '../../../shared/model/ids.ts'
import type { SqlRow } from '../../../electron/ports/sql-server.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { fakeServer, freshState, target } from './fake-server.ts'

const print = Buffer.from('9F3A0000000000000000000000000000000077C0', 'hex')
const denied = new KeyturnError('sql-permission', { target: 'x', what: 'y', permission: 'z' })

describe('the retire verdict of an instance', () => {
  const thumbprint = parseThumbprint(print.toString('hex'))
  const verdict = (rows: Record<string, SqlRow[] | Error>) =>
    createVerdicts({
      open: async () => ({
        ...fakeServer(freshState([])),
        query: async (sql: string) => {
          const found =
            Object.entries(rows).find(([part]) => sql.includes(part))?.[1] ??
            (sql.includes('AS sees_all') ? [{ sees_all: 1 }] : [])
          if (found instanceof Error) throw found
          return found
        },
      }),
    })
  const ask = (rows: Record<string, SqlRow[] | Error>) => {
    if (thumbprint === null) throw new Error('no thumbprint')
    return verdict(rows).certificate(target, thumbprint)
  }
  it('is unused only after every source was read', async () => {
    expect(await ask({})).toEqual({
      state: 'unused',
      checked: ['SQLPROD-01, msdb.dbo.backupset', 'SQLPROD-01, sys.dm_database_encryption_keys'],
    })
    expect(await ask({ dm_database_encryption_keys: denied })).toMatchObject({ state: 'unknown' })
    expect(await ask({ backupset: denied })).toMatchObject({ state: 'unknown' })
  })
  it('names who needs it', async () => {
    expect(
      await ask({
        backupset: [{ database_name: 'Sales', backups: 3 }],
        dm_database_encryption_keys: [{ database_name: 'Secret' }],
      }),
    ).toEqual({
      state: 'in-use',
      users: ['3 backups of Sales', 'the database encryption key of Secret'],
    })
    expect(
      await verdict({ 'sys.certificates': [{ name: 'KT' }] }).databaseMasterKey(target, 'master'),
    ).toEqual({ state: 'in-use', users: ['the private key of KT'] })
    expect(await verdict({}).databaseMasterKey(target, 'Sales')).toMatchObject({
      state: 'unused',
      checked: ['SQLPROD-01, Sales.sys.certificates, sys.asymmetric_keys'],
    })
    expect(
      await verdict({ 'AS sees_all': [{ sees_all: 0 }] }).databaseMasterKey(target, 'Sales'),
    ).toMatchObject({ state: 'unknown', why: expect.stringContaining('VIEW DEFINITION on Sales is missing') })
    expect(
      await verdict({ '[Sales].sys.certificates': denied }).databaseMasterKey(target, 'Sales'),
    ).toMatchObject({
      state: 'unknown',
    })
  })
})
