import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runbookMarkdown } from '../../../electron/scripts/runbook/markdown.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { restoreDrill } from '../../../electron/wizards/restore-drill/index.ts'
import { drillServers, encryptedBackupOn, share, type DrillServers } from './drill-servers.ts'
import {
  drillContext,
  drillHandler,
  leftOn,
  planDrill,
  readerOf,
  undoDrill,
  walkDrill,
  walkOn,
  drillAnswers,
} from './drill-walk.ts'
import type { PlanDigest } from '../../../shared/model/ids.ts'
import { stepOf } from './walk.ts'

let servers: DrillServers
beforeAll(async () => {
  servers = await drillServers()
  await encryptedBackupOn(servers.source, 'KT_A', 'sales.bak')
})
afterAll(() => servers.stop())

const certificateBackups = `${share}\\KT_A.cer`

describe('a restore drill on simulated servers', () => {
  it('names the command where the service account may not read a key file, then one for the backup', async () => {
    const { plan, advice } = await planDrill(servers)
    expect(advice.blockers).toEqual([])
    const walk = await walkOn(servers)
    const walked = await walkDrill(plan, walk)
    expect(walked.failed?.step.kind).toBe('import-drill-certificate')
    expect(walked.failed?.problem).toMatchObject({
      code: 'drill-key-file-not-read',
      vendor: { number: 15208 },
      next: expect.stringContaining(
        `icacls "${certificateBackups}" /grant "KTR\\svc-KTR-DRILL:(R)"`,
      ) as string,
    })
    await undoDrill(walked, walk)
    for (const file of ['KT_A.cer', 'KT_A.pvk'])
      servers.drill.instance.disk.grant(`${share}\\${file}`, servers.drill.instance.serviceAccount, 'read')
    const again = await walkOn(servers)
    const second = await walkDrill(plan, again)
    expect(second.failed?.step.kind).toBe('read-drill-backup')
    expect(second.failed?.problem).toMatchObject({
      code: 'drill-file-denied',
      next: expect.stringContaining(`icacls "${share}\\sales.bak"`) as string,
    })
    await undoDrill(second, again)
    expect(await leftOn(servers)).toEqual([])
  })

  it('restores from the files alone, checks, says how far each copy was proven, and leaves nothing', async () => {
    servers.grantAll()
    const { plan } = await planDrill(servers)
    const walk = await walkOn(servers)
    const { failed } = await walkDrill(plan, walk)
    expect(failed).toBeNull()
    expect(walk.proofs.map(({ kind, level, by }) => `${kind} ${level} by ${by}`)).toEqual([
      'certificate opened by server',
      'backup recorded by catalog',
      'backup matched by server',
      'backup opened by server',
      'backup restored by server',
      'certificate restored by server',
    ])
    expect(walk.percents).toContain(100)
    expect(walk.earlier.find(({ statement }) => statement === 'Errors that it counted')?.value).toContain(
      '8989: CHECKDB found 0 allocation errors and 0 consistency errors',
    )
    expect(await leftOn(servers)).toEqual([])
  })

  it('takes everything back that it made when it is undone in the middle, and nothing else', async () => {
    const { plan } = await planDrill(servers)
    const walk = await walkOn(servers)
    const walked = await walkDrill({ ...plan, steps: plan.steps.slice(0, 6) }, walk)
    expect(walked.failed).toBeNull()
    expect(await leftOn(servers)).toHaveLength(5)
    const said = await undoDrill(walked, walk)
    expect(said).toContain('Its files: not there any more')
    expect(await leftOn(servers)).toEqual([])
  })

  it('uses a master key that is there, and leaves it', async () => {
    const { drill } = servers
    await drill.run(`USE master; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Master-Key-Password-9';`)
    const create = await planDrill(servers)
    expect(create.advice.blockers.map(({ what }) => what)).toEqual([
      'The drill server has a master key already',
    ])
    const { plan, advice } = await planDrill(servers, { masterKeyMode: 'use' })
    expect(advice.blockers).toEqual([])
    const walked = await walkDrill(plan, await walkOn(servers))
    expect(walked.failed).toBeNull()
    expect(await leftOn(servers)).toEqual(['##MS_DatabaseMasterKey##'])
    // A plan that was made before that key was there meets it as foreign, and its undo leaves it alone.
    const step = stepOf(create.plan, 'create-drill-master-key')
    const found = await drillHandler(step.kind).check(drillContext(step, await walkOn(servers), null))
    expect(found.state).toBe('foreign')
    const before = { serverTime: '2099-01-01T00:00:00.000Z' }
    await expect(
      drillHandler(step.kind).undo?.(drillContext(step, await walkOn(servers), before)),
    ).rejects.toMatchObject({ code: 'undo-refused' })
    await drill.run('USE master; DROP MASTER KEY;')
  })

  it('makes the master key under a known password where that is chosen', async () => {
    const { plan } = await planDrill(servers, { masterKeyMode: 'password', masterKeyPassword: 'h-dmk' })
    expect(plan.secrets.map(({ hole, target }) => `${hole} ${target.name}`)).toEqual([
      'dmk_password KTR-DRILL',
      'key_file_password KTR-SOURCE',
    ])
    expect((await walkDrill(plan, await walkOn(servers))).failed).toBeNull()
    expect(await leftOn(servers)).toEqual([])
  })

  it('refuses a server with user databases, in the plan and again in the run', async () => {
    const { plan } = await planDrill(servers)
    await servers.drill.run('CREATE DATABASE [Somebody]')
    const { advice } = await planDrill(servers)
    expect(advice.blockers.map(({ what, measured }) => `${what}: ${measured}`)).toEqual([
      'KTR-DRILL is not empty: Somebody',
    ])
    const walked = await walkDrill(plan, await walkOn(servers))
    expect(walked.failed?.problem.code).toBe('drill-server-not-empty')
    await servers.drill.run('DROP DATABASE [Somebody]')
    expect(await leftOn(servers)).toEqual([])
  })

  it('refuses a server that has the certificate already: its files would not be proven', async () => {
    await servers.drill.run(`USE master; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Master-Key-Password-9';
CREATE CERTIFICATE [Old] FROM FILE = N'${share}\\KT_A.cer' WITH PRIVATE KEY (FILE = N'${share}\\KT_A.pvk', DECRYPTION BY PASSWORD = N'Key-File-Password-1');`)
    const { plan, advice } = await planDrill(servers, { masterKeyMode: 'use' })
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      'KTR-DRILL has a certificate already that the backups need',
    ])
    const walked = await walkDrill(plan, await walkOn(servers))
    expect(walked.failed?.problem).toMatchObject({
      code: 'drill-certificate-there',
      title: expect.stringContaining('Old') as string,
      vendor: { number: 15232 },
    })
    await servers.drill.run('USE master; DROP CERTIFICATE [Old]; DROP MASTER KEY;')
  })

  it('starts a restore again that was broken off, and drops no database that is not its own', async () => {
    const { plan } = await planDrill(servers)
    const walk = await walkOn(servers)
    await walkDrill({ ...plan, steps: plan.steps.slice(0, 4) }, walk)
    const restore = stepOf(plan, 'restore-drill-database')
    const whole = restore.scripts[0]?.parts.join('') ?? ''
    // What a restore that was killed between two statements of its chain leaves.
    await servers.drill.run(whole.replace('  RECOVERY,', '  NORECOVERY,'))
    const handler = drillHandler(restore.kind)
    expect((await handler.check(drillContext(restore, walk, null))).state).toBe('foreign')
    const before = { databaseThere: false }
    expect((await handler.check(drillContext(restore, walk, before))).state).toBe('needed')
    expect(await handler.check(drillContext(restore, walk, before))).toMatchObject({ partly: true })
    const rest = { ...plan, steps: plan.steps.slice(5) }
    const sessions: Parameters<typeof drillContext>[3] = []
    await handler.apply(drillContext(restore, walk, before, sessions))
    for (const session of sessions) await session.close()
    expect((await handler.check(drillContext(restore, walk, before))).state).toBe('satisfied')
    await handler.verify(drillContext(restore, walk, before))
    expect((await walkDrill(rest, walk)).failed).toBeNull()
    expect(await leftOn(servers)).toEqual([])
  })

  it('restores a chain to its end: the rows that came after the full backup are there', async () => {
    const { source, drill } = servers
    const row = (note: string) => `INSERT INTO dbo.RehearsalRows (note) VALUES (N'${note}');`
    const to = (file: string) => `TO DISK = N'${share}\\${file}' WITH FORMAT, CHECKSUM`
    const key = 'ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_A])'
    await source.run(`BACKUP DATABASE [Sales] ${to('c1.bak')}, ${key};`)
    await source.run(`USE [Sales]; ${row('one')}`)
    await source.run(`BACKUP DATABASE [Sales] ${to('c2.bak')}, DIFFERENTIAL, ${key};`)
    await source.run(`USE [Sales]; ${row('two')}`)
    await source.run(`BACKUP LOG [Sales] ${to('c3.trn')}, ${key};`)
    await source.run(`USE [Sales]; ${row('three')}`)
    servers.grantAll()
    const { plan } = await planDrill(servers)
    expect(stepOf(plan, 'restore-drill-database').scripts).toHaveLength(3)
    const check = plan.steps.findIndex(({ kind }) => kind === 'drop-drill-database')
    const walk = await walkOn(servers)
    expect((await walkDrill({ ...plan, steps: plan.steps.slice(0, check) }, walk)).failed).toBeNull()
    expect(walk.percents.filter((percent) => percent !== null)).toEqual(
      walk.percents.filter((percent) => percent !== null).toSorted((one, other) => one - other),
    )
    const name = drill.instance.store.databases.find((one) => one.name.startsWith('KT_drill_'))?.name ?? ''
    const rows = await (
      await drill.open()
    ).query(`SELECT r.note AS note FROM [${name}].dbo.RehearsalRows AS r`)
    expect(rows.map(({ note }) => note)).toEqual(expect.arrayContaining(['one', 'two']))
    expect(rows.map(({ note }) => note)).not.toContain('three')
    expect((await walkDrill({ ...plan, steps: plan.steps.slice(check) }, walk)).failed).toBeNull()
    expect(await leftOn(servers)).toEqual([])
  })

  it('can be taken along as a runbook: the same statements, guarded, with variables for the secrets', async () => {
    const { plan, advice } = await planDrill(servers)
    const text = runbookSql(plan, 'digest')
    for (const step of plan.steps)
      for (const script of step.scripts)
        expect(text).toContain(script.parts.filter((part) => typeof part === 'string').at(-1))
    expect(text).toContain(`DECRYPTION BY PASSWORD = N'$(KEY_FILE_PASSWORD)'`)
    expect(text).toContain('IF EXISTS (SELECT 1 FROM sys.databases WHERE database_id > 4)')
    expect(text).toContain('RESTORE FILELISTONLY FROM DISK')
    const paper = runbookMarkdown({ plan, digest: 'digest' as PlanDigest, advice })
    expect(paper).toContain('KEY_FILE_PASSWORD')
  })

  it('reads the same plan from the same facts, byte for byte', async () => {
    const draft = restoreDrill.parse(drillAnswers())
    const facts = await restoreDrill.readFacts(draft, readerOf(servers))
    const { runId } = (await planDrill(servers)).plan
    const one = restoreDrill.plan(draft, facts, runId)
    expect(JSON.stringify(restoreDrill.plan(draft, facts, runId))).toBe(JSON.stringify(one))
    expect(JSON.stringify(one)).not.toContain('Key-File-Password')
  })
})
