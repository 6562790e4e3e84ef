import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { codeOf, kinds, stepOfKind, tdeStage, type Done, type TdeStage } from './tde-stage.ts'

let stage: TdeStage
beforeEach(async () => {
  stage = await tdeStage()
})
afterEach(() => stage.end())

const values = (done: readonly Done[]): string[] =>
  done.flatMap(({ outcome }) => outcome.evidence.map(({ statement, value }) => `${statement}: ${value}`))
const whats = async (changes: Parameters<TdeStage['review']>[0]): Promise<string[]> =>
  (await stage.review(changes)).advice.blockers.map(({ what }) => what)
const stepTwice = async (done: Done): Promise<string> => (await stage.check(done.step, done.before)).state

describe('turning on', () => {
  it('proves the certificate before the key is made, and ends with state 3 for several databases', async () => {
    const plan = await stage.plan({ databases: ['Sales', "O'Brien]s;--"], proveOnServer: true })
    expect(kinds(plan)).toEqual([
      'create-certificate',
      'back-up-certificate',
      'prove-on-server',
      'drop-scratch',
      'fetch-certificate-pair',
      'create-database-key',
      'create-database-key',
      'set-encryption-on',
      'set-encryption-on',
      'watch-scan',
      'watch-scan',
    ])
    const done = await stage.walk(plan)
    expect(await stage.state('Sales')).toBe(3)
    expect(await stage.state("O''Brien]s;--")).toBe(3)
    // Exported before the key was made, so the server has nothing to warn of (33091).
    expect(stage.around.said.filter((said) => said.startsWith('33091'))).toEqual([])
    expect(values(done)).toContain('Encryption state of Sales: 3 (encrypted)')
    expect(values(done)).toContain('is_encrypted of Sales: 1')
    const made = done.find(({ step }) => step.kind === 'create-certificate')?.outcome.evidence
    const thumbprint = made?.find(({ data }) => data?.['thumbprint'] !== undefined)?.data?.['thumbprint']
    expect(values(done)).toContain(`Protector of the key of Sales, thumbprint: ${String(thumbprint)}`)
    for (const one of done.filter(({ step }) => step.kind !== 'drop-scratch')) {
      expect(one.outcome.evidence.every(({ source, at }) => source !== '' && at !== '')).toBe(true)
    }
    // Done already: what a resumed run finds. Files of the pair and the scratch database have their own tests.
    for (const one of done.slice(5)) expect(await stepTwice(one)).toBe('satisfied')
  })

  it('is the same plan for the same facts, and goes into a runbook with guards', async () => {
    const [plan, again] = await stage.planTwice({})
    expect(again).toEqual(plan)
    const text = runbookSql(plan, 'd'.repeat(64) as Parameters<typeof runbookSql>[1])
    expect(text).toContain('CREATE DATABASE ENCRYPTION KEY')
    expect(text).toContain('ENCRYPTION BY SERVER CERTIFICATE [KT_TDE]')
    expect(text).toContain('sys.dm_database_encryption_keys')
  })

  it('measures the scan, leaves it to the server when it is stopped, and finds it again', async () => {
    stage.simulated.instance.scans.setPace({ pagesPerTick: 1, holdAtPercent: 40 })
    const plan = await stage.plan({})
    const watch = stepOfKind(plan, 'watch-scan')
    for (const step of plan.steps.slice(0, -1)) await stage.walkStep(step)
    const stop = new AbortController()
    stage.around.signal = stop.signal
    stage.around.percents.push = (...percents) => {
      // As far as the scan gets: a person sees it stand there and stops.
      if (percents.some((percent) => Number(percent) >= 35)) stop.abort()
      return 0
    }
    expect(await codeOf(stage.walkStep(watch))).toBe('sql-cancelled')
    expect(await stage.state('Sales')).toBe(2)
    expect(watch.stopNow?.leaves).toContain('goes on on the server')
    delete stage.around.signal
    stage.simulated.instance.scans.setPace({ holdAtPercent: null })
    const [again] = await stage.run({ task: 'watch' }).catch(async () => [await stage.walkStep(watch)])
    expect(again?.outcome.evidence[0]?.value).toBe('3 (encrypted)')
  })

  it('goes on after a restart in the middle of the scan', async () => {
    stage.simulated.instance.scans.setPace({ pagesPerTick: 1, holdAtPercent: 50 })
    const plan = await stage.plan({})
    for (const step of plan.steps.slice(0, -1)) await stage.walkStep(step)
    stage.simulated.restart()
    const watch = stepOfKind(plan, 'watch-scan')
    stage.simulated.instance.scans.setPace({ holdAtPercent: null })
    // The first question may meet the connection that the restart took away: a person retries the step.
    const done = await stage.walkStep(watch).catch(() => stage.walkStep(watch))
    expect(done.outcome.evidence[0]?.value).toBe('3 (encrypted)')
  })

  it('takes no key for its own that it did not make', async () => {
    const plan = await stage.plan({})
    const create = stepOfKind(plan, 'create-database-key')
    for (const step of plan.steps) {
      if (step === create) break
      await stage.walkStep(step)
    }
    await stage.sql(
      'USE [Sales]; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_128 ENCRYPTION BY SERVER CERTIFICATE [KT_TDE]; USE [master];',
    )
    expect((await stage.check(create)).state).toBe('foreign')
    // With the intent recorded it is this run's by certificate, and the algorithm shows at verify that it is not.
    expect(await codeOf(stage.walkStep(create, { key: null }))).toBe('step-not-verified')
  })

  it('is undone while only it used the certificate: off, key dropped, certificate kept', async () => {
    const plan = await stage.plan({})
    const done = await stage.walk(plan)
    const certificate = plan.steps[0]
    expect(certificate?.undo).toMatchObject({ can: 'until', final: true, beforeStep: 5 })
    expect(plan.steps[4]?.kind).toBe('set-encryption-on')
    const create = done.find(({ step }) => step.kind === 'create-database-key')
    if (create === undefined) throw new Error('no key was made')
    // A key that is in use is never dropped.
    expect(await codeOf(stage.undo(create))).toBe('undo-refused')
    expect(await codeOf(stage.undo(done[0] as Done))).toBe('undo-refused')
    for (const one of done.toReversed().filter(({ step }) => step.kind === 'set-encryption-on'))
      await stage.undo(one)
    expect(await stage.state('Sales')).toBe(1)
    expect(await codeOf(stage.undo(done[0] as Done))).toBe('undo-refused')
    await stage.undo(create)
    expect(await stage.state('Sales')).toBe(0)
  })

  it('is undone in the middle of its scan: waits for the end of the scan first', async () => {
    stage.simulated.instance.scans.setPace({ pagesPerTick: 1, holdAtPercent: 50 })
    const plan = await stage.plan({})
    const done: Done[] = []
    for (const step of plan.steps.slice(0, -1)) done.push(await stage.walkStep(step))
    stage.around.percents.push = () => {
      stage.simulated.instance.scans.setPace({ pagesPerTick: 64, holdAtPercent: null })
      return 0
    }
    await stage.undo(done.at(-1) as Done)
    expect(await stage.state('Sales')).toBe(1)
  })
})

