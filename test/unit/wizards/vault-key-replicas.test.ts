import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Read } from '../../../electron/wizards/sqlserver/facts-model.ts'
import type { Facts } from '../../../electron/wizards/tde-vault-key/facts-model.ts'
import { tdeVaultKey } from '../../../electron/wizards/tde-vault-key/index.ts'
import { AvailabilityGroup } from '../../../sandbox/sqlserver/availability/group.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'
import { read, runId, unread } from './samples.ts'
import { vaultKeyStage } from './vault-key-stage.ts'

/** TDE with a key of a vault where other replicas hold the database too. */

let place: EkmWorld
beforeAll(async () => {
  place = await ekmWorld()
})
afterAll(() => place.end())

describe('availability groups', () => {
  it('blocks while a replica is not prepared; prepared there, the key is made and both reach state 3', async () => {
    const [primary, replica] = [
      await vaultKeyStage(place, 'KTR-TVK-P'),
      await vaultKeyStage(place, 'KTR-TVK-R'),
    ]
    try {
      await replica.server.run('DROP DATABASE [Sales]')
      await primary.server.run(
        "ALTER DATABASE [Sales] SET RECOVERY FULL; BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\before-the-group.bak' WITH FORMAT",
      )
      for (const one of [primary, replica])
        for (const other of [primary, replica]) one.others.set(other.server.ref.id, other.server)
      const folder = mkdtempSync(join(tmpdir(), 'kt-group-'))
      new AvailabilityGroup({
        name: 'AG1',
        file: join(folder, 'AG1.json'),
        replicas: [primary, replica].map(({ server }) => ({
          name: server.instance.serverName,
          instance: () => server.instance,
        })),
        databases: ['Sales'],
      }).join()
      const first = await primary.plan()
      expect(first.advice.blockers.map(({ what, limit }) => `${what}: ${limit}`)).toEqual([
        expect.stringMatching(/KTR-TVK-R can’t open a key under ktr-tde-sql01: .*“Prepare”/i),
      ])
      const prepared = await replica.plan({ ...replica.answers, task: 'prepare', databases: [] })
      expect(prepared.advice.blockers).toEqual([])
      await replica.run(prepared.plan.steps)
      const ready = await primary.plan()
      expect(ready.advice.blockers).toEqual([])
      await primary.run(ready.plan.steps)
      const state = await replica.server.rows(
        "SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = 'Sales'",
      )
      expect(state).toEqual([{ state: 3 }])
      rmSync(folder, { recursive: true, force: true })
    } finally {
      primary.end()
      replica.end()
    }
  })
})

describe('what the review says of a replica', () => {
  let stage: Awaited<ReturnType<typeof vaultKeyStage>>
  let facts: Facts
  beforeAll(async () => {
    stage = await vaultKeyStage(place, 'KTR-TVK-2')
    facts = await stage.read()
  })
  afterAll(() => stage.end())

  const provider = {
    id: 65536,
    name: 'AKV',
    guid: 'g',
    dllPath: 'C:\\akv.dll',
    version: '15.0.2000.440',
    enabled: true,
    properties: null,
  }
  const credential = {
    name: 'cred',
    identity: 'ktr-vault-weu',
    provider: 'AKV',
    created: null,
    changed: null,
    logins: [{ login: 'key_login', type: 'K', disabled: false }],
    inUse: true,
  }
  const saidOf = (at: Read<string | null>): string | undefined => {
    const key = { name: 'key', thumbprint: 'AB'.repeat(20), provider: 'AKV', place: at }
    const own: Facts['ekm'] = {
      ...facts.ekm,
      option: read({ set: true, inUse: true, advancedShown: false }),
      providers: read([provider]),
      keys: read([key]),
      keyLogins: read(['key_login']),
      credentials: read([credential]),
    }
    const asked: Facts = {
      ...facts,
      replicasAsked: [{ name: 'R2', databases: ['Sales'], asked: 'answered', facts }],
      replicaEkm: { R2: own },
    }
    const { advice } = tdeVaultKey.plan(tdeVaultKey.parse(stage.answers), asked, runId)
    expect(advice.blockers).toEqual([])
    return advice.notes.find(({ statement }) => statement === 'Replica R2')?.value
  }

  it('it is prepared where its key was seen to be this one; else only that there is a key', () => {
    expect(saidOf(read('https://ktr-vault-weu.vault.azure.net/keys/ktr-tde-sql01/1'))).toBe(
      'prepared for this key',
    )
    expect(saidOf(unread('no right'))).toBe(
      'a key with login and credential is there; where it leads was not read',
    )
  })
})
