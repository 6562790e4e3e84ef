/** The job with the real adapters and clients against simulated Azure: what the fake can't show. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { WITHOUT_DELAYS } from '../../../sandbox/azure/settings.ts'
import { startAzure, type AzureSandbox } from '../../../sandbox/azure/start.ts'
import { azureRefOfTests, azureStage, clientSecret, type AzureStage } from '../../contract/azure-program.ts'
import { normal, recorded, type SentRequest } from '../../support/azure-requests.ts'
import { newVaultAnswers, vaultStage, type VaultStage } from './vault-stage.ts'
import { refusal } from './walk.ts'

let folder: string
let simulator: AzureSandbox
const stages: VaultStage[] = []
const sides: AzureStage[] = []
let runs = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kt-vault-azure-'))
  simulator = await startAzure({ folder, settings: WITHOUT_DELAYS })
})
afterEach(async () => {
  for (const side of sides.splice(0)) side.azure.closeAll()
  for (const stage of stages.splice(0)) stage.end()
  await simulator.reset()
})
afterAll(async () => {
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

const signedIn = (name: string, sent: SentRequest[] | null): AzureStage => {
  const found = simulator.facts().applications.find((one) => one.name === name)
  if (found === undefined) throw new Error(name)
  const side = azureStage({
    facts: simulator.facts(),
    signIn: clientSecret(found.clientId),
    secret: found.secret,
    host: 'ktr-vault-weu.vault.azure.net',
    ...(sent === null ? {} : { means: (usual) => recorded(usual, sent) }),
  })
  sides.push(side)
  return side
}

const openStage = (as = 'ktr-operator', sent: SentRequest[] | null = null): VaultStage => {
  const { azure } = signedIn(as, sent)
  runs += 1
  const stage = vaultStage({
    ports: {
      controls: azure.controls,
      directories: azure.directories,
      vaults: azure.vaults,
      storage: azure.storage,
    },
    run: asRunId(`k${String(runs).padStart(7, 'a')}wxyz`),
    pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
    plannedAt: new Date(),
  })
  stages.push(stage)
  return stage
}

const workspace = (): string =>
  `/subscriptions/${simulator.facts().subscriptionId}/resourceGroups/ktr-rg-weu/providers/Microsoft.OperationalInsights/workspaces/ktr-logs`

const answers = (changes: Answers = {}): Answers =>
  newVaultAnswers({
    azure: azureRefOfTests.id,
    vaultName: 'ktr-vault-new',
    newGroup: 'ktr-rg-new',
    operatorRole: true,
    logDestination: workspace(),
    ...changes,
  })

describe('the vault job on simulated Azure', () => {
  it('makes everything new, and proves it as the application', async () => {
    await simulator.order({ do: 'settings', change: { rbacDelayMs: 200 } })
    const stage = openStage()
    const { plan, advice } = await stage.review(answers())
    expect(advice.blockers).toEqual([])
    const outcomes = await stage.run(plan)
    expect(outcomes).toHaveLength(plan.steps.length)
    expect(outcomes.flatMap(({ proofs }) => proofs).map(({ level }) => level)).toEqual(['seen', 'opened'])
    const { entries = [] } = await simulator.order({ do: 'audit', vault: 'ktr-vault-new' })
    const operations = entries.map(({ operation }) => operation)
    expect(operations.indexOf('KeyBackup')).toBeLessThan(operations.indexOf('KeyWrap'))
    expect(operations.filter((one) => one === 'KeyCreate')).toHaveLength(1)
    expect(stage.keyring.kept.size).toBe(1)
    expect(sides.flatMap(({ refused }) => refused)).toEqual([])

    // A second look finds all of it in order: nothing is planned but what proves.
    const again = openStage()
    const { plan: second, advice: said } = await again.review(
      answers({
        service: 'vault',
        vault: 'ktr-vault-new',
        rights: 'as-is',
        network: 'as-is',
        operatorRole: false,
        applicationMode: 'use',
        application: String(
          outcomes.flatMap(({ evidence }) => evidence).find(({ data }) => data?.['clientId'])?.data?.[
            'clientId'
          ],
        ),
        keyMode: 'use',
        key: 'SQL-TDE-2026',
      }),
    )
    expect(said.blockers).toEqual([])
    expect(second.steps.map(({ kind }) => kind)).toEqual([
      'create-client-secret',
      'back-up-vault-key',
      'prove-wrap',
    ])
    expect(said.satisfied.map(({ title }) => title)).toEqual([
      'Purge protection',
      'How rights are given',
      'Who reaches the vault',
      'Log of who used the keys',
      'Application',
      'Service principal',
      'Key',
      'Right of the application',
      'Lock against deleting',
    ])
  })

  it('a vault with much to mend: mended by steps, and what can’t be is a blocker', async () => {
    const stage = openStage()
    const old = answers({
      service: 'vault',
      vault: 'ktr-vault-old',
      rights: 'as-is',
      network: 'as-is',
      log: 'none',
      keyType: 'RSA',
    })
    const { advice } = await stage.review(old)
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      'ktr-vault-old keeps what is deleted for 7 days only',
    ])
    const plan = await stage.ready({ ...old, retentionDays: 7 })
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'change-vault',
      'grant-operator',
      'register-application',
      'create-service-principal',
      'create-client-secret',
      'create-vault-key',
      'back-up-vault-key',
      'grant-key-use',
      'lock-vault',
      'prove-wrap',
    ])
    await stage.run(plan)
  })

  it('an operator who may only read is told each right that is missing, and nothing is changed', async () => {
    const stage = openStage('ktr-reader')
    const { advice } = await stage.review(answers({ operatorRole: false }))
    expect(advice.blockers.map(({ limit }) => limit)).toEqual(
      expect.arrayContaining([
        'The role Contributor on the subscription',
        'The role Key Vault Contributor or Contributor on the resource group',
        'The role User Access Administrator, Owner, or Key Vault Data Access Administrator',
      ]),
    )
  })

  it('a managed HSM: the inactive one blocks; the active one waits for its role, and says which', async () => {
    const inactive = await openStage().review(
      answers({ service: 'managed-hsm', managedHsm: 'ktr-hsm-new', lock: false, log: 'none' }),
    )
    expect(inactive.advice.blockers.map(({ what }) => what)).toEqual(['ktr-hsm-new takes no keys'])
    const stage = openStage()
    const plan = await stage.ready(
      answers({ service: 'managed-hsm', managedHsm: 'ktr-hsm-weu', lock: false, log: 'none' }),
    )
    expect(await refusal(stage.run(plan))).toContain(
      'vault-use-refused: ktr-hsm-weu.managedhsm.azure.net still refuses',
    )
    await simulator.order({
      do: 'grantRole',
      principal: 'sp-sqlprod-ekm',
      role: 'Managed HSM Crypto Service Encryption User',
      scope: 'hsm:ktr-hsm-weu/keys/SQL-TDE-2026',
    })
    expect(await stage.run(plan)).toHaveLength(1)
  })

  it('an undo before anything may use the key: vault and key are soft-deleted, application and secret gone', async () => {
    const stage = openStage()
    const plan = await stage.ready(answers({ purgeProtection: false }))
    await simulator.order({
      do: 'fault',
      fault: { kind: 'fail', status: 403, code: 'Forbidden', message: 'no', path: '/backup', times: null },
    })
    expect(await refusal(stage.run(plan))).not.toBe('accepted')
    await simulator.order({ do: 'clearFaults' })
    const said = await stage.undo(plan)
    expect(said).toContain('2 create-vault undone')
    const look = await openStage().review(answers())
    expect(look.advice.blockers.map(({ what }) => what)).toContain(
      'The name ktr-vault-new is held by a deleted vault of this subscription',
    )
    expect(stage.keyring.kept.size).toBe(0)
  })
})

describe('what is sent', () => {
  it.each([
    ['with roles', {}],
    [
      'with access policies and a narrowed network',
      {
        rights: 'access-policies',
        network: 'chosen',
        networkRules: '203.0.113.10\n198.51.100.0/24',
        keyExpiry: '2035-06-01',
        log: 'none',
      },
    ],
    [
      'for a vault that is mended',
      {
        service: 'vault',
        vault: 'ktr-vault-old',
        retentionDays: 7,
        rights: 'roles',
        network: 'chosen',
        networkRules: '203.0.113.10',
        keyType: 'RSA',
        useScope: 'vault',
        log: 'none',
      },
    ],
  ] as const)(
    'is what was shown, %s: method, address and body of each call',
    async (_name, changes) => {
      const sent: SentRequest[] = []
      const stage = openStage('ktr-operator', sent)
      const plan = await stage.ready(answers(changes))
      sent.length = 0
      await stage.run(plan)
      for (const script of plan.steps.flatMap(({ scripts }) => scripts)) {
        const text = displayScript(script)
        const line = (text.split('\n')[0] ?? '').replace('https://', '')
        const body = text.slice(text.indexOf('\n\n') + 2)
        const found = sent.filter((one) => fits(normal(line), one.line))
        expect([line, found.length > 0]).toEqual([line, true])
        // A sign-in is a form; the others are JSON.
        if (!body.startsWith('{')) continue
        const bodies = found.flatMap((one) => (one.body === '' ? [] : [JSON.parse(one.body) as unknown]))
        expect(bodies).toContainEqual(withHoles(JSON.parse(body)))
      }
    },
    60_000,
  )
})

/** A hole in an address stands for one segment. */
const fits = (shown: string, line: string): boolean => {
  const pattern = shown
    .split(/«[^»]+»/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/?]+')
  return new RegExp(`^${pattern}([?&].*)?$`).test(line)
}

/** A hole in a body stands for any text. */
const withHoles = (value: unknown): unknown => {
  if (typeof value === 'string') return value.startsWith('«') ? expect.any(String) : value
  if (Array.isArray(value)) return value.map(withHoles)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withHoles(item)]))
}
