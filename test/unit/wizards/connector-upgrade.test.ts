/** The job on a simulated server whose connector asks simulated Azure, with its simulated Windows host. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import type { PowerShellHosts } from '../../../electron/ports/powershell-host.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { connectorUpgrade } from '../../../electron/wizards/connector-upgrade/index.ts'
import { readFacts } from '../../../electron/wizards/connector-upgrade/facts.ts'
import { preview } from '../../../electron/wizards/connector-upgrade/preview.ts'
import type { Facts } from '../../../electron/wizards/connector-upgrade/facts-model.ts'
import { placeSetupPackages, productCode, setupPath } from '../../../sandbox/sqlserver/windows/packages.ts'
import { runHostCalls } from '../../../sandbox/sqlserver/windows/windows-host.ts'
import { planReader } from '../../support/plan-reader.ts'
import { doctorStage, nobody, type DoctorStage } from '../doctor/doctor-stage.ts'
import { stepStage } from './ekm-servers.ts'
import { codeOf } from './tde-stage.ts'
import type { Walked } from './walk.ts'

const old = '13.0.811.168'
const newest = '15.0.2000.440'

let stage: DoctorStage
let folder: string
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const begin = async (connector: string, setUp = true): Promise<void> => {
  folder = mkdtempSync(join(tmpdir(), 'kt-upgrade-'))
  stage = await doctorStage(connector)
  ends.push(async () => {
    await stage.end()
    rmSync(folder, { recursive: true, force: true })
  })
  placeSetupPackages(stage.server.instance.disk)
  await stage.makeKey('ktr-small')
  if (setUp) await stage.setUp('ktr-small')
}

const answers = (changes: Answers = {}): Answers => ({
  target: stage.server.ref.id,
  task: 'newer',
  setup: setupPath(newest),
  version: newest,
  mode: 'silent',
  backups: 'take',
  backupFolder: 'D:\\Backup',
  ...changes,
})

interface Wish {
  hosts?: PowerShellHosts
  /** Another run than the tests' own: another mark in its file names. */
  run?: string
}
const factsFor = async (given: Answers, { hosts = stage.hosts }: Wish = {}): Promise<Facts> =>
  readFacts(
    given,
    planReader(() => stage.server.open(), {
      hosts,
      places: { folderOf: () => folder, label: () => folder },
    }),
  )
const mark = (): string => 'k7f3ab2c'
const review = async (changes: Answers = {}, wish: Wish = {}): Promise<PlanOutcome> => {
  const given = answers(changes)
  return connectorUpgrade.plan(
    connectorUpgrade.parse(given),
    await factsFor(given, wish),
    asRunId(wish.run ?? 'k7f3ab2cdefg'),
  )
}
const walk = async (plan: Plan, hosts: PowerShellHosts = stage.hosts): Promise<Walked[]> => {
  const done: Walked[] = []
  for (const step of plan.steps) done.push(await walkOne(step, hosts))
  return done
}
const walkOne = async (step: PlannedStep, hosts: PowerShellHosts = stage.hosts): Promise<Walked> => {
  const walker = stepStage(await stage.server.open(), connectorUpgrade.steps)
  walker.around.hosts = hosts
  walker.around.folder = folder
  return walker.walk(step)
}
const step = (plan: Plan, kind: string): PlannedStep => {
  const found = plan.steps.find((one) => one.kind === kind)
  if (found === undefined) throw new Error(kind)
  return found
}
const sales = async (): Promise<unknown> =>
  (await stage.server.rows("SELECT state_desc AS state FROM sys.databases WHERE name = 'Sales'"))[0]?.[
    'state'
  ]
const versionNow = async (): Promise<unknown> =>
  (await stage.server.rows('SELECT version FROM sys.cryptographic_providers'))[0]?.['version']

