import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { refusal } from './walk.ts'
import {
  Killed,
  mark,
  newVaultAnswers,
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

const kindsOf = (plan: { steps: readonly { kind: string }[] }): string[] => plan.steps.map(({ kind }) => kind)

describe('a new vault, application and key', () => {
  it('are made in order, the key backed up before anything may use it, and proven as the application', async () => {
    const plan = await stage.ready(newVaultAnswers())
    expect(kindsOf(plan)).toEqual([
      'create-resource-group',
      'create-vault',
      'send-vault-log',
      'register-application',
      'create-service-principal',
      'create-client-secret',
      'create-vault-key',
      'back-up-vault-key',
      'grant-key-use',
      'lock-vault',
      'prove-wrap',
    ])
    const outcomes = await stage.run(plan)
    const { azure } = stage
    expect(azure.vaults.get('kv-sqlprod')).toMatchObject({
      rights: 'roles',
      purgeProtection: true,
      retentionDays: 90,
      tags: { 'keyturn-run': mark },
    })
    expect(azure.keys.get('kv-sqlprod.vault.azure.net')?.keys.get('sql-tde-2026')).toHaveLength(1)
    expect(azure.locks.map(({ level }) => level)).toEqual(['CanNotDelete'])
    expect(azure.assignments.map(({ scope }) => scope.split('/').slice(-2).join('/'))).toEqual([
      'keys/SQL-TDE-2026',
    ])
    const [application] = azure.applications.values()
    expect(application?.secrets.map(({ expires }) => expires)).toEqual(['2027-11-22T10:00:00.000Z'])
    expect(
      [...stage.keyring.kept.values()].map(({ info, text }) => [info.purpose, info.label, text]),
    ).toEqual([['ekm.client-secret', `Secret of sp-sqlprod-ekm, ${mark}`, [...azure.secrets.values()][0]]])
    expect(
      outcomes.flatMap(({ proofs }) => proofs).map(({ kind, level, by }) => `${kind} ${level} by ${by}`),
    ).toEqual(['vault-key seen by keyturn', 'vault-key opened by vault'])
    const file = `kv-sqlprod-SQL-TDE-2026-${mark}.keybackup`
    expect(stage.files()).toEqual([file])
    expect(statSync(join(stage.folder, file)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(stage.folder, file)).subarray(0, 11).toString()).toBe('fake backup')
    const order = azure.changes.map((change) => change.split(' ')[0])
    expect(order.indexOf('backup')).toBeLessThan(order.indexOf('role'))
  })

  it('the value of the secret is in no evidence, plan or message', async () => {
    const plan = await stage.ready(newVaultAnswers())
    const outcomes = await stage.run(plan)
    const [value = 'no secret'] = stage.azure.secrets.values()
    expect(value).not.toBe('no secret')
    expect(JSON.stringify([plan, outcomes, stage.progress])).not.toContain(value)
  })

  it('a role that takes minutes is waited for, visibly; then the step ends', async () => {
    const plan = await stage.ready(newVaultAnswers())
    stage.azure.slowRights = 5
    await stage.run(plan)
    expect(stage.waits).toEqual([2_000, 4_000, 8_000, 15_000, 15_000])
    expect(stage.progress.at(-1)).toContain('Waiting for kv-sqlprod.vault.azure.net to let sp-sqlprod-ekm in')
  })

  it('a role that does not come ends the step with the role, the place and the object id', async () => {
    const plan = await stage.ready(newVaultAnswers())
    stage.azure.slowRights = 1_000
    const [principal] = await Promise.all([refusal(stage.run(plan))])
    expect(principal).toContain('vault-use-refused')
    const problem = await stage.run(plan).catch((error: unknown) => (error as KeyturnError).problem)
    expect((problem as { next: string }).next).toContain('Key Vault Crypto Service Encryption User')
    expect((problem as { next: string }).next).toContain([...stage.azure.principals.values()][0]?.objectId)
    // The same step again, as a person would retry it.
    stage.azure.slowRights = 0
    expect(await stage.run(plan)).toHaveLength(1)
  })

  it('with access policies: exactly get, list, wrapkey and unwrapkey for the application', async () => {
    const plan = await stage.ready(newVaultAnswers({ rights: 'access-policies', operatorRole: true }))
    await stage.run(plan)
    const policies = stage.azure.vaults.get('kv-sqlprod')?.accessPolicies ?? []
    expect(policies.map(({ keys }) => keys)).toEqual([
      ['get', 'list', 'create', 'backup', 'delete'],
      ['get', 'list', 'wrapkey', 'unwrapkey'],
    ])
  })

  it('while the keyring is locked no secret is made', async () => {
    const plan = await stage.ready(newVaultAnswers())
    stage.keyring.state = 'locked'
    expect(await refusal(stage.run(plan))).toContain('run-needs-unlock')
    expect(stage.azure.changes.filter((change) => change.startsWith('secret'))).toEqual([])
    stage.keyring.state = 'unlocked'
    await stage.run(plan)
    expect(stage.azure.secrets.size).toBe(1)
  })
})

/** What two runs must have in common, whatever happened in between. */
const endState = ({ azure, keyring, files }: VaultStage): string[] => [
  ...[...azure.groups.keys()].map((name) => `group ${name}`),
  ...[...azure.vaults.values()].map(
    ({ name, rights, purgeProtection }) => `vault ${name} ${rights} ${purgeProtection}`,
  ),
  ...azure.locks.map(({ name }) => `lock ${name}`),
  ...azure.logs.map(({ name }) => `log ${name}`),
  ...azure.assignments.map(({ id }) => `role ${id.split('/').at(-1) ?? ''}`),
  ...[...azure.applications.values()].map(
    ({ name, secrets }) => `application ${name}, ${secrets.length} secrets`,
  ),
  ...[...azure.principals.values()].map(({ name }) => `principal ${name}`),
  ...[...azure.keys.values()].flatMap(({ keys }) =>
    [...keys].map(([name, all]) => `key ${name}, ${all.length} versions`),
  ),
  ...[...keyring.kept.values()].map(({ info }) => `kept ${info.label}`),
  `the kept secret is ${[...azure.secrets.values()].includes([...keyring.kept.values()][0]?.text ?? '') ? '' : 'not '}the one in Entra`,
  ...files().map((name) => `file ${name}`),
]

describe('killed at any change', () => {
  it('before or after its effect, and gone on with: the same end, nothing twice, nothing orphaned', async () => {
    const plan = await stage.ready(newVaultAnswers())
    await stage.run(plan)
    const expected = endState(stage)
    const changes = stage.azure.changes.length
    expect(changes).toBe(10)
    for (const moment of ['before', 'after'] as const) {
      for (let number = 1; number <= changes; number += 1) {
        const trial = vaultStage()
        try {
          const same = await trial.ready(newVaultAnswers())
          let left = number
          trial.azure[moment] = (): void => {
            left -= 1
            if (left === 0) throw new Killed()
          }
          await expect(trial.run(same)).rejects.toBeInstanceOf(Killed)
          await trial.run(same)
          expect([moment, number, ...endState(trial)]).toEqual([moment, number, ...expected])
        } finally {
          trial.end()
        }
      }
    }
  })

  it('after Entra gave a secret and before it was kept: that one is removed, and one made anew is kept', async () => {
    const plan = await stage.ready(newVaultAnswers())
    stage.azure.after = (change) => {
      if (change.startsWith('secret')) throw new Killed()
    }
    await expect(stage.run(plan)).rejects.toBeInstanceOf(Killed)
    expect(stage.azure.secrets.size).toBe(1)
    expect(stage.keyring.kept.size).toBe(0)
    stage.azure.after = () => undefined
    await stage.run(plan)
    expect(stage.azure.changes.filter((change) => /secret/.test(change))).toEqual([
      `secret keyturn-${mark}`,
      'no secret',
      `secret keyturn-${mark}`,
    ])
    expect(stage.azure.secrets.size).toBe(1)
  })

  it('a kept value that is of another secret is not taken for it', async () => {
    const plan = await stage.ready(newVaultAnswers())
    await stage.run(plan)
    const step = plan.steps.find(({ kind }) => kind === 'create-client-secret')
    if (step === undefined) throw new Error('no such step')
    for (const kept of stage.keyring.kept.values()) kept.text = 'Xy~other'
    expect((await stage.check(step, { secrets: 0 })).state).toBe('needed')
    expect(await refusal(stage.handler(step).verify(stage.context(step)))).toContain(
      'does not hold the value',
    )
  })
})

describe('undo', () => {
  it('after a refused right: secret and application go; key and vault stay, as if the right had arrived', async () => {
    const plan = await stage.ready(newVaultAnswers())
    stage.azure.before = (change) => {
      if (change.startsWith('role'))
        throw new KeyturnError('azure-no-permission', {
          target: 'x',
          what: 'y',
          principal: 'z',
          permission: 'p',
        })
    }
    expect(await refusal(stage.run(plan))).toContain('azure-no-permission')
    stage.azure.before = () => undefined
    // The right was not given: its intent stands in the record, so the key and the vault stay.
    const said = await stage.undo(plan)
    expect(said).toContain('7 create-vault-key stays')
    expect(stage.azure.secrets.size).toBe(0)
    expect(stage.keyring.kept.size).toBe(0)
    expect(stage.azure.applications.size).toBe(0)
  })

  it('after a failed backup: key and vault are deleted, recoverable, and nothing of ours is left', async () => {
    const plan = await stage.ready(newVaultAnswers())
    stage.azure.before = (change) => {
      if (change.startsWith('backup'))
        throw new KeyturnError('vault-throttled', { target: 'x', what: 'y', count: 5 })
    }
    expect(await refusal(stage.run(plan))).toContain('vault-throttled')
    stage.azure.before = () => undefined
    expect(await stage.undo(plan)).toEqual([
      '8 back-up-vault-key stays',
      '7 create-vault-key undone',
      '6 create-client-secret undone',
      '5 create-service-principal stays',
      '4 register-application undone',
      '3 send-vault-log undone',
      '2 create-vault undone',
      '1 create-resource-group stays',
    ])
    expect([stage.azure.vaults.size, stage.azure.applications.size, stage.azure.locks.length]).toEqual([
      0, 0, 0,
    ])
    expect([...(stage.azure.keys.get('kv-sqlprod.vault.azure.net')?.deleted.keys() ?? [])]).toEqual([
      'sql-tde-2026',
    ])
    expect(stage.keyring.kept.size).toBe(0)
  })

  it('after the whole run: the lock goes first, since under it neither role nor log setting can be deleted', async () => {
    const plan = await stage.ready(newVaultAnswers())
    await stage.run(plan)
    expect(await stage.undo(plan)).toEqual([
      '11 prove-wrap stays',
      '10 lock-vault undone',
      '9 grant-key-use undone',
      '8 back-up-vault-key stays',
      '7 create-vault-key stays',
      '6 create-client-secret undone',
      '5 create-service-principal stays',
      '4 register-application undone',
      '3 send-vault-log undone',
      '2 create-vault stays',
      '1 create-resource-group stays',
    ])
    const { locks, assignments, logs, vaults } = stage.azure
    expect([locks.length, assignments.length, logs.length, vaults.size]).toEqual([0, 0, 0, 1])
  })

  it('a vault with a key of somebody else stays', async () => {
    const plan = await stage.ready(newVaultAnswers())
    stage.azure.before = (change) => {
      if (change.startsWith('backup'))
        throw new KeyturnError('vault-throttled', { target: 'x', what: 'y', count: 5 })
    }
    await refusal(stage.run(plan))
    stage.azure.before = () => undefined
    const keys = stage.azure.keys.get('kv-sqlprod.vault.azure.net')?.keys
    const [ours] = keys?.get('sql-tde-2026') ?? []
    if (keys === undefined || ours === undefined) throw new Error('no key')
    keys.set('theirs', [{ ...ours, name: 'theirs', mark: null }])
    expect(await refusal(stage.undo(plan))).toContain(
      'undo-refused: Key vault kv-sqlprod was not removed: key theirs',
    )
    expect(stage.azure.vaults.size).toBe(1)
  })
})

describe('what is there and not of this run', () => {
  it.each([
    [
      'create-resource-group',
      (): void =>
        void stage.azure.groups.set('rg-sql-keys', {
          id: 'x',
          name: 'rg-sql-keys',
          region: 'westeurope',
          tags: {},
        }),
    ],
    ['create-vault', (): void => withGoodVault(stage.azure, { name: 'kv-sqlprod' })],
    [
      'register-application',
      (): void =>
        void stage.azure.applications.set('c', {
          objectId: 'o',
          clientId: 'c',
          name: 'other',
          mark,
          createdAt: null,
          secrets: [],
        }),
    ],
  ] as const)('%s: made between review and run, it is left alone', async (kind, appears) => {
    const plan = await stage.ready(newVaultAnswers())
    appears()
    const step = plan.steps.find((one) => one.kind === kind)
    if (step === undefined) throw new Error('no such step')
    const found = await stage.check(step)
    expect(found).toMatchObject({ state: 'foreign', problem: { code: 'azure-foreign' } })
  })

  it('a key of the same name is never given a second version', async () => {
    withGoodVault(stage.azure)
    const plan = await stage.ready(thereAnswers())
    const keys = stage.azure.keys.get('ktr-there.vault.azure.net')?.keys
    const [other] = keys?.get('ktr-key') ?? []
    if (keys === undefined || other === undefined) throw new Error('no key')
    keys.set('sql-tde-2026', [{ ...other, name: 'SQL-TDE-2026' }])
    await expect(stage.run(plan)).rejects.toMatchObject({ code: 'azure-foreign' })
    expect(keys.get('sql-tde-2026')).toHaveLength(1)
  })
})
