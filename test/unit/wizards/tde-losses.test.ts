import { copyFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import { importCertificateFiles } from '../../../electron/scripts/tsql/certificate.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { target } from './fake-server.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { codeOf, tdeStage, type Done, type TdeStage } from './tde-stage.ts'

/** A database under TDE that comes to a server without its certificate. Other losses: loss-rehearsals.test.ts. */

let stage: TdeStage
let other: Simulated | null = null
beforeEach(async () => {
  stage = await tdeStage()
})
afterEach(async () => {
  await other?.stop()
  other = null
  await stage.end()
})

const numberOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
    return 'accepted'
  } catch (error) {
    return problemOf(error).vendor?.number
  }
}

describe('a certificate that is not where the database comes to', () => {
  it('stops restore and attach there with 33111 and its thumbprint; with the exported pair the restore works', async () => {
    const { plan, advice } = await stage.review({})
    expect(advice.warnings[0]?.why).toContain('33111')
    const done = await stage.walk(plan)
    const thumbprint = done[0]?.outcome.evidence.find(({ data }) => data?.['thumbprint'] !== undefined)
      ?.data?.['thumbprint']
    await stage.sql("BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\full.bak' WITH FORMAT;")
    const otherRef = { ...target, id: asTargetId('t-otherserver2'), name: 'KTR-OTHER' }
    other = await simulatedServer(15, 'Developer', otherRef)
    const elsewhere = await other.open()
    const elsewhereDisk = other.instance.disk
    await runAll(elsewhere, [{ language: 'tsql', parts: ['DROP DATABASE [Sales];'] }])
    const carry = (path: string): void =>
      copyFileSync(
        stage.simulated.instance.disk.resolve(path, 'D:\\Backup').real,
        elsewhereDisk.resolve(path, 'D:\\Backup').real,
      )
    carry('D:\\Backup\\full.bak')
    const restore = "RESTORE DATABASE [Sales] FROM DISK = N'D:\\Backup\\full.bak' WITH REPLACE"
    const refused = await runAll(elsewhere, [{ language: 'tsql', parts: [restore] }]).then(
      () => null,
      (error: unknown) => problemOf(error),
    )
    expect([refused?.code, refused?.vendor?.number]).toEqual(['sql-key-missing', 33111])
    expect(refused?.title).toContain(String(thumbprint))
    await stage.sql("USE [master]; EXEC sp_detach_db N'Sales';")
    const data = stage.simulated.instance.dataFolder
    const pages = `${data}${data.endsWith('\\') ? '' : '\\'}Sales.mdf`
    carry(pages)
    const attach = `CREATE DATABASE [Came] ON (FILENAME = N'${pages}') FOR ATTACH_REBUILD_LOG`
    expect(await numberOf(runAll(elsewhere, [{ language: 'tsql', parts: [attach] }]))).toBe(33111)
    const exported = done[1]?.step.params as { certificateFile: string; privateKeyFile: string }
    carry(exported.certificateFile)
    carry(exported.privateKeyFile)
    await runAll(
      elsewhere,
      [
        createMasterKey(),
        importCertificateFiles('KT_Came', {
          certificate: exported.certificateFile,
          privateKey: exported.privateKeyFile,
        }),
        { language: 'tsql', parts: [restore] },
      ],
      stage.around.secrets,
    )
    const [row] = await elsewhere.query(
      "SELECT d.state_desc AS state FROM sys.databases AS d WHERE d.name = N'Sales'",
    )
    expect(row?.['state']).toBe('ONLINE')
  })
})

describe('a protector that somebody set after the run', () => {
  it('stays where the run is undone', async () => {
    await stage.run({})
    const done = await stage.run({ task: 'rotate-protector', certificateName: 'KT_TDE_2' })
    await stage.sql(
      "USE [master]; CREATE CERTIFICATE [Third] WITH SUBJECT = N'third'; USE [Sales]; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE [Third];",
    )
    const changed = done.find(({ step }) => step.kind === 'change-protector')
    expect(await codeOf(stage.undo(changed as Done))).toBe('undo-refused')
    const rows = await stage.rows(
      'SELECT c.name AS name FROM sys.dm_database_encryption_keys AS k JOIN master.sys.certificates AS c ON c.thumbprint = k.encryptor_thumbprint',
    )
    expect(rows).toEqual([{ name: 'Third' }])
  })
})
