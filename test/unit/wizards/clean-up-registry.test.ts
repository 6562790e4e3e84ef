/** What of a clean-up needs more than one key or the Windows host: guessed logins, scratch databases, the registry key. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { providerKey, type HostCall } from '../../../shared/model/host-calls.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { PowerShellHosts } from '../../../electron/ports/powershell-host.ts'
import { simulatedHosts } from '../../../electron/rehearsal/simulated-hosts.ts'
import { cleanUp } from '../../../electron/wizards/ekm-clean-up/index.ts'
import { runEkmOrder } from '../../../sandbox/sqlserver/host/ekm.ts'
import { runHostCalls } from '../../../sandbox/sqlserver/windows/windows-host.ts'
import { noHosts } from '../../support/no-azure.ts'
import { cleanUpStage, stepNamed } from './clean-up-stage.ts'
import { ekmChain, type Chain } from './ekm-chain.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'
import { refusal } from './walk.ts'

let place: EkmWorld
let chain: Chain
const asked: HostCall['call'][] = []
const hosts: PowerShellHosts = simulatedHosts(async (_, calls) => {
  asked.push(...calls.map(({ call }) => call))
  const { server } = chain
  return runHostCalls({ instance: () => server.instance, restart: () => server.restart() }, calls)
})

beforeAll(async () => {
  place = await ekmWorld()
  chain = await ekmChain(place, 'KTR-REG-1')
})
afterAll(() => place.end())

const whole = { parts: ['mapping', 'login', 'key', 'credential', 'provider'], exportFolder: 'D:\\Backup' }

describe('more than one key', () => {
  it('a login that is another key’s is refused by its sid; other keys keep credential, provider and registry', async () => {
    await chain.encrypt('Sales', 'tde')
    await chain.changeTo('Sales', 'tde2', 'ktr-backup-sql01')
    await chain.server.run(
      "BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\f.bak'; BACKUP LOG Sales TO DISK = 'D:\\Backup\\l.trn'",
    )
    const job = await cleanUpStage(place, chain)
    const wrong = await job.review({ keyLogin: 'tde2_login' })
    expect(wrong.advice.blockers.map(({ what, measured }) => `${what}: ${measured}`)).toEqual([
      'Login tde2_login: It was made from tde2, as its sid says',
      'Login tde_login stands on tde: It was made from it',
    ])
    const { advice } = await job.review({ ...whole, parts: [...whole.parts, 'option', 'registry'] })
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      'Key tde2 stands on AKV',
      'Credential tde2_cred stands on AKV',
      'Key tde2 is found through the registry',
    ])
    await job.walk(await job.plan({ parts: [...whole.parts.slice(0, 4)] }))
    expect(await job.there()).toMatchObject({ keys: 'tde2', logins: 'tde2_login', credentials: 'tde2_cred' })
    // The database under the other key opens at the next start: nothing of it was taken.
    await chain.server.restart()
    const [sales] = await chain.server.rows("SELECT state_desc FROM sys.databases WHERE name = 'Sales'")
    expect(sales?.['state_desc']).toBe('ONLINE')
  })

  it('a scratch database that was left does not count as a need where it goes in the same run, before the key', async () => {
    const job = await cleanUpStage(place, chain)
    await chain.decrypt('Sales')
    await chain.server.run(
      'USE Sales; DROP DATABASE ENCRYPTION KEY; USE master; CREATE DATABASE KT_scratch_abcd1234',
    )
    await chain.server.run("BACKUP LOG Sales TO DISK = 'D:\\Backup\\l2.trn'")
    await chain.encrypt('KT_scratch_abcd1234', 'tde2')
    const answers = {
      key: 'tde2',
      keyLogin: 'tde2_login',
      credential: 'tde2_cred',
      confirmation: 'tde2',
      parts: ['mapping', 'login', 'key'],
    }
    expect((await job.review(answers)).advice.blockers[0]?.measured).toMatch(
      /^KT_scratch_abcd1234: its encryption key/,
    )
    const plan = await job.plan({ ...answers, scratch: ['KT_scratch_abcd1234'] })
    expect(plan.steps[0]?.kind).toBe('drop-scratch')
    await job.walk(plan)
    expect(await job.there()).toMatchObject({ keys: '', logins: '' })
  })
})

describe('the registry key', () => {
  const rest = {
    scope: 'rest',
    key: '',
    keyLogin: '',
    credential: 'tde2_cred',
    provider: 'AKV',
    confirmation: '',
    exportFolder: 'D:\\Backup',
    parts: ['registry'],
  }

  it('is exported and waits for a person; nothing of Keyturn deletes it', async () => {
    const job = await cleanUpStage(place, chain, hosts)
    const plan = await job.plan(rest)
    const step = stepNamed(plan, 'registry-by-hand')
    expect(step.scripts.map(displayScript).join('')).not.toMatch(/Remove-Item|DeleteSubKey/)
    expect((await job.stage.check(step)).state).toBe('needed')
    const said = await refusal(job.stage.walk(step))
    expect(said).toMatch(/^registry-by-hand: .*waits for a person/)
    expect(asked).toContain('export-registry')
    expect([...new Set(asked)].sort()).toEqual(['export-registry', 'read-registry'])
    // Retry: the file of the first try is there, and is this run's own.
    const second = { ...job.stage.context(step, { there: true }), attempt: 2 }
    expect(await refusal(Promise.resolve(cleanUp.steps[step.kind]?.apply(second)))).toMatch(
      /^registry-by-hand/,
    )
    runEkmOrder(chain.server.instance, { what: 'deleteRegistry' })
    const { outcome } = await job.stage.walk(step, { there: true })
    expect(outcome.evidence[0]).toMatchObject({ value: 'not there any more' })
    expect((await job.review(rest)).plan.steps).toEqual([])
  })

  it('without PowerShell the server itself is asked, and the person is told the command', async () => {
    runEkmOrder(chain.server.instance, { what: 'grantRegistry' })
    const job = await cleanUpStage(place, chain, noHosts)
    const step = stepNamed(await job.plan(rest), 'registry-by-hand')
    const thrown: unknown = await job.stage.walk(step).catch((error: unknown) => error)
    const { problem } = thrown as { problem: { code: string; next: string } }
    expect(problem.code).toBe('registry-by-hand')
    expect(problem.next).toContain(`reg export "HKLM\\${providerKey}"`)
    runEkmOrder(chain.server.instance, { what: 'deleteRegistry' })
    expect((await job.stage.check(step)).state).toBe('satisfied')
  })

  it('that nobody can read is not planned', async () => {
    const job = await cleanUpStage(place, chain, {
      reachOf: () => ({ reachable: true, how: 'simulated' }),
      run: async () => {
        throw new KeyturnError('host-refused', { host: 'H', call: 'read-registry', why: 'no', said: 'no' })
      },
    })
    expect((await job.review(rest)).advice.blockers.map(({ what }) => what)).toContain(
      'The registry key of the connector',
    )
  })
})
