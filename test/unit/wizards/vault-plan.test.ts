import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../../electron/engine/digest.ts'
import type { OwnPermissions } from '../../../electron/ports/azure-control.ts'
import { planVault } from '../../../electron/wizards/vault/plan.ts'
import { preview } from '../../../electron/wizards/vault/preview.ts'
import { notChecked } from '../../../electron/wizards/vault/not-checked.ts'
import { formFacts } from '../../../electron/wizards/vault/options.ts'
import { vault as job } from '../../../electron/wizards/vault/index.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { vaultForm } from '../../../shared/forms/vault.ts'
import { vaultDraftAt, vaultScreenProblems } from '../../../shared/forms/vault-draft.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { fakeKey, operator } from '../../support/azure-fake.ts'
import {
  newVaultAnswers,
  runId,
  thereAnswers,
  vaultStage,
  withGoodVault,
  type VaultStage,
} from './vault-stage.ts'

let stage: VaultStage
beforeEach(() => {
  stage = vaultStage()
})
afterEach(() => stage.end())

const blockersOf = async (answers: Answers): Promise<string[]> =>
  (await stage.review(answers)).advice.blockers.map(({ what }) => what)
const warningsOf = async (answers: Answers): Promise<string[]> =>
  (await stage.review(answers)).advice.warnings.map(({ what }) => what)

describe('the plan of a vault', () => {
  it.each([
    ['new', newVaultAnswers()],
    ['there', thereAnswers()],
  ])(
    '%s: pure, the same byte for byte, without a secret or a path of this computer',
    async (_name, answers) => {
      withGoodVault(stage.azure)
      const facts = await stage.facts(answers)
      const draft = vaultDraftAt(() => new Date()).parse(answers)
      const [one, two] = [planVault(draft, facts, runId), planVault(draft, facts, runId)]
      expect(digestOf(one.plan)).toBe(digestOf(two.plan))
      expect(JSON.stringify(one.plan)).not.toContain('undefined')
      expect(JSON.stringify(one.plan)).not.toContain(stage.folder)
      for (const sentence of notChecked(one.plan)) expect(sentence).toMatch(/^[A-Z].*\.$/)
      for (const { language } of one.plan.steps.flatMap(({ scripts }) => scripts))
        expect(language).toBe('rest')
    },
  )

  it('each step has a handler, and a script that names what it makes', async () => {
    const { plan } = await stage.review(newVaultAnswers())
    for (const step of plan.steps) {
      expect(Object.keys(job.steps)).toContain(step.kind)
      expect(step.scripts.length).toBeGreaterThan(0)
    }
    const texts = plan.steps.flatMap(({ scripts }) => scripts.map(displayScript))
    expect(texts[1]).toContain(
      'PUT https://management.azure.com/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-sql-keys/providers/Microsoft.KeyVault/vaults/kv-sqlprod?api-version=2026-02-01',
    )
    expect(texts.join('\n')).toContain('client_secret=«application_secret»')
    expect(texts.join('\n')).toContain('"principalId": "«principal_object_id»"')
  })

  it('the end of the secret follows from the moment of the review, not from that of the run', async () => {
    const answers = newVaultAnswers({ secretMonths: 24 })
    const { plan } = await stage.review(answers)
    expect(plan.steps.find(({ kind }) => kind === 'create-client-secret')?.params).toMatchObject({
      expires: '2028-11-22T10:00:00.000Z',
    })
  })

  it('the preview shows every call before anything is answered, and blanks as they are', () => {
    const { statements, refused } = preview({}, null)
    expect(refused).toBeNull()
    expect(statements.map(({ title }) => title)).toContain('Create key vault ‹vault name›')
    expect(statements.map(({ text }) => text).join('\n')).toContain('/vaults/‹vault name›?api-version')
    expect(statements.map(({ text }) => text).join('\n')).not.toContain('%E2%80%B9')
  })
})

