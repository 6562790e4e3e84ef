/** Who needs an asymmetric key, asked of a simulated server whose connector asks simulated Azure. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readServerKeys } from '../../../electron/inventory/server-keys.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { verdictOn, type KeyUse } from '../../../electron/ports/verdicts.ts'
import * as ekm from '../../../electron/scripts/tsql/ekm.ts'
import { readEkm } from '../../../electron/wizards/sqlserver/read-ekm.ts'
import { ekmChain, type Chain } from './ekm-chain.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'

let place: EkmWorld
let chain: Chain

const ask = async (thumbprint?: string): Promise<KeyUse> =>
  createVerdicts({ open: () => chain.server.open() }).asymmetricKey(
    chain.server.ref,
    thumbprint ?? (await chain.thumbprintOf('tde')),
  )

beforeAll(async () => {
  place = await ekmWorld()
  chain = await ekmChain(place, 'KTR-USE-1')
})
afterAll(() => place.end())

describe('who needs an asymmetric key', () => {
  it('nobody yet: every source was read, and backups without a key are named for what is not known of them', async () => {
    await chain.server.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\before.bak'")
    const use = await ask()
    expect(verdictOn(use)).toEqual({
      state: 'unused',
      checked: [
        'KTR-USE-1, sys.dm_database_encryption_keys',
        'KTR-USE-1, sys.dm_db_log_info',
        'KTR-USE-1, msdb.dbo.backupset',
        'KTR-USE-1, sys.availability_databases_cluster',
      ],
    })
    expect(use.mayNeed).toEqual([
      expect.stringMatching(/^Sales: 1 backup of .*has no encryption key now, and whether it had one then/),
    ])
  })

  it('a database key, the log, and backups encrypted with it; nothing of a database that is dropped before', async () => {
    await chain.encrypt('Sales', 'tde')
    await chain.server.run(
      "BACKUP DATABASE master TO DISK = 'D:\\Backup\\m.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER ASYMMETRIC KEY = tde)",
    )
    const use = await ask()
    expect(verdictOn(use)).toEqual({
      state: 'in-use',
      users: [
        'Sales: its encryption key is under it, encryption state 3',
        expect.stringMatching(/^The log of Sales: \d virtual log files? w/),
        expect.stringMatching(/^1 backups of master on record, encrypted with it, the newest of 20/),
      ],
    })
    expect(verdictOn(use, ['Sales'])).toMatchObject({ state: 'in-use', users: [expect.anything()] })
  })

  it('and the page of keys shows the key with what it protects, and the backup with what it needs', async () => {
    const { rows, notVisible } = await readServerKeys(
      await chain.server.open(),
      new Date().toISOString(),
      new Date(),
    )
    expect(notVisible).toEqual([])
    expect(rows.find(({ kind }) => kind === 'asymmetric key')).toMatchObject({
      name: 'tde',
      thumbprint: await chain.thumbprintOf('tde'),
      protects: [
        'Sales (database encryption key)',
        'still needed by 1 backup on record; msdb names no end for them',
      ],
      needs: ['a key behind the provider AKV'],
    })
    expect(rows.find(({ kind, name }) => kind === 'backup' && name.startsWith('master,'))?.needs).toEqual([
      'tde',
    ])
  })

  it('under another key since: the log until it is backed up, older backups may need it, newer ones do not', async () => {
    await chain.server.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\under.bak'")
    await chain.changeTo('Sales', 'tde2', 'ktr-backup-sql01')
    const use = await ask()
    expect(use.users.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^The log of Sales/),
      expect.stringMatching(/backups of master/),
    ])
    expect(use.mayNeed).toEqual([
      expect.stringMatching(/^Sales: 2 backups of .*, from before its key was last changed/),
    ])
    await chain.server.run("BACKUP LOG Sales TO DISK = 'D:\\Backup\\sales.trn'")
    expect((await ask()).users.map(({ what }) => what)).toEqual([expect.stringMatching(/backups of master/)])
  })

  it('turned off and the key kept is a need; a database that is not open is not read, and blocks', async () => {
    const second = await chain.thumbprintOf('tde2')
    await chain.decrypt('Sales')
    expect((await ask(second)).users[0]?.what).toBe(
      'Sales: its encryption key is under it, and is kept although nothing is encrypted with it now',
    )
    await chain.server.run('USE Sales; DROP DATABASE ENCRYPTION KEY; USE master')
    await chain.server.run("BACKUP LOG Sales TO DISK = 'D:\\Backup\\sales2.trn'")
    expect(verdictOn(await ask(second)).state).toBe('unused')
    await chain.server.run('ALTER DATABASE Sales SET OFFLINE')
    expect(verdictOn(await ask(second))).toEqual({
      state: 'unknown',
      why: 'KTR-USE-1, which key Sales needs: it is OFFLINE and shows none',
    })
    await chain.server.run('ALTER DATABASE Sales SET ONLINE')
  })

  it('without the rights it is not read, and blocks; the key of the provider is untouched by asking', async () => {
    const server = await chain.server.open()
    const refused = createVerdicts({
      open: async () => ({
        ...server,
        query: async (query: string) =>
          query.includes('AS sees_all') ? [{ sees_all: 0 }] : server.query(query),
      }),
    })
    const use = await refused.asymmetricKey(chain.server.ref, 'AB')
    expect(verdictOn(use)).toMatchObject({
      state: 'unknown',
      why: expect.stringContaining('VIEW ANY DATABASE'),
    })
    const facts = await readEkm(server, { clock: { now: () => new Date(), monotonicMs: () => 0 } })
    expect(facts.keys).toMatchObject({ read: true, value: [{ name: 'tde' }, { name: 'tde2' }] })
    expect(ekm.dropAsymmetricKey('tde').parts.join('')).not.toMatch(/REMOVE/i)
  })
})
