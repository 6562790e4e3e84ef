import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { providerKey, type HostCall } from '../../../shared/model/host-calls.ts'
import { runMark } from '../../../shared/model/ids.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { PowerShellHosts } from '../../../electron/ports/powershell-host.ts'
import { simulatedHosts } from '../../../electron/rehearsal/simulated-hosts.ts'
import { ekmSteps } from '../../../electron/wizards/sqlserver/steps/ekm/index.ts'
import {
  connectorStep,
  registryStep,
  restartStep,
  type HostPlan,
} from '../../../electron/wizards/sqlserver/plan-host.ts'
import {
  connectorLibrary,
  leastConnector,
  registryProblem,
} from '../../../electron/wizards/sqlserver/host-rules.ts'
import { numbered, type Draftstep } from '../../../electron/wizards/sqlserver/plan-parts.ts'
import { commonSteps } from '../../../electron/wizards/sqlserver/steps/index.ts'
import { runHostCalls } from '../../../sandbox/sqlserver/windows/windows-host.ts'
import { placeSetupPackages, setupPath } from '../../../sandbox/sqlserver/windows/packages.ts'
import { noHosts } from '../../support/no-azure.ts'
import { ekmWorld, stepStage, type EkmWorld } from './ekm-servers.ts'
import { runId } from './samples.ts'
import type { SharingServer } from './simulated-servers.ts'
import { refusal } from './walk.ts'

const name = 'KTR-HOST-1'
const account = `KTR\\svc-${name}`
const mark = runMark(runId)
let place: EkmWorld
let server: SharingServer
let folder: string
const asked: HostCall[] = []

/** The simulated computer of the server, as a rehearsal reaches it. */
const reachable: PowerShellHosts = simulatedHosts(async (_, calls) => {
  asked.push(...calls)
  return runHostCalls({ instance: () => server.instance, restart: () => server.restart() }, calls)
})

const host = (changes: Partial<HostPlan> = {}): HostPlan => ({
  computer: name,
  service: 'MSSQLSERVER',
  mark,
  place: 'p-1',
  ...changes,
})
const planned = (draft: Draftstep): PlannedStep => {
  const [step] = numbered([draft], server.ref)
  if (step === undefined) throw new Error('no step')
  return step
}
const connector = (setup: string | null) =>
  planned(connectorStep(host(), { dllPath: connectorLibrary, least: leastConnector, runtime: 2015, setup }))
const registry = () => planned(registryStep(host(), { account, exported: `D:\\Backup\\ekm-${mark}.reg` }))

const stageOn = async (hosts: PowerShellHosts) => {
  const stage = stepStage(await server.open(), { ...commonSteps, ...ekmSteps })
  stage.around.hosts = hosts
  stage.around.folder = folder
  return stage
}

beforeAll(async () => {
  place = await ekmWorld()
  server = await place.start(name, null)
  placeSetupPackages(server.instance.disk)
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kt-host-'))
  asked.length = 0
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await place.end()
})

describe('a step on a Windows host that no PowerShell reaches', () => {
  it('saves its script, letter by letter, and waits; Retry reads what the script left', async () => {
    const step = registry()
    const stage = await stageOn(noHosts)
    expect((await stage.check(step)).state).toBe('needed')
    expect(await refusal(stage.walk(step))).toMatch(/^host-step-waits: .* waits for a person/)
    const script = join(folder, `keyturn-${mark}-registry.ps1`)
    const text = readFileSync(script, 'utf8')
    expect(text).toBe(`\uFEFF${displayScript(step.scripts[0] ?? { language: 'tsql', parts: [] })}`)
    // The person runs it on the host; here its calls go to the simulated one.
    const { calls } = step.params as unknown as { calls: HostCall[] }
    const replies = await reachableReplies(calls)
    const result = { keyturn: 1, run: mark, computer: name, at: '2026-11-25T10:00:00Z', replies }
    const file = join(folder, `keyturn-${mark}-registry.result.json`)
    for (const [change, why] of [
      [{ run: 'other123' }, /another run/],
      [{ computer: 'LAPTOP-7' }, /LAPTOP-7/],
      [{ keyturn: 2 }, /not what the script writes/],
    ] as const) {
      writeFileSync(file, JSON.stringify({ ...result, ...change }))
      expect(await refusal(stage.walk(step))).toMatch(why)
    }
    writeFileSync(file, JSON.stringify({ ...result, replies: replies.slice(0, 2) }))
    expect(await refusal(stage.walk(step))).toMatch(/^host-answer/)
    writeFileSync(file, JSON.stringify(result))
    const { outcome } = await stage.walk(step)
    expect(outcome.evidence[0]).toMatchObject({
      value: account,
      source: expect.stringContaining('result.json, as the script wrote it') as string,
      at: '2026-11-25T10:00:00Z',
    })
    server.instance.store.change(undefined, () => {
      for (const key of server.instance.store.registryKeys.all())
        server.instance.store.registryKeys.delete(key.id)
    })
  })

  it('says what the result says where it is not done, and waits again after a script that did not get through', async () => {
    const step = registry()
    const stage = await stageOn(noHosts)
    const file = join(folder, `keyturn-${mark}-registry.result.json`)
    const service = {
      service: 'MSSQLSERVER',
      account,
      sid: null,
      state: 'running',
      startedAt: null,
      automatic: true,
    }
    const replies = [null, { created: true, access: [] }, service, { access: [], keys: [] }].map(
      (answer) => ({
        ok: true,
        answer,
      }),
    )
    const result = { keyturn: 1, run: mark, computer: name, at: '2026-11-25T10:00:00Z' }
    writeFileSync(file, JSON.stringify({ ...result, replies }))
    expect(await refusal(stage.walk(step))).toMatch(/^host-step-not-done: .*has no Full Control/)
    writeFileSync(
      file,
      JSON.stringify({ ...result, replies: [{ ok: false, refusal: 'access-denied', message: 'no' }] }),
    )
    expect(await refusal(stage.walk(step))).toMatch(/^host-refused: .*access is denied/)
  })

  it('a restart is waited for', async () => {
    const stage = await stageOn(noHosts)
    const step = planned(restartStep(host(), { resource: null, why: 'test' }))
    expect(await refusal(stage.walk(step))).toMatch(/^ekm-restart-waits/)
  })
})