describe('a vault that is there', () => {
  it('in order: what is right is said with source and time, and not touched', async () => {
    withGoodVault(stage.azure)
    stage.azure.locks = [
      {
        id: 'l',
        name: 'no-delete',
        level: 'CanNotDelete',
        notes: '',
        scope:
          '/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/ktr-rg/providers/Microsoft.KeyVault/vaults/ktr-there',
      },
    ]
    const { plan, advice } = await stage.review(thereAnswers())
    expect(advice.blockers).toEqual([])
    expect(advice.satisfied.map(({ title }) => title)).toEqual([
      'Purge protection',
      'How rights are given',
      'Who reaches the vault',
      'Lock against deleting',
    ])
    for (const { evidence } of advice.satisfied)
      expect([evidence.source, evidence.at].every((text) => text !== '')).toBe(true)
    expect(plan.steps.map(({ kind }) => kind)).not.toContain('change-vault')
  })

  it('with much to mend: each becomes a step, and the run mends it', async () => {
    withGoodVault(stage.azure, {
      purgeProtection: false,
      rights: 'access-policies',
      accessPolicies: [{ tenantId: 't', objectId: 'somebody', keys: ['get', 'wrapkey', 'unwrapkey'] }],
    })
    const answers = thereAnswers({
      rights: 'roles',
      network: 'chosen',
      networkRules: '203.0.113.4\n198.51.100.0/24',
    })
    const { advice, plan } = await stage.review(answers)
    expect(advice.blockers).toEqual([])
    const changes = plan.steps.filter(({ kind }) => kind === 'change-vault')
    expect(changes.map(({ title }) => title)).toEqual([
      'Turn purge protection of ktr-there on',
      'Give rights in ktr-there by roles (Azure RBAC)',
      'Change who reaches ktr-there',
    ])
    expect(changes.map(({ undo }) => undo.can)).toEqual([false, true, true])
    expect(advice.warnings.map(({ what }) => what)).toContain(
      '1 holders of access policies in ktr-there lose their rights at once',
    )
    expect(advice.warnings.map(({ why }) => why).join(' ')).toContain('somebody')
    await stage.run(plan)
    expect(stage.azure.vaults.get('ktr-there')).toMatchObject({
      purgeProtection: true,
      rights: 'roles',
      network: { otherwise: 'deny', addresses: ['203.0.113.4', '198.51.100.0/24'] },
    })
    expect(await stage.undo(plan)).toContain('3 change-vault undone')
    expect(stage.azure.vaults.get('ktr-there')?.network.otherwise).toBe('allow')
  })

  it('with application and key that are there: only the secret, the backup, the role and the proof', async () => {
    withGoodVault(stage.azure)
    stage.azure.applications.set('55555555-5555-4555-8555-555555555555', {
      objectId: '66666666-6666-4666-8666-666666666666',
      clientId: '55555555-5555-4555-8555-555555555555',
      name: 'sp-there',
      mark: null,
      createdAt: null,
      secrets: [],
    })
    stage.azure.principals.set('55555555-5555-4555-8555-555555555555', {
      objectId: '77777777-7777-4777-8777-777777777777',
      clientId: '55555555-5555-4555-8555-555555555555',
      name: 'sp-there',
      enabled: true,
    })
    const answers = thereAnswers({
      lock: false,
      applicationMode: 'use',
      application: '55555555-5555-4555-8555-555555555555',
      keyMode: 'use',
      key: 'ktr-key',
    })
    const plan = await stage.ready(answers)
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      'create-client-secret',
      'back-up-vault-key',
      'grant-key-use',
      'prove-wrap',
    ])
    await stage.run(plan)
    const again = vaultStage()
    Object.assign(again.azure, { ...stage.azure, changes: [] })
    const second = await stage.review({ ...answers, keyBackup: 'p-mine' })
    expect(second.advice.satisfied.map(({ title }) => title)).toContain('Right of the application')
    again.end()
  })

  it.each([
    ['4,096 bits', { bits: 4096 }, 'its size is 4096 bits'],
    ['EC', { type: 'EC', bits: null }, 'its type is EC'],
    ['disabled', { enabled: false }, 'it is disabled'],
    ['expired', { expires: '2026-01-01T00:00:00Z' }, 'it expired on 2026-01-01 (UTC)'],
    ['not yet valid', { notBefore: '2027-01-01T00:00:00Z' }, 'it is not valid before 2027-01-01 (UTC)'],
    ['no wrapping', { uses: ['sign', 'verify'] }, 'it may not be used for wrapKey and unwrapKey'],
  ] as const)('a key that is %s blocks, in words', async (_name, changes, measured) => {
    withGoodVault(stage.azure)
    stage.azure.keys
      .get('ktr-there.vault.azure.net')
      ?.set('ktr-key', [fakeKey({ name: 'ktr-key', ...(changes as object) })])
    const { advice } = await stage.review(thereAnswers({ keyMode: 'use', key: 'ktr-key' }))
    const [blocker] = advice.blockers
    expect(blocker?.what).toBe('SQL Server’s connector can’t use key ktr-key')
    expect(blocker?.measured).toContain(measured)
  })

  it('that is gone since it was chosen is a blocker, not an error', async () => {
    expect(await blockersOf(thereAnswers())).toContain('There is no vault ktr-there')
    expect(await blockersOf(newVaultAnswers({ service: 'managed-hsm', managedHsm: 'ktr-hsm' }))).toContain(
      'There is no vault ktr-hsm',
    )
  })

  it('what can’t be mended is a blocker: retention, soft delete, tenant, taken and held names', async () => {
    withGoodVault(stage.azure, { retentionDays: 7, softDelete: false })
    stage.azure.keys
      .get('ktr-there.vault.azure.net')
      ?.set('SQL-TDE-2026', [fakeKey({ name: 'SQL-TDE-2026' })])
    expect(await blockersOf(thereAnswers())).toEqual([
      'ktr-there has no soft delete',
      'ktr-there keeps what is deleted for 7 days only',
      'The name SQL-TDE-2026 is taken',
    ])
    withGoodVault(stage.azure, { tenantId: '99999999-9999-4999-8999-999999999999' })
    expect(await blockersOf(thereAnswers())).toEqual(['ktr-there belongs to another tenant'])
    withGoodVault(stage.azure)
    stage.azure.deletedKeys.set('ktr-there.vault.azure.net/SQL-TDE-2026', [fakeKey({ name: 'SQL-TDE-2026' })])
    expect(await blockersOf(thereAnswers())).toEqual(['The name SQL-TDE-2026 is held by a deleted key'])
    stage.azure.deleted.add('kv-sqlprod')
    expect(await blockersOf(newVaultAnswers())).toEqual([
      'The name kv-sqlprod is held by a deleted vault of this subscription',
    ])
  })
})

