/** Breadth of one drill: any number of certificates, from any number of folders, with any of several passwords. */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
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
beforeAll(async () => {
  // 2019: certificates of 2,048 bits are made in a fraction of the time.
  servers = await drillServers({ sourceVersion: 15, drillVersion: 15 })
  await encryptedBackupOn(servers.source, 'KT_A', 'sales.bak')
  servers.grantAll()
})
afterAll(() => servers.stop())

const thumbprintOf = (certificate: string) => thumbprintOn(servers.source, certificate)
const only = (database: string, changes: Answers = {}) => newestOf(servers.source, database, changes)

it('a wrong password for the one pair that was found is told as that, and the same certificate named twice too', async () => {
  servers.grantAll()
  const found = await planDrill(servers, await only('Sales', { keyFiles: 'search' }))
  const walk = await walkOn(servers, 'Nobody-Wrote-This-1')
  const walked = await walkDrill(found.plan, walk)
  expect(walked.failed?.problem).toMatchObject({ code: 'drill-wrong-password', vendor: { number: 15465 } })
  await undoDrill(walked, walk)
  const twice = await planDrill(
    servers,
    await only('Sales', { keyNames: `KT_A.cer\nKT_A.pvk\n${share}\\KT_A.cer\n${share}\\KT_A.pvk` }),
  )
  const other = await walkOn(servers)
  const stopped = await walkDrill(twice.plan, other)
  expect(stopped.failed?.problem.code).toBe('drill-certificate-twice')
  await undoDrill(stopped, other)
  expect(await leftOn(servers)).toEqual([])
})

it('several databases, protectors and folders: all certificates are found, spare files are passed over, a log that spans a rotation too', async () => {
  const { source } = servers
  const exported = (name: string, file: string, password: string): string =>
    `BACKUP CERTIFICATE [${name}] TO FILE = N'${file}.cer' WITH PRIVATE KEY (FILE = N'${file}.pvk', ENCRYPTION BY PASSWORD = N'${password}');`
  const [mine, other, lost] = ['Key-File-Password-1', 'Another-Password-2', 'Nobody-Has-It-3']
  for (const name of ['KT_TDE1', 'KT_TDE2', 'KT_TDE3', 'KT_Spare'])
    await source.run(
      `USE master; CREATE CERTIFICATE [${name}] WITH SUBJECT = N'TDE', EXPIRY_DATE = N'20451231';`,
    )
  await source.run(`USE master; ${exported('KT_TDE1', `${share}\\KT_TDE1`, other)} ${exported('KT_TDE2', `D:\\Keys\\KT_TDE2`, mine)}
${exported('KT_TDE3', `${share}\\KT_TDE3`, mine)} ${exported('KT_Spare', `${share}\\KT_Spare`, lost)} ${exported('KT_TDE3', `${share}\\KT_TDE3_again`, mine)}`)
  const under = async (database: string, certificate: string): Promise<void> => {
    const name = `[${database.replaceAll(']', ']]')}]`
    await source.run(`USE ${name};
CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_128 ENCRYPTION BY SERVER CERTIFICATE [${certificate}];
ALTER DATABASE ${name} SET ENCRYPTION ON;`)
  }
  const settled = async (): Promise<boolean> => {
    const rows = await (
      await source.open()
    ).query(
      'SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k WHERE k.database_id > 4',
    )
    return rows.length === 2 && rows.every((row) => row['state'] === 3)
  }
  await under('Sales', 'KT_TDE1')
  await under("O'Brien]s;--", 'KT_TDE3')
  while (!(await settled())) await new Promise((resolve) => setImmediate(resolve))
  const to = (file: string): string => `TO DISK = N'${share}\\${file}' WITH FORMAT, CHECKSUM`
  await source.run(`BACKUP DATABASE [Sales] ${to('one.bak')}, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_A]);
BACKUP DATABASE [O'Brien]]s;--] ${to('two.bak')};
USE [Sales]; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE [KT_TDE2]; USE [master];`)
  while (!(await settled())) await new Promise((resolve) => setImmediate(resolve))
  await source.run(`BACKUP LOG [Sales] ${to('spans.trn')};`)
  servers.grantAll()
  // The second place of key files: a folder of the drill server's own.
  const disk = servers.drill.instance.disk
  for (const file of ['KT_TDE2.cer', 'KT_TDE2.pvk'])
    writeFileSync(
      disk.resolve(`D:\\Keys\\${file}`, 'D:\\Keys').real,
      readFileSync(source.instance.disk.resolve(`D:\\Keys\\${file}`, 'D:\\Keys').real),
    )
  const answers: Answers = {
    which: 'latest',
    keyFiles: 'search',
    moreKeyFolders: 'D:\\Keys\n',
    secondKeyPassword: 'h-other',
  }
  const { plan, advice } = await planDrill(servers, answers)
  expect(advice.blockers).toEqual([])
  const imports = plan.steps.filter(({ kind }) => kind === 'import-drill-certificate')
  expect(imports).toHaveLength(6)
  expect(imports.every(({ scripts }) => scripts.length === 2)).toBe(true)
  const walk = await walkOn(servers)
  walk.secrets.set('key_file_password_2', SecretBytes.fromText(other))
  const { failed } = await walkDrill(plan, walk)
  expect(failed).toBeNull()
  // The spare one under a lost password, and the certificate that is there twice.
  expect(walk.earlier.filter(({ value }) => value.startsWith('not imported'))).toHaveLength(2)
  expect(walk.said.filter((said) => /^(15465|15232):/.test(said))).toHaveLength(2)
  const restored = walk.proofs.filter(({ level }) => level === 'restored')
  expect(restored.filter(({ kind }) => kind === 'backup')).toHaveLength(2)
  expect(await leftOn(servers)).toEqual([])

  // Without the folder of the new protector the log that spans the change is what fails, by its thumbprint.
  const fewer = await planDrill(servers, { ...answers, moreKeyFolders: '' })
  const again = await walkOn(servers)
  again.secrets.set('key_file_password_2', SecretBytes.fromText(other))
  const stopped = await walkDrill(fewer.plan, again)
  expect(stopped.failed?.problem).toMatchObject({ code: 'drill-key-missing', vendor: { number: 33111 } })
  expect(stopped.failed?.problem.title).toContain(await thumbprintOf('KT_TDE2'))
  await undoDrill(stopped, again)
  expect(await leftOn(servers)).toEqual([])
}, 120_000)
