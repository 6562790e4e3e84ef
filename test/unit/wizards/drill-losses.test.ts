/** Backups that are damaged or incomplete, and what the drill server lacks. Lost keys: loss-rehearsals.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { truncateSync, writeFileSync, readFileSync } from 'node:fs'
import type { Answers } from '../../../shared/forms/form.ts'
import {
  drillServers,
  encryptedBackupOn,
  newestOf,
  share,
  thumbprintOn,
  type DrillServers,
} from './drill-servers.ts'
import { leftOn, planDrill, undoDrill, walkDrill, walkOn } from './drill-walk.ts'

let servers: DrillServers
let thumbprint: string
beforeAll(async () => {
  servers = await drillServers()
  const { source } = servers
  await encryptedBackupOn(source, 'KT_A', 'sales.bak')
  thumbprint = await thumbprintOf('KT_A')
  await source.run(`BACKUP DATABASE [O'Brien]]s;--] TO DISK = N'${share}\\plain.bak' WITH FORMAT, CHECKSUM;`)
  servers.grantAll()
})
afterAll(() => servers.stop())

const thumbprintOf = (certificate: string) => thumbprintOn(servers.source, certificate)
const only = (database: string, changes: Answers = {}) => newestOf(servers.source, database, changes)

/** A new plain backup, so that no test depends on what another did to a file. */
const freshPlain = async (file: string): Promise<Answers> => {
  await servers.source.run(
    `BACKUP DATABASE [O'Brien]]s;--] TO DISK = N'${share}\\${file}' WITH FORMAT, CHECKSUM;`,
  )
  servers.grantAll()
  return only("O'Brien]s;--", plain)
}
const plain = { keyFiles: 'none', keyPassword: null } as const

/** Plans, walks to the failure, goes back, and holds that nothing is left. */
const failing = async (changes: Answers, password?: string) => {
  const { plan, advice } = await planDrill(servers, changes)
  const walk = await walkOn(servers, password)
  const walked = await walkDrill(plan, walk)
  await undoDrill(walked, walk)
  expect(await leftOn(servers)).toEqual([])
  return { failed: walked.failed, advice, walk }
}

describe('what is damaged or missing', () => {
  it.each([
    ['cut short', 'drill-backup-damaged'],
    ['changed inside', 'drill-backup-damaged'],
    ['gone', 'drill-file-missing'],
    ['another backup in its place', 'drill-other-backup'],
  ])(
    'a backup file that is %s: %s',
    async (what, code) => {
      const { source } = servers
      const path = `${share}\\victim.bak`
      const changes = await freshPlain('victim.bak')
      const { real } = source.instance.disk.resolve(path, 'C:\\')
      const { plan } = await planDrill(servers, changes)
      const bytes = readFileSync(real)
      if (what === 'cut short') truncateSync(real, bytes.length - 9000)
      else if (what === 'changed inside') {
        bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 255
        writeFileSync(real, bytes)
      } else if (what === 'gone') source.instance.disk.remove(source.instance.disk.resolve(path, 'C:\\'))
      else writeFileSync(real, readFileSync(source.instance.disk.resolve(`${share}\\plain.bak`, 'C:\\').real))
      const walk = await walkOn(servers)
      const walked = await walkDrill(plan, walk)
      await undoDrill(walked, walk)
      expect(walked.failed?.problem.code).toBe(code)
      expect(await leftOn(servers)).toEqual([])
    },
    60_000,
  )

  it('a stripe that is missing, or stands twice: how many there are and how many are here', async () => {
    const stripes = ['a', 'b', 'c'].map((letter) => `${share}\\stripe_${letter}.bak`)
    await servers.source.run(
      `BACKUP DATABASE [O'Brien]]s;--] TO ${stripes.map((path) => `DISK = N'${path}'`).join(', ')} WITH FORMAT, CHECKSUM;`,
    )
    servers.grantAll()
    const { plan } = await planDrill(servers, await only("O'Brien]s;--", plain))
    expect((await walkDrill(plan, await walkOn(servers))).failed).toBeNull()
    expect(await leftOn(servers)).toEqual([])
    const { disk } = servers.source.instance
    const [first = '', second = ''] = stripes.map((path) => disk.resolve(path, 'C:\\').real)
    writeFileSync(second, readFileSync(first))
    const twice = await walkOn(servers)
    const walked = await walkDrill(plan, twice)
    expect(walked.failed?.problem).toMatchObject({
      code: 'drill-stripe-missing',
      title: 'The backup is spread over 3 files, and 1 of them are here',
    })
    await undoDrill(walked, twice)
    disk.remove(disk.resolve(stripes[2] ?? '', 'C:\\'))
    const { failed } = await failing(await only("O'Brien]s;--", plain))
    expect(failed?.problem.code).toBe('drill-stripe-missing')
  })

  it('no room on the drill server: said before, and by the server itself', async () => {
    const { disk, dataFolder } = servers.drill.instance
    const chosen = await freshPlain('space.bak')
    // The server tells the free space only of volumes that hold database files.
    disk.forcedFree.set('C', 4096)
    try {
      const { advice, failed } = await failing({ ...chosen, dataFolder, logFolder: dataFolder })
      expect(advice.blockers.map(({ what }) => what)).toEqual(['The largest restored database does not fit'])
      expect(failed?.problem).toMatchObject({ code: 'drill-no-space', vendor: { number: 3257 } })
    } finally {
      disk.forcedFree.clear()
    }
  })

  it('damage that was in the database before its backup: the restore is silent, the page check is not', async () => {
    const { plan } = await planDrill(servers, await freshPlain('page.bak'))
    const walk = await walkOn(servers)
    const check = plan.steps.findIndex(({ kind }) => kind === 'check-drill-database')
    const walked = await walkDrill({ ...plan, steps: plan.steps.slice(0, check) }, walk)
    expect(walked.failed).toBeNull()
    const database = servers.drill.instance.store.databases.find(({ name }) => name.startsWith('KT_drill_'))
    const file = servers.drill.instance.disk.resolve(database?.files[0]?.physicalName ?? '', 'C:\\').real
    const bytes = readFileSync(file)
    bytes[8192 + 500] = (bytes[8192 + 500] ?? 0) ^ 255
    writeFileSync(file, bytes)
    const { failed } = await walkDrill({ ...plan, steps: plan.steps.slice(check, check + 1) }, walk)
    expect(failed?.problem.code).toBe('drill-not-consistent')
    await undoDrill(walked, walk)
    expect(await leftOn(servers)).toEqual([])
  })
})