describe('rights of the operator', () => {
  const only = (actions: string[], dataActions: string[] = [], notActions: string[] = []): OwnPermissions => [
    { actions, notActions, dataActions, notDataActions: [] },
  ]

  it('are read first; each that is missing blocks and names the role that helps', async () => {
    stage.azure.permissions = only(['*/read'])
    const { advice } = await stage.review(newVaultAnswers())
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      `${operator.name} (${operator.objectId}) may not make a resource group`,
      `${operator.name} (${operator.objectId}) may not make or change a key vault there`,
      `${operator.name} (${operator.objectId}) may not give roles there`,
      `${operator.name} (${operator.objectId}) may not put a lock there`,
      `${operator.name} (${operator.objectId}) may not set up where the log goes`,
      `${operator.name} (${operator.objectId}) may not make and back up keys in kv-sqlprod`,
    ])
    for (const { limit } of advice.blockers) {
      expect(limit).toMatch(/Contributor|Administrator|Owner|Officer/)
    }
  })

  it('what a role takes away with notActions is missing, what another role gives is not', async () => {
    const contributor = only(['*'], [], ['Microsoft.Authorization/*/Write'])
    stage.azure.permissions = [...contributor, ...only([], ['Microsoft.KeyVault/vaults/keys/*'])]
    expect(await blockersOf(newVaultAnswers({ lock: false }))).toEqual([
      `${operator.name} (${operator.objectId}) may not give roles there`,
    ])
    stage.azure.permissions = [
      ...stage.azure.permissions,
      ...only(['Microsoft.Authorization/roleAssignments/*']),
    ]
    expect(await blockersOf(newVaultAnswers({ lock: false }))).toEqual([])
  })

  it('the right to make keys can be given by the run', async () => {
    stage.azure.permissions = only(['*'])
    const plan = await stage.ready(newVaultAnswers({ operatorRole: true }))
    expect(plan.steps.map(({ kind }) => kind)).toContain('grant-operator')
    await stage.run(plan)
    expect(stage.azure.assignments.map(({ principalId }) => principalId)).toContain(operator.objectId)
  })
})

describe('a managed HSM', () => {
  const hsm = (activation: 'active' | 'not-activated') => ({
    id: '/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/ktr-rg/providers/Microsoft.KeyVault/managedHSMs/ktr-hsm',
    name: 'ktr-hsm',
    group: 'ktr-rg',
    region: 'westeurope',
    host: 'ktr-hsm.managedhsm.azure.net',
    tenantId: '11111111-1111-4111-8111-111111111111',
    sku: 'Standard_B1',
    provisioning: 'Succeeded',
    statusMessage: null,
    activation,
    purgeProtection: true,
    retentionDays: 90,
  })
  const answers = newVaultAnswers({ service: 'managed-hsm', managedHsm: 'ktr-hsm', log: 'none', lock: false })

  it('that is not activated blocks and says what its administrators have to do', async () => {
    stage.azure.hsms = [hsm('not-activated')]
    const { advice } = await stage.review(answers)
    expect(advice.blockers[0]?.what).toBe('ktr-hsm takes no keys')
    expect(advice.blockers[0]?.measured).toContain('download its security domain')
  })

  it('that is active: its role is given by its administrators, which the review and the last step say', async () => {
    stage.azure.hsms = [hsm('active')]
    const { plan, advice } = await stage.review(answers)
    expect(advice.blockers).toEqual([])
    expect(plan.steps.map(({ kind }) => kind)).not.toContain('grant-key-use')
    expect(advice.warnings.map(({ why }) => why).join('\n')).toContain('az keyvault role assignment create')
    const key = plan.steps.find(({ kind }) => kind === 'create-vault-key')
    expect(key?.undo).toMatchObject({ can: 'until', beforeStep: plan.steps.length, final: true })
  })
})