describe('across 1.0.5.0', () => {
  it('says before what changes and which backups that touches, comes up again, keeps every thumbprint, and goes back by the same job', async () => {
    await begin(old)
    await stage.server.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\before.bak'")
    const { plan, advice } = await review()
    expect(advice.blockers).toEqual([])
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'full-backup',
      'run-on-host',
      'register-library',
      'bring-online',
      'compare-thumbprints',
      'full-backup',
    ])
    const said = advice.warnings.map(({ what, why }) => `${what}. ${why}`).join('\n')
    expect(said).toContain('Thumbprints change')
    expect(said).toContain('33111')
    expect(said).toContain('before.bak')
    expect(said).toContain('under another name')
    expect(advice.notes.map(({ value }) => value).join('\n')).toContain('“Go back”')
    const done = await walk(plan)
    expect(await sales()).toBe('ONLINE')
    expect(await versionNow()).toBe(newest)
    const compared = done.find((one) => one.step.kind === 'compare-thumbprints')?.outcome.evidence ?? []
    expect(compared.map(({ value }) => value).join('\n')).toContain('gets another thumbprint')
    const back = await review({ task: 'back', setup: setupPath(old), version: old }, { run: 'kbackbackbac' })
    expect(back.advice.blockers).toEqual([])
    await walk(back.plan)
    expect([await sales(), await versionNow()]).toEqual(['ONLINE', old])
  })

  it('a register step that was done is not done again; a database that stayed closed is set online', async () => {
    await begin(old)
    const { plan } = await review()
    await walkOne(step(plan, 'run-on-host'))
    expect(await sales()).toBe('RECOVERY_PENDING')
    await walkOne(step(plan, 'register-library'))
    const before = await stage.server.rows('SELECT version FROM sys.cryptographic_providers')
    await walkOne(step(plan, 'bring-online'))
    const again = await walkOne(step(plan, 'register-library'))
    expect(again.before).toEqual({ version: newest })
    expect(await stage.server.rows('SELECT version FROM sys.cryptographic_providers')).toEqual(before)
  })
})

describe('within one generation', () => {
  it('nothing of thumbprints is warned about, and they stay', async () => {
    await begin('15.0.2000.367')
    const { plan, advice } = await review()
    expect(advice.warnings.map(({ what }) => what).join('\n')).not.toContain('Thumbprints change')
    const done = await walk(plan)
    expect(await sales()).toBe('ONLINE')
    const compared = done.find((one) => one.step.kind === 'compare-thumbprints')?.outcome.evidence ?? []
    expect(compared.map(({ value }) => value)).toContain('gets the same thumbprint')
  })

  it('backups that are there are confirmed by msdb, with their time and file', async () => {
    await begin('15.0.2000.367')
    const none = await review({ backups: 'confirm', mostHours: 1 })
    expect(none.advice.blockers.map(({ what }) => what)).toEqual([
      'Sales has no full backup that is new enough',
    ])
    await stage.server.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\mine.bak'")
    const { plan, advice } = await review({ backups: 'confirm', mostHours: 1 })
    expect(advice.blockers).toEqual([])
    const { outcome } = await walkOne(step(plan, 'confirm-full-backup'))
    expect(outcome.evidence.map(({ value }) => value)).toContain('D:\\Backup\\mine.bak')
    const lost = {
      ...step(plan, 'confirm-full-backup'),
      params: { database: 'Sales', finished: '2999-01-01T00:00:00.000Z', device: '' },
    }
    expect(await codeOf(walkOne(lost))).toBe('step-not-verified')
  })

  it('a copy-only full backup is one for review and step alike: it restores as well', async () => {
    await begin('15.0.2000.367')
    await stage.server.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\copy.bak' WITH COPY_ONLY")
    const { plan, advice } = await review({ backups: 'confirm', mostHours: 1 })
    expect(advice.blockers).toEqual([])
    const { outcome } = await walkOne(step(plan, 'confirm-full-backup'))
    expect(outcome.evidence.map(({ value }) => value)).toContain('D:\\Backup\\copy.bak')
  })
})

describe('backups on record', () => {
  it('more of them than are read refuse nothing: the newest are read, and the review says that there are more', async () => {
    await begin(old)
    await stage.server.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\first.bak'")
    const { store } = stage.server.instance
    const [set] = store.backupSets.all()
    if (set === undefined) throw new Error('no backup')
    const physicalNames = Array.from({ length: 5_001 }, (_, at) => `D:\\Backup\\${at}.bak`)
    store.change(undefined, () => store.backupSets.put({ ...set, physicalNames }))
    const { advice } = await review()
    expect(advice.blockers).toEqual([])
    const onRecord = advice.notes.find(({ statement }) => statement === 'Backups of Sales on record')
    expect(onRecord?.value).toContain('at least the newest 5,000')
    const facts = await factsFor(answers())
    const others = facts.backups.read ? facts.backups.value.map((one) => ({ ...one, database: 'Other' })) : []
    const blind = { ...facts, backups: { ...facts.backups, read: true, value: others } as Facts['backups'] }
    const given = answers({ backups: 'confirm', mostHours: 1 })
    const outcome = connectorUpgrade.plan(connectorUpgrade.parse(given), blind, asRunId('k7f3ab2cdefg'))
    expect(outcome.advice.blockers.map(({ measured }) => measured)).toEqual([
      'none among the newest 5,000 files of backups',
    ])
  })
})