describe('a scan', () => {
  beforeEach(async () => {
    await stage.run({})
    stage.simulated.instance.scans.setPace({ pagesPerTick: 1, holdAtPercent: 30 })
    await stage.sql(
      'USE [Sales]; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE [master];',
    )
  })

  it('is suspended, stays so, blocks watching, and is resumed to its end', async () => {
    const [suspended] = await stage.run({ task: 'suspend' })
    expect(suspended?.outcome.evidence[0]?.value).toContain('suspended')
    expect(await stepTwice(suspended as Done)).toBe('satisfied')
    const watch = stepOfKind(await stage.plan({ task: 'watch' }), 'watch-scan')
    expect(await codeOf(stage.walkStep(watch))).toBe('tde-scan-suspended')
    expect(await whats({ task: 'suspend' })).toEqual(['Sales can’t be chosen for this task'])
    stage.simulated.instance.scans.setPace({ holdAtPercent: null })
    const done = await stage.run({ task: 'resume' })
    expect(done.map(({ step }) => step.kind)).toEqual(['resume-scan', 'watch-scan'])
    expect(await stage.state('Sales')).toBe(3)
  })

  it('keeps other changes away, with the reason', async () => {
    for (const task of ['turn-on', 'turn-off', 'regenerate', 'rotate-protector', 'resume']) {
      const { advice } = await stage.review({ task, certificateName: 'KT_Other' })
      expect(advice.blockers.find(({ what }) => what.startsWith('Sales can’t'))?.measured, task).toContain(
        'state',
      )
    }
  })
})

