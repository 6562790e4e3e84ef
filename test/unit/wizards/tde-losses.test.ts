import { copyFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { importCertificateFiles } from '../../../electron/scripts/tsql/certificate.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { masterKey } from '../../../electron/wizards/master-key/index.ts'
import type { PlanReader } from '../../../electron/engine/contract.ts'
import { target } from './fake-server.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { tdeStage, type TdeStage } from './tde-stage.ts'
import { contextOf, passwords } from './walk.ts'
import { noAzure } from '../../support/no-azure.ts'

/** Keys that are lost on purpose: each ends as documentation says, and a review had warned before. */

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

/** A question after a restart may meet the connection that it cut. */
const askAgain = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => ask().catch(ask)

const stateDesc = async (database: string): Promise<unknown> =>
  (
    await askAgain(() =>
      stage.rows(`SELECT d.state_desc AS state FROM sys.databases AS d WHERE d.name = N'${database}'`),
    )
  )[0]?.['state']

const numberOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
    return 'accepted'
  } catch (error) {
    return problemOf(error).vendor?.number
  }
}

/** The act of the master key job that gives the key its copy under the service master key again. */
const addCopy = async (): Promise<void> => {
  const reader: PlanReader = {
    plannedAt: new Date(),
    azure: noAzure,
    sqlServer: async () => stage.server,
    knownServers: () => [],
    keptFor: () => [],
    secretInfo: () => ({ generation: 1, label: 'kept' }),
    clock: { now: () => new Date(), monotonicMs: () => 0 },
    places: { folderOf: () => '', label: () => '' },
  }
  const draft = masterKey.parse({
    target: target.id,
    key: 'database',
    database: 'master',
    act: 'add-copy',
    presentPassword: 'h-present',
    filePassword: 'h-file',
    keyFolder: 'D:\\Keys',
    proveOnServer: false,
  })
  const { plan, advice } = masterKey.plan(
    draft,
    await masterKey.readFacts(draft, reader),
    asRunId('addcopyrun22'),
  )
  expect(advice.blockers).toEqual([])
  const around = {
    ...stage.around,
    secrets: new Map([
      ['dmk_password', SecretBytes.fromText(passwords.dmk_password)],
      ['dmk_file_password', SecretBytes.fromText(passwords.dmk_file_password)],
    ]),
  }
  for (const step of plan.steps) {
    const handler = masterKey.steps[step.kind]
    if (handler === undefined) throw new Error(step.kind)
    const found = await handler.check(contextOf(step, around))
    if (found.state !== 'needed') throw new Error(JSON.stringify(found))
    await handler.apply(contextOf(step, around, found.before))
    await handler.verify(contextOf(step, around, found.before))
  }
}

describe('a master key without its copy under the service master key', () => {
  it('works until the restart, then RECOVERY_PENDING; the master key job mends it', async () => {
    await stage.run({})
    await stage.sql('USE [master]; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY;')
    expect(await stage.state('Sales')).toBe(3)
    const { advice } = await stage.review({ task: 'regenerate' })
    expect(advice.warnings.map(({ what }) => what)).toContain('Works until the next restart: TDE of Sales')
    stage.simulated.restart()
    expect(await stateDesc('Sales')).toBe('RECOVERY_PENDING')
    expect((await stage.review({ task: 'regenerate' })).advice.blockers[0]?.measured).toBe(
      'its state is RECOVERY_PENDING, so its key is not shown',
    )
    await addCopy()
    await stage.sql('USE [master]; ALTER DATABASE [Sales] SET ONLINE;')
    expect(await stateDesc('Sales')).toBe('ONLINE')
    expect(await stage.state('Sales')).toBe(3)
    stage.simulated.restart()
    expect(await stateDesc('Sales')).toBe('ONLINE')
  }, 60_000)
})

describe('a protector that was rotated away', () => {
  it('is needed by a log backup that spans the change: both certificates, or 33111', async () => {
    await stage.run({})
    await stage.sql("BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\full.bak' WITH FORMAT;")
    const { plan, advice } = await stage.review({ task: 'rotate-protector', certificateName: 'KT_TDE_2' })
    expect(advice.warnings.find(({ what }) => what.startsWith('KT_TDE must stay'))?.why).toContain(
      'log backups that span this change need both',
    )
    await stage.walk(plan)
    await stage.sql(
      "BACKUP LOG [Sales] TO DISK = N'D:\\Backup\\span.trn' WITH FORMAT; BACKUP LOG [Sales] TO DISK = N'D:\\Backup\\after.trn' WITH FORMAT;",
    )
    // Nothing in the engine keeps the old certificate: its copies outside are all that is left.
    await stage.sql('USE [master]; DROP CERTIFICATE [KT_TDE];')
    const needs = (file: string): Promise<unknown> =>
      numberOf(stage.rows(`RESTORE FILELISTONLY FROM DISK = N'D:\\Backup\\${file}'`))
    expect(await needs('full.bak')).toBe(33111)
    expect(await needs('span.trn')).toBe(33111)
    expect(await needs('after.trn')).toBe('accepted')
  }, 60_000)
})

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
  }, 60_000)
})