describe('what the review says', () => {
  it('a key made in the vault can never be escrowed; the secret’s end; purge protection is one way', async () => {
    expect(await warningsOf(newVaultAnswers())).toEqual([
      'A key made in the vault can never be escrowed: its private part never leaves Azure',
      'Purge protection can never be turned off again',
      'The secret ends on 2027-11-22 (UTC)',
      'Whether you may register applications shows only in the run',
    ])
  })
  it('a standard vault keeps no key in hardware', async () => {
    expect(await blockersOf(newVaultAnswers({ tier: 'standard' }))).toEqual([
      'kv-sqlprod keeps no keys in hardware',
    ])
    expect(await blockersOf(newVaultAnswers({ tier: 'standard', keyType: 'RSA' }))).toEqual([])
  })
  it('a narrowed network: this computer and the servers have to be let in', async () => {
    const { advice } = await stage.review(newVaultAnswers({ network: 'chosen', networkRules: '203.0.113.4' }))
    expect(advice.warnings.map(({ why }) => why).join(' ')).toContain('This computer must be among them')
  })
})

describe('the form', () => {
  it('lists with reasons, and suggests', async () => {
    withGoodVault(stage.azure)
    stage.azure.keys
      .get('ktr-there.vault.azure.net')
      ?.set('a-key-with-a-name-of-27-cha', [fakeKey({ name: 'a-key-with-a-name-of-27-cha' })])
    const facts = await stage.facts(thereAnswers())
    const shown = formFacts('key', thereAnswers(), facts, [], 'now')
    expect(shown.options['keys']?.map(({ usable }) => usable)).toEqual([true, false])
    expect(shown.options['keys']?.[1]?.reason).toContain('27 characters')
    expect(shown.suggested['rights']?.value).toBe('as-is')
    const reads = new Map(vaultForm.screens.map(({ id, reads: { facts: labels } }) => [id, labels]))
    for (const screen of ['vault', 'identity']) {
      const labels = formFacts(screen, thereAnswers(), facts, [], 'now').shown.map(({ label }) => label)
      expect(labels).toEqual(reads.get(screen))
    }
  })

  it.each([
    ['vaultName', { vaultName: 'kv--sql' }, 'two hyphens'],
    ['vaultName', { vaultName: '1kv' }, 'begin with a letter'],
    ['vaultName', { vaultName: 'kv' }, '2 characters'],
    ['newGroup', { newGroup: 'rg/x' }, 'resource group'],
    ['region', { region: 'West Europe' }, 'listed'],
    ['retentionDays', { retentionDays: 6 }, 'below 7'],
    ['networkRules', { network: 'chosen', networkRules: '10.0.0.1' }, 'private network'],
    ['networkRules', { network: 'chosen', networkRules: '256.1.1.1' }, 'IPv4'],
    ['networkRules', { network: 'chosen', networkRules: '' }, 'No address'],
    ['logDestination', { logDestination: '/subscriptions/x' }, 'resource id'],
    ['applicationName', { applicationName: 'a\u202eb' }, 'invisible mark'],
    ['secretMonths', { secretMonths: 25 }, 'above 24'],
    ['keyName', { keyName: 'x'.repeat(27) }, '27 characters'],
    ['keyName', { keyName: 'x/y' }, 'letters A to Z'],
    ['keyExpiry', { keyExpiry: '2038-01-20' }, '19 Jan 2038'],
    ['keyExpiry', { keyExpiry: '2020-01-01' }, 'not after today'],
    ['keyExpiry', { keyExpiry: '2031-02-30' }, 'calendar'],
    ['keyBackup', { keyBackup: null }, 'No folder'],
    ['application', { applicationMode: 'use', application: 'x' }, 'listed'],
    [
      'applicationSecret',
      { applicationMode: 'use', application: '55555555-5555-4555-8555-555555555555', secretMode: 'kept' },
      'missing',
    ],
  ] as const)('%s: %j is named with the fix', (field, changes, words) => {
    const answers = newVaultAnswers(changes as Answers)
    try {
      job.parse(answers)
      throw new Error('accepted')
    } catch (error) {
      expect(error).toBeInstanceOf(KeyturnError)
      const fields = (error as KeyturnError).problem.fields ?? []
      expect(fields.map((one) => one.field)).toEqual([field])
      expect(fields[0]?.message).toContain(words)
    }
    const screen = vaultForm.screens.find(({ fields }) => fields.some(({ name }) => name === field))
    const found = vaultScreenProblems(screen?.id as 'vault', answers)
    expect(found.map((one) => one.field)).toEqual([field])
  })
})