describe('the setup on the host', () => {
  it('only one that a person clicks through has no limit, and the service is started in any case', async () => {
    await begin('15.0.2000.367')
    const limits: [string | undefined, number | undefined][] = []
    const watched: PowerShellHosts = {
      ...stage.hosts,
      run: (server, calls, options) => {
        if (options?.timeoutMs !== undefined) limits.push([calls[0]?.call, options.timeoutMs])
        return stage.hosts.run(server, calls, options)
      },
    }
    for (const mode of ['silent', 'interactive']) {
      const { plan } = await review({ setup: 'C:\\ktr-setup\\not-there.msi', mode })
      expect(await codeOf(walkOne(step(plan, 'run-on-host'), watched))).toBe('host-refused')
    }
    expect(limits).toEqual([
      ['stop-service', 30 * 60_000],
      ['start-service', 120_000],
      ['stop-service', 0],
      ['start-service', 120_000],
    ])
  })

  it('one that is refused, or installs another version, leaves the service running, and the retry goes on where it stood', async () => {
    await begin('15.0.2000.367')
    const { plan } = await review({ setup: 'C:\\ktr-setup\\not-there.msi' })
    expect(await codeOf(walkOne(step(plan, 'run-on-host')))).toBe('host-refused')
    const [service] = await stage.hosts.run(await stage.server.open(), [
      { call: 'read-service', service: 'MSSQLSERVER' },
    ])
    expect(service?.state).toBe('running')
    // Another version than was said is not what was wanted.
    const wrong = (
      await review({ setup: setupPath('15.0.300.96'), productCode: productCode('15.0.2000.367') })
    ).plan
    expect(await codeOf(walkOne(step(wrong, 'run-on-host')))).toBe('step-not-verified')
    await stage.hosts.run(await stage.server.open(), [
      { call: 'uninstall-package', productCode: productCode('15.0.300.96'), mode: 'silent' },
    ])
    // Uninstalled already, and the library gone: the same step with the right package finishes.
    const mended = (await review({ productCode: productCode('15.0.2000.367') })).plan
    await walkOne(step(mended, 'run-on-host'))
    const [library] = await stage.hosts.run(await stage.server.open(), [
      {
        call: 'read-library',
        path: 'C:\\Program Files\\SQL Server Connector for Microsoft Azure Key Vault\\Microsoft.AzureKeyVaultService.EKM.dll',
      },
    ])
    expect(library?.version).toBe(newest)
  })

  it('without a PowerShell the script waits in the person’s folder, and its result lets the run go on', async () => {
    await begin('15.0.2000.367')
    const without = await review({ productCode: '' }, { hosts: nobody })
    expect(without.advice.blockers.map(({ what }) => what)).toEqual([
      'The product code of the present connector is not known',
      'No PowerShell reaches the host',
    ])
    const code = productCode('15.0.2000.367')
    const { plan, advice } = await review({ productCode: code, scriptFolder: 'p-mine' }, { hosts: nobody })
    expect(advice.blockers).toEqual([])
    const waiting = step(plan, 'run-on-host')
    expect(await codeOf(walkOne(waiting, nobody))).toBe('host-step-waits')
    const [script] = readdirSync(folder)
    expect(script).toBe(`keyturn-${mark()}-replace-connector.ps1`)
    const text = readFileSync(join(folder, script ?? ''), 'utf8')
    for (const part of ['Stop-Service', code, setupPath(newest), 'Start-Service'])
      expect(text).toContain(part)
    // What a person does there, done by the simulated host, and what the script leaves.
    const { calls } = waiting.params as { calls: Parameters<typeof runHostCalls>[1] }
    const [, ...rest] = [null, ...calls]
    const replies = await runHostCalls(
      {
        instance: () => stage.server.instance,
        restart: stage.restart,
        service: {
          isStopped: () => false,
          stop: async () => stage.server.instance.ekm.stop(),
          start: stage.restart,
        },
      },
      rest,
    )
    const result = {
      keyturn: 1,
      run: mark(),
      computer: 'KTR-DOCTOR',
      at: new Date().toISOString(),
      replies,
    }
    writeFileSync(join(folder, `keyturn-${mark()}-replace-connector.result.json`), JSON.stringify(result))
    const { outcome } = await walkOne(waiting, nobody)
    expect(outcome.evidence[0]?.source).toContain('result.json')
  })
})

