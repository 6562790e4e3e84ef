import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readServerKeys } from '../../../electron/inventory/server-keys.ts'
import type { SqlRow, SqlServer } from '../../../electron/ports/sql-server.ts'
import { createCertificate, dropCertificate } from '../../../electron/scripts/tsql/certificate.ts'
import { backupCertificateRotation } from '../../../electron/wizards/backup-certificate-rotation/index.ts'
import { makeSelfSigned, writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import { rotationDraft } from './certificate-samples.ts'
import {
  inFiveYears,
  keptPassword,
  otherRef,
  proofsOf,
  thumbprintOn,
  today,
  useCertificateStage,
} from './certificate-stage.ts'
import { makePair } from './key-pair.ts'
import { runAll } from './simulated.ts'
import { contextOf, handlerOf, refusal, walk, walkStep } from './walk.ts'

const stage = useCertificateStage(15, { withOther: true })

/** The source, with other values in the row that holds the pair. */
const lyingSource = (source: SqlServer, lie: SqlRow): SqlServer => ({
  ref: source.ref,
  identity: source.identity,
  principal: source.principal,
  query: (sql, options) => source.query(sql, options),
  close: () => source.close(),
  session: async (options) => {
    const session = await source.session(options)
    return {
      spid: session.spid,
      alive: session.alive,
      close: () => session.close(),
      execute: async (script, given) => {
        const result = await session.execute(script, given)
        return {
          ...result,
          resultSets: result.resultSets.map((rows) => rows.map((row) => ({ ...row, ...lie }))),
        }
      },
    }
  },
})

describe('copy to other servers', () => {
  const wish = { task: 'copy', certificateName: 'KT_New', replicas: [otherRef.id] }
  const prepare = (): Promise<void> =>
    runAll(stage.server, [createCertificate({ name: 'KT_New', subject: 's', expiry: inFiveYears })])

  it('brings the same thumbprint over the connections, under the other master key', async () => {
    await prepare()
    const there = stage.other
    const plan = await stage.ready(wish)
    expect(plan.targets.map(({ ref }) => ref.name)).toEqual(['KTR-WIZARD', 'KTR-OTHER'])
    const place = stage.around()
    const [copied] = await walk(plan, place)
    expect(await thumbprintOn(there, 'KT_New')).toBe(await thumbprintOn(stage.server, 'KT_New'))
    if (copied === undefined) throw new Error('not copied')
    expect(await handlerOf(copied.step).check(contextOf(copied.step, place, copied.before))).toMatchObject({
      state: 'satisfied',
    })
    await handlerOf(copied.step).undo?.(contextOf(copied.step, place, copied.before))
    expect(await thumbprintOn(there, 'KT_New')).toBeNull()
    expect(await thumbprintOn(stage.server, 'KT_New')).not.toBeNull()
  })

  it('passes nothing on that does not open, or that is another key', async () => {
    await prepare()
    const there = stage.other
    const [step] = (await stage.ready(wish)).steps
    if (step === undefined) throw new Error('no step')
    const pair = await makePair()
    const lies: SqlRow[] = [
      { private_key: Buffer.from('not a key') },
      { certificate: pair.certificate, private_key: writePvk(pair.key, null) },
      { certificate: null, private_key: null },
    ]
    const place = stage.around()
    const refusals: string[] = []
    for (const lie of lies) {
      refusals.push(await refusal(walkStep(step, { ...place, server: lyingSource(stage.server, lie) })))
    }
    expect(refusals.map((text) => text.split(':')[0])).toEqual([
      'file-not-private-key',
      'step-not-verified',
      'sql-permission',
    ])
    expect(await thumbprintOn(there, 'KT_New')).toBeNull()
  })

  it('never writes over another certificate of that name', async () => {
    await prepare()
    const there = stage.other
    const plan = await stage.ready(wish)
    await runAll(there, [createCertificate({ name: 'KT_New', subject: 'another', expiry: inFiveYears })])
    const before = await thumbprintOn(there, 'KT_New')
    const [step] = plan.steps
    if (step === undefined) throw new Error('no step')
    expect(await handlerOf(step).check(contextOf(step, stage.around()))).toMatchObject({
      state: 'foreign',
      problem: { code: 'sql-exists' },
    })
    expect((await stage.planned(wish)).advice.blockers.map(({ what }) => what)).toEqual([
      'KTR-OTHER has another certificate KT_New',
    ])
    expect(await thumbprintOn(there, 'KT_New')).toBe(before)
  })
})

describe('rotation of the backup certificate', () => {
  it('makes and proves the new one, lists jobs and backups, and keeps the old one', async () => {
    await runAll(stage.server, [createCertificate({ name: 'KT_Old', subject: 'old', expiry: inFiveYears })])
    const backup = `BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\old.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Old])`
    await runAll(stage.server, [{ language: 'tsql', parts: [backup] }])
    const draft = backupCertificateRotation.parse(rotationDraft({ certificateExpiry: inFiveYears }))
    const facts = await backupCertificateRotation.readFacts(draft, stage.reader)
    const { plan, advice } = backupCertificateRotation.plan(draft, facts, stage.run)
    expect(advice.blockers).toEqual([])
    const old = await thumbprintOn(stage.server, 'KT_Old')
    expect(advice.notes.slice(0, 3).map(({ statement, value }) => `${statement}: ${value}`)).toEqual([
      expect.stringContaining(`Old: KT_Old: thumbprint ${old?.split(' ')[0] ?? ''}`),
      expect.stringContaining('New: KT_New: another thumbprint'),
      'KT_Old is still needed by: 1 backup on record; msdb names no end for them',
    ])
    expect(advice.warnings.map(({ what }) => what)).toContain('Job Nightly, step 2 (Back up) names KT_Old')
    expect(JSON.stringify(plan)).not.toContain('DROP CERTIFICATE [KT_Old]')
    const walked = await walk(plan, stage.around())
    expect(proofsOf(walked)).toEqual([
      'certificate recorded by catalog',
      'certificate opened by server',
      'certificate opened by keyturn',
    ])
    expect(walked.at(-1)?.outcome.evidence.map(({ statement, value }) => `${statement}: ${value}`)).toEqual([
      `KT_Old, the old one, is there with its private key: ${old?.split(' ')[0] ?? ''}`,
      expect.stringContaining('KT_New, the new one, has another thumbprint: '),
      'KT_Old is still needed by: 1 backup on record; msdb names no end for them',
      'Names KT_Old: put KT_New in its place: Nightly, step 2 (Back up)',
    ])
    expect(await thumbprintOn(stage.server, 'KT_Old')).toBe(old)
    const { rows } = await readServerKeys(stage.server, new Date().toISOString(), new Date())
    expect(rows.find(({ name }) => name === 'KT_Old')?.protects).toEqual([
      'still needed by 1 backup on record; msdb names no end for them',
    ])
    expect(rows.find(({ name }) => name === 'KT_New')?.protects).toEqual([])
  })

  it('loss rehearsal: a renewed certificate does not open the old backup; the old pair does', async () => {
    await walk(await stage.ready({ certificateName: 'KT_Old', proveOnServer: false }), stage.around())
    const backup = `BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\old.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Old])`
    const restore = `RESTORE DATABASE [Sales_back] FROM DISK = N'D:\\Backup\\old.bak' WITH MOVE N'Sales' TO N'D:\\Backup\\back.mdf', MOVE N'Sales_log' TO N'D:\\Backup\\back.ldf'`
    await runAll(stage.server, [{ language: 'tsql', parts: [backup] }])
    const old = (await thumbprintOn(stage.server, 'KT_Old'))?.split(' ')[0] ?? ''
    await runAll(stage.server, [
      dropCertificate('KT_Old'),
      createCertificate({
        name: 'KT_Old',
        subject: 'Backup encryption SQLPROD-01 2026',
        expiry: inFiveYears,
      }),
    ])
    await expect(runAll(stage.server, [{ language: 'tsql', parts: [restore] }])).rejects.toMatchObject({
      problem: { vendor: { number: 33111, text: expect.stringContaining(old) as string } },
    })
    // The program had warned: the review of a new certificate names the old one that must stay.
    const name = `KT_Old_${today()}_${stage.run.slice(0, 8)}`
    const wish = { sourceCertificateFile: `${name}.cer`, sourcePrivateKeyFile: `${name}.pvk` }
    await walk(
      await stage.ready({ task: 'import-local', certificateName: 'KT_Returned', ...wish }),
      stage.around(),
    )
    await runAll(stage.server, [{ language: 'tsql', parts: [restore] }])
    expect(
      await stage.server.query(`SELECT d.name AS name FROM sys.databases AS d WHERE d.name = N'Sales_back'`),
    ).toHaveLength(1)
  })
})

describe('loss rehearsal: an expired certificate', () => {
  it('takes no new backup (SQL 3096), and the program had warned of it at import', async () => {
    const expired = await makeSelfSigned({
      subject: 'Expired',
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2021-01-01T00:00:00Z'),
      bits: 1024,
    })
    writeFileSync(join(stage.folder, 'pair.cer'), expired.certificate)
    writeFileSync(join(stage.folder, 'pair.pvk'), writePvk(expired.privateKey, keptPassword))
    const { plan, advice } = await stage.planned({ task: 'import-local', certificateName: 'KT_Expired' })
    expect(advice.warnings[0]).toMatchObject({
      what: 'After 2021-01-01 (UTC) no new backup can be taken with KT_Expired',
      why: expect.stringContaining('SQL 3096') as string,
    })
    await walk(plan, stage.around())
    const backup = `BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\${randomBytes(4).toString('hex')}.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Expired])`
    await expect(runAll(stage.server, [{ language: 'tsql', parts: [backup] }])).rejects.toMatchObject({
      problem: { vendor: { number: 3096 } },
    })
  })
})