it('a database under TDE: both keys bring it back; with one of them the plan is blocked, and the server names the other', async () => {
  const { source } = servers
  await source.run(`USE master;
CREATE CERTIFICATE [KT_TDE] WITH SUBJECT = N'TDE', EXPIRY_DATE = N'20451231';
BACKUP CERTIFICATE [KT_TDE] TO FILE = N'${share}\\KT_TDE.cer' WITH PRIVATE KEY (FILE = N'${share}\\KT_TDE.pvk', ENCRYPTION BY PASSWORD = N'Key-File-Password-1');`)
  await source.run(`USE [Sales];
CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE [KT_TDE];
ALTER DATABASE [Sales] SET ENCRYPTION ON;`)
  const encrypted = async (): Promise<boolean> => {
    const [row] = await (
      await source.open()
    ).query(
      `SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k WHERE DB_NAME(k.database_id) = N'Sales'`,
    )
    return row?.['state'] === 3
  }
  while (!(await encrypted())) await new Promise((resolve) => setImmediate(resolve))
  await source.run(
    `BACKUP DATABASE [Sales] TO DISK = N'${share}\\tde.bak' WITH FORMAT, CHECKSUM, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_A]);`,
  )
  servers.grantAll()
  const tde = await thumbprintOf('KT_TDE')
  const both: Answers = { keyNames: 'KT_A.cer\nKT_A.pvk\nKT_TDE.cer\nKT_TDE.pvk' }
  const one = await failing(await only('Sales'))
  expect(one.advice.blockers.map(({ what }) => what)).toEqual([
    'The databases need more certificates than key files are given',
  ])
  expect(one.failed?.problem).toMatchObject({
    code: 'drill-key-missing',
    vendor: { number: 33111 },
    title: expect.stringContaining(tde) as string,
  })
  const { plan, advice } = await planDrill(servers, await only('Sales', both))
  expect(advice.blockers).toEqual([])
  const walk = await walkOn(servers)
  expect((await walkDrill(plan, walk)).failed).toBeNull()
  expect(walk.earlier.find(({ statement }) => statement === 'Under TDE')?.value).toBe('yes')
  expect(
    walk.proofs
      .filter(({ kind, level }) => kind === 'certificate' && level === 'restored')
      .map((proof) => proof.thumbprint),
  ).toEqual([thumbprint, tde])
  expect(await leftOn(servers)).toEqual([])
})

it('a newer version than the drill server: a blocker, and 3169 where the history was wrong', async () => {
  const others = await drillServers({ sourceVersion: 16, drillVersion: 15 })
  try {
    await encryptedBackupOn(others.source, 'KT_A', 'sales.bak')
    others.grantAll()
    const { plan, advice } = await planDrill(others)
    expect(advice.blockers.map(({ limit }) => limit)).toEqual([
      'The same major version or a later one (SQL 3169)',
    ])
    const walk = await walkOn(others)
    const walked = await walkDrill(plan, walk)
    expect(walked.failed?.problem).toMatchObject({ code: 'drill-newer-version', vendor: { number: 3169 } })
    await undoDrill(walked, walk)
    expect(await leftOn(others)).toEqual([])
  } finally {
    await others.stop()
  }
})