describe('the protector', () => {
  it('is rotated to a proven certificate; the old one is kept and said to be needed; undone by the old one', async () => {
    await stage.run({})
    await stage.sql("BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\old.bak' WITH FORMAT;")
    const { plan, advice } = await stage.review({ task: 'rotate-protector', certificateName: 'KT_TDE_2' })
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContain(
      'KT_TDE must stay, here and where its files are',
    )
    expect(kinds(plan)).toEqual([
      'create-certificate',
      'back-up-certificate',
      'fetch-certificate-pair',
      'change-protector',
      'keep-protector',
    ])
    const done = await stage.walk(plan)
    const changed = done[3] as Done
    expect(changed.outcome.evidence[0]?.data).toMatchObject({ headline: 'KT_TDE_2 is the TDE protector of' })
    expect(await stepTwice(changed)).toBe('satisfied')
    expect(values(done)).toContainEqual(
      expect.stringMatching(/^Backups of Sales that may need KT_TDE: 1 on record/),
    )
    // Both are in use or may be: neither is dropped.
    expect(await codeOf(stage.undo(done[0] as Done))).toBe('undo-refused')
    await stage.undo(changed)
    const [row] = await stage.rows(
      'SELECT c.name AS name FROM sys.dm_database_encryption_keys AS k JOIN master.sys.certificates AS c ON c.thumbprint = k.encryptor_thumbprint',
    )
    expect(row?.['name']).toBe('KT_TDE')
  })

  it('is not rotated to itself, nor to a certificate that the server can’t open', async () => {
    await stage.run({})
    const use = { task: 'rotate-protector', certificateMode: 'use' }
    expect(await whats({ ...use, certificateName: 'KT_TDE' })).toEqual(['Sales is under KT_TDE already'])
    await stage.sql(
      "USE [master]; CREATE CERTIFICATE [KT_Pw] ENCRYPTION BY PASSWORD = N'Some-Password-2026' WITH SUBJECT = N'pw';",
    )
    expect(await whats({ ...use, certificateName: 'KT_Pw' })).toEqual(['KT_Pw can’t protect a database key'])
  })
})

describe('the database key', () => {
  const fullBackup = "BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\s.bak' WITH FORMAT;"

  it('is regenerated and watched; before the next change the log is backed up, by this run or by a person', async () => {
    await stage.run({})
    await stage.sql(fullBackup)
    const done = await stage.run({ task: 'regenerate', algorithm: 'AES_192' })
    expect(done.map(({ step }) => step.kind)).toEqual(['regenerate-database-key', 'watch-scan'])
    expect(values(done)).toContain('Its algorithm: AES_192')
    expect(await stepTwice(done[0] as Done)).toBe('satisfied')
    const mine = await stage.review({ task: 'regenerate', logBackups: 'mine' })
    expect(kinds(mine.plan)).toEqual(['regenerate-database-key', 'watch-scan'])
    expect(mine.advice.blockers.map(({ what }) => what)).toEqual([
      'The log of Sales has to be backed up before its key is changed again',
    ])
    expect(mine.advice.blockers[0]?.limit).toContain('33122')
    // As often as one likes: each change finds the log backed up since the one before.
    for (const algorithm of ['AES_128', 'AES_256', 'AES_192']) {
      const { plan, advice } = await stage.review({ task: 'regenerate', algorithm })
      expect(advice.blockers).toEqual([])
      expect(advice.warnings.map(({ what }) => what)).toContain('This run takes a log backup of Sales')
      expect(kinds(plan)).toEqual(['log-backup', 'regenerate-database-key', 'watch-scan'])
      expect(plan.steps[0]?.now).toContain('33122')
      const [logged] = await stage.walk(plan)
      expect(logged?.outcome.evidence.map(({ value }) => value)).toContain('yes: not copy-only')
      expect(await stepTwice(logged as Done)).toBe('satisfied')
    }
    await stage.sql("BACKUP LOG [Sales] TO DISK = N'D:\\Backup\\s.trn' WITH FORMAT;")
    expect(await whats({ task: 'regenerate', logBackups: 'mine' })).toEqual([])
  })

  it.each([
    ['in SIMPLE recovery', 'ALTER DATABASE [Sales] SET RECOVERY SIMPLE;', 'SIMPLE recovery'],
    ['without a full backup', '', 'no data backup has begun a log chain'],
  ])(
    '%s gets a CHECKPOINT before each change after the first, because no log can be backed up',
    async (_, first, why) => {
      await stage.run({})
      if (first !== '') await stage.sql(first)
      await stage.run({ task: 'regenerate', algorithm: 'AES_192' })
      for (const algorithm of ['AES_128', 'AES_256', 'AES_192']) {
        const { plan, advice } = await stage.review({ task: 'regenerate', algorithm, logBackups: 'mine' })
        expect(advice.blockers).toEqual([])
        expect(kinds(plan)).toEqual(['checkpoint', 'regenerate-database-key', 'watch-scan'])
        expect(plan.steps[0]?.now).toContain(why)
        expect(advice.warnings.map(({ what }) => what)).toContain(
          'Sales gets a CHECKPOINT before its key is changed',
        )
        await stage.walk(plan)
      }
    },
    60_000,
  )

  it('that got a log chain after the review is not taken for one without (no CHECKPOINT in place of a log backup)', async () => {
    await stage.run({})
    await stage.run({ task: 'regenerate', algorithm: 'AES_192' })
    const plan = await stage.plan({ task: 'regenerate' })
    await stage.sql(fullBackup)
    expect(await codeOf(stage.walkStep(stepOfKind(plan, 'checkpoint')))).toBe('tde-log-backup-first')
  })

  it('of which the server refuses a third change says what to do (33122)', async () => {
    await stage.run({})
    const { plan } = await stage.review({ task: 'regenerate', algorithm: 'AES_128' })
    const regenerate = stepOfKind(plan, 'regenerate-database-key')
    const change = async (): Promise<string> => {
      const code = await codeOf(stage.walkStep(regenerate))
      await stage.walkStep(stepOfKind(plan, 'watch-scan'))
      return code
    }
    expect([await change(), await change(), await change()]).toEqual([
      'accepted',
      'accepted',
      'tde-log-backup-first',
    ])
  })
})