const reachableReplies = async (calls: readonly HostCall[]) =>
  runHostCalls({ instance: () => server.instance, restart: () => server.restart() }, calls)

describe('a step on a Windows host that is reached', () => {
  it('looks at the connector and says what is missing; its setup mends that', async () => {
    const stage = await stageOn(reachable)
    expect(await refusal(stage.walk(connector(null)))).toMatch(/^host-step-not-done: .*library is not there/)
    expect(await refusal(stage.walk(connector('C:\\ktr-setup\\nothing.msi')))).toMatch(/^host-refused/)
    const { outcome } = await stage.walk(connector(setupPath('15.0.2000.440')))
    expect(outcome.evidence.map(({ value }) => value).join(' ')).toMatch(
      /15\.0\.2000\.440, a signature that Windows trusts/,
    )
    expect((await stage.check(connector(null))).state).toBe('satisfied')
    // An older one that is there is told, not taken.
    expect(
      await refusal(
        stage.walk(
          planned(
            connectorStep(host(), {
              dllPath: connectorLibrary,
              least: '16.0.0.0',
              runtime: 2015,
              setup: setupPath('15.0.300.96'),
            }),
          ),
        ),
      ),
    ).toMatch(/^host-refused: .* did not carry out install-package/)
  })

  it('exports the key that is there, gives the service account its right, and finds it done after a crash', async () => {
    const stage = await stageOn(reachable)
    const done = await stage.walk(registry())
    expect(asked.map(({ call }) => call)).toEqual([
      ...['read-service', 'read-registry', 'export-registry', 'create-registry-key'],
      ...['read-service', 'read-registry'],
    ])
    expect(done.outcome.evidence.map(({ value }) => value)).toEqual([
      account,
      expect.stringContaining(`${account}: Allow FullControl`),
    ])
    expect((await stage.check(registry(), done.before)).state).toBe('satisfied')
  })

  it('restarts the service where the plan shows the script for it, and only then', async () => {
    const stage = await stageOn(reachable)
    const step = planned(restartStep(host(), { resource: null, why: 'test' }))
    const [before] = await server.rows('SELECT sqlserver_start_time AS t FROM sys.dm_os_sys_info')
    const { outcome } = await stage.walk(step)
    const [after] = await server.rows('SELECT sqlserver_start_time AS t FROM sys.dm_os_sys_info')
    expect(after?.['t']).not.toEqual(before?.['t'])
    expect(outcome.evidence[0]?.data).toHaveProperty('restarted')
    asked.length = 0
    expect(await refusal(stage.walk({ ...step, scripts: [] }))).toMatch(/^ekm-restart-waits/)
    expect(asked).toEqual([])
  })
})

describe('what is asked of the registry key', () => {
  const service = {
    service: 'MSSQLSERVER',
    account: '.\\svc',
    sid: 'S-1-5-21-1',
    state: 'running',
    startedAt: null,
    automatic: true,
  } as const
  const rule = {
    account: 'HOST\\svc',
    sid: 'S-1-5-21-1',
    rights: 'FullControl',
    kind: 'Allow',
    inherited: false,
  } as const
  const wish = { account: 'HOST\\SVC', computer: 'HOST' }
  const keys = [{ key: providerKey, values: [] }]

  it.each([
    ['the right account with Full Control', { access: [rule], keys }, null],
    ['a rule that denies', { access: [rule, { ...rule, kind: 'Deny' as const }], keys }, /denies/],
    ['too few rights', { access: [{ ...rule, rights: 'ReadKey' }], keys }, /no Full Control/],
    ['another account', { access: [{ ...rule, account: 'HOST\\b', sid: 'S-1' }], keys }, /no Full Control/],
    ['no key', null, /not there/],
  ])('%s', (_, registryRead, expected) => {
    const problem = registryProblem({ service, registry: registryRead }, wish)
    if (expected === null) expect(problem).toBeNull()
    else expect(problem).toMatch(expected)
  })

  it('a service that runs as somebody else since the plan was made', () => {
    expect(registryProblem({ service: { ...service, account: 'D\\x' }, registry: null }, wish)).toMatch(
      /runs as/,
    )
    expect(registryProblem({ service: null, registry: null }, wish)).toMatch(/not on this computer/)
  })
})
