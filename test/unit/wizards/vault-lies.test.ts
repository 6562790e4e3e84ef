/** Azure answers without an error and shows something else afterwards: no step is verified then. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import { newVaultAnswers, runId, vaultStage, type VaultStage } from './vault-stage.ts'
import { refusal } from './walk.ts'

const host = 'kv-sqlprod.vault.azure.net'
let stage: VaultStage
let steps: readonly PlannedStep[]

beforeEach(async () => {
  stage = vaultStage()
  stage.azure.permissions = [{ actions: ['*'], notActions: [], dataActions: [], notDataActions: [] }]
  const plan = await stage.ready(newVaultAnswers({ operatorRole: true }))
  await stage.run(plan)
  steps = plan.steps
})
afterEach(() => stage.end())

const stepOf = (kind: string): PlannedStep => {
  const found = steps.find((step) => step.kind === kind)
  if (found === undefined) throw new Error(`the plan has no step ${kind}`)
  return found
}
const verifyOf = (kind: string): Promise<string> => {
  const step = stepOf(kind)
  return refusal(stage.handler(step).verify(stage.context(step)))
}
const changeVault = (change: object): void => {
  const vault = stage.azure.vaults.get('kv-sqlprod')
  if (vault !== undefined) stage.azure.vaults.set('kv-sqlprod', { ...vault, ...change })
}
const changeKey = (change: object): void => {
  const keys = stage.azure.keys.get(host)?.keys
  const [key] = keys?.get('sql-tde-2026') ?? []
  if (key !== undefined) keys?.set('sql-tde-2026', [{ ...key, ...change }])
}
const application = () => {
  const [found] = stage.azure.applications.values()
  if (found === undefined) throw new Error('no application')
  return found
}

const lies: [kind: string, lie: () => void, words: string][] = [
  ['create-resource-group', () => void stage.azure.groups.delete('rg-sql-keys'), 'no resource group'],
  ['create-vault', () => void stage.azure.vaults.clear(), 'shows no vault'],
  ['create-vault', () => changeVault({ purgeProtection: false }), 'purge protection is off'],
  ['create-vault', () => changeVault({ retentionDays: 7 }), 'its retention is 7 days'],
  ['create-vault', () => changeVault({ rights: 'access-policies' }), 'rights are given by access policies'],
  ['create-vault', () => changeVault({ tier: 'standard' }), 'its tier is standard'],
  ['lock-vault', () => void (stage.azure.locks = []), 'no lock'],
  ['send-vault-log', () => void (stage.azure.logs = []), 'no diagnostic setting'],
  [
    'send-vault-log',
    () => void (stage.azure.logs = stage.azure.logs.map((one) => ({ ...one, logs: [] }))),
    'does not send the audit log',
  ],
  ['register-application', () => void stage.azure.applications.clear(), 'no application of this run'],
  [
    'create-service-principal',
    () => {
      const { clientId } = application()
      const found = stage.azure.principals.get(clientId)
      if (found !== undefined) stage.azure.principals.set(clientId, { ...found, enabled: false })
    },
    'is disabled',
  ],
  [
    'create-client-secret',
    () => void stage.azure.applications.set(application().clientId, { ...application(), secrets: [] }),
    'shows no secret',
  ],
  ['create-client-secret', () => void stage.keyring.kept.clear(), 'the keyring does not hold the value'],
  ['create-vault-key', () => changeKey({ enabled: false }), 'it is disabled'],
  ['create-vault-key', () => changeKey({ bits: 2048 }), 'its size is 2048 bits'],
  ['create-vault-key', () => changeKey({ type: 'RSA' }), 'its type is RSA'],
  ['create-vault-key', () => changeKey({ mark: null }), 'there is no'],
  [
    'create-vault-key',
    () => {
      const keys = stage.azure.keys.get(host)?.keys
      const [key] = keys?.get('sql-tde-2026') ?? []
      if (key !== undefined) keys?.set('sql-tde-2026', [key, { ...key, version: 'f'.repeat(32), mark: null }])
    },
    'the present version of SQL-TDE-2026 is ffff',
  ],
  [
    'back-up-vault-key',
    () => writeFileSync(join(stage.folder, stage.files()[0] ?? ''), ''),
    'is not there, or empty',
  ],
  [
    'grant-key-use',
    () => void (stage.azure.assignments = []),
    'no role Key Vault Crypto Service Encryption User',
  ],
  ['grant-operator', () => void (stage.azure.assignments = []), 'no role Key Vault Crypto Officer'],
]

describe('what Azure shows afterwards decides', () => {
  it.each(lies)('%s: not verified', async (kind, lie, words) => {
    lie()
    const said = await verifyOf(kind)
    expect(said).toMatch(/^step-not-verified/)
    expect(said).toContain(words)
  })

  it('the proof: a key that the vault no longer lets the application use', async () => {
    stage.azure.assignments = []
    expect(await verifyOf('prove-wrap')).toContain('vault-use-refused')
  })

  it('the proof: a secret that Entra does not take', async () => {
    stage.azure.secrets.clear()
    expect(await verifyOf('prove-wrap')).toContain('vault-secret-refused')
    expect(stage.waits.length).toBeGreaterThan(3)
  })

  it('a wait ends when it is stopped', async () => {
    stage.azure.slowRights = 1_000
    const stopped = vaultStage({
      ports: stage.azure.ports,
      run: runId,
      pause: () => Promise.reject(new Error('stopped')),
    })
    Object.assign(stopped.keyring, { kept: stage.keyring.kept })
    const step = stepOf('prove-wrap')
    await expect(stopped.handler(step).verify(stopped.context(step))).rejects.toThrow('stopped')
    stopped.end()
  })
})