describe('turning off', () => {
  it('waits for state 1, drops the key, backs up log and database, and keeps the certificate', async () => {
    await stage.run({})
    await stage.sql("BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\s.bak' WITH FORMAT;")
    const plan = await stage.plan({ task: 'turn-off' })
    expect(kinds(plan)).toEqual([
      'set-encryption-off',
      'watch-scan',
      'drop-database-key',
      'log-backup',
      'full-backup',
      'keep-protector',
    ])
    const drop = stepOfKind(plan, 'drop-database-key')
    expect((await stage.check(drop)).state).toBe('blocked')
    const done = await stage.walk(plan)
    expect(await stage.state('Sales')).toBe(0)
    for (const one of done.slice(2, 5)) expect(await stepTwice(one)).toBe('satisfied')
    expect(values(done)).toContain('Encrypted with: nothing, as planned')
    expect(values(done)).toContainEqual(expect.stringMatching(/^KT_TDE is there with its private key/))
    expect(plan.steps[0]?.undo).toMatchObject({ can: 'until', beforeStep: 3 })
    // The full backup needs no certificate any more; the log backup of this run does.
    await stage.sql('USE [master]; DROP CERTIFICATE [KT_TDE];')
    const fileOf = (kind: string): string => String((stepOfKind(plan, kind).params as { file: string }).file)
    const opens = async (file: string): Promise<string> =>
      codeOf(stage.rows(`RESTORE FILELISTONLY FROM DISK = N'${file}'`))
    expect(await opens(fileOf('full-backup'))).toBe('accepted')
    expect(await opens(fileOf('log-backup'))).toBe('sql-key-missing')
  })

  it('without a log chain has a CHECKPOINT in place of the log backup, and says what the log needs where a person takes it', async () => {
    await stage.run({})
    expect(kinds(await stage.plan({ task: 'turn-off' }))).toContain('checkpoint')
    await stage.sql("BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\s.bak' WITH FORMAT;")
    const { plan, advice } = await stage.review({ task: 'turn-off', logBackups: 'mine' })
    expect(kinds(plan)).not.toContain('log-backup')
    expect(advice.warnings.map(({ what }) => what)).toContain(
      'The log of Sales needs the certificate until you back it up',
    )
  })

  it('can be taken back until the key is dropped', async () => {
    await stage.run({})
    const plan = await stage.plan({ task: 'turn-off' })
    const off = await stage.walkStep(stepOfKind(plan, 'set-encryption-off'))
    await stage.undo(off)
    expect(await stage.state('Sales')).toBe(3)
  })
})

describe('what blocks', () => {
  it('a master key that does not open by itself, a name that is taken, a database that can’t be chosen', async () => {
    await stage.run({})
    expect(await whats({})).toEqual([
      'Sales can’t be chosen for this task',
      'The name KT_TDE is taken',
      'Sales has a database encryption key under KT_TDE',
    ])
    expect(await whats({ databases: ['master'], certificateName: 'KT_New' })).toEqual([
      'master can’t be chosen for this task',
    ])
    expect(await whats({ databases: ['Nowhere'], certificateName: 'KT_New' })).toEqual([
      'Nowhere can’t be chosen for this task',
    ])
    await stage.sql('USE [master]; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY;')
    const { advice } = await stage.review({ databases: ["O'Brien]s;--"], certificateName: 'KT_New' })
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      'The master key of KTR-WIZARD does not open by itself',
    ])
    expect(advice.warnings[0]?.what).toContain('Works until the next restart: TDE of Sales')
  })

  it('an edition without TDE, read-only file groups, and a version that can’t suspend', async () => {
    await stage.end()
    stage = await tdeStage(13, 'Standard', [{ name: 'Archive', bytes: 64 * 1024, readOnlyFilegroup: 'Old' }])
    expect(await whats({ databases: ['Archive'] })).toEqual([
      'The edition of KTR-WIZARD has no TDE (SQL 33117)',
      'Archive can’t be chosen for this task',
    ])
    const { advice } = await stage.review({ databases: ['Archive'] })
    expect(advice.blockers[1]?.measured).toContain('Archive_Old')
    expect(await whats({ task: 'suspend' })).toContain('KTR-WIZARD can’t suspend a scan')
  })
})