describe('what keeps the run from being possible', () => {
  it('no provider, the same version, the wrong direction, a closed database', async () => {
    await begin(newest, false)
    const blockers = async (changes: Answers = {}) =>
      (await review(changes)).advice.blockers.map(({ what }) => what)
    expect(await blockers()).toEqual([
      'There is no provider of the connector',
      `Version ${newest} is there already`,
    ])
    await stage.setUp('ktr-small')
    expect(await blockers({ version: '15.0.300.96' })).toEqual(['Version 15.0.300.96 is older'])
    expect(await blockers({ task: 'back', version: '15.0.9999.1' })).toEqual(['Version 15.0.9999.1 is newer'])
    await stage.place.azure.order({ do: 'expireSecret', application: 'ktr-ekm-sql01' })
    await stage.restart()
    expect(await blockers({ task: 'back', version: '15.0.300.96' })).toEqual(['Sales is not open'])
  })

  it('a failover cluster instance, and one of which that was not read', async () => {
    await begin(old)
    const facts = await factsFor(answers())
    const { source, at } = facts.clustered
    const blockers = (clustered: Facts['clustered']) =>
      connectorUpgrade.plan(
        connectorUpgrade.parse(answers()),
        { ...facts, clustered },
        asRunId('k7f3ab2cdefg'),
      ).advice.blockers
    expect(blockers({ read: true, value: false, source, at })).toEqual([])
    expect(blockers({ read: true, value: true, source, at }).map(({ what }) => what)).toEqual([
      'This is a failover cluster instance',
    ])
    expect(blockers({ read: false, because: 'timed out', source, at })).toEqual([
      {
        what: `${source}: not read`,
        measured: 'timed out',
        limit: 'Read: a cluster takes its resource offline itself',
        screen: 'server',
      },
    ])
  })

  it('a login that does not see everything', async () => {
    await begin(old)
    await stage.server.run("CREATE LOGIN blind WITH PASSWORD = 'Blind-Password-2026'")
    const blind = await stage.openAs('blind', 'Blind-Password-2026')
    const given = answers()
    const facts = await readFacts(
      given,
      planReader(() => blind.server, { hosts: stage.hosts }),
    )
    const { advice } = connectorUpgrade.plan(connectorUpgrade.parse(given), facts, asRunId('k7f3ab2cdefg'))
    await blind.close()
    expect(advice.blockers.length).toBeGreaterThan(2)
    expect(advice.blockers[0]?.measured).toContain('not visible with this login')
  })
})

describe('plan, preview and runbook', () => {
  it('the same facts give the same plan; the preview shows blanks; the runbook holds every statement', async () => {
    await begin(old)
    const given = answers()
    const facts = await factsFor(given)
    const plan = (): Plan =>
      connectorUpgrade.plan(connectorUpgrade.parse(given), facts, asRunId('k7f3ab2cdefg')).plan
    expect(JSON.stringify(plan())).toBe(JSON.stringify(plan()))
    expect(plan().secrets).toEqual([])
    const blank = preview({}, facts)
    expect(blank.refused).toBeNull()
    expect(blank.statements.map(({ text }) => text).join('\n')).toContain('‹setup on the host›')
    expect(preview({}, null).statements.length).toBeGreaterThan(0)
    const text = runbookSql(plan(), 'a'.repeat(64) as never)
    for (const { scripts, kind } of plan().steps.filter((one) => one.kind !== 'run-on-host'))
      for (const script of scripts) expect(text, kind).toContain(displayScript(script).split('\n')[0])
  })
})
