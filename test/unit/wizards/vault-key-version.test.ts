import { describe, expect, it } from 'vitest'
import { vaultKeyRotationForm } from '../../../shared/forms/vault-key-rotation.ts'
import { createVaultKeyVersionStep } from '../../../electron/wizards/azure/steps/key-version.ts'
import { formFacts } from '../../../electron/wizards/vault-key-rotation/options.ts'
import { planVaultKeyRotation } from '../../../electron/wizards/vault-key-rotation/plan.ts'
import { changeProtectorsStep } from '../../../electron/wizards/vault-key-rotation/steps/change-protectors.ts'
import { emptyVault, fakeKey } from '../../support/azure-fake.ts'
import { read, runId, unread } from './samples.ts'
import { ekmChain } from './ekm-chain.ts'
import { ekmWorld, stepStage } from './ekm-servers.ts'
import { ekmFacts, host, newVersion, rotationDraft, rotationFacts } from './vault-key-rotation-samples.ts'
import { codeOf } from './tde-stage.ts'
import { mark, vaultStage, withGoodVault } from './vault-stage.ts'

const planned = (wanted: string) => {
  const { plan } = planVaultKeyRotation(rotationDraft(), rotationFacts(), runId)
  const step = plan.steps.find(({ kind }) => kind === wanted)
  if (step === undefined) throw new Error(`no step ${wanted}`)
  return step
}

describe('a new version in the vault', () => {
  const stepOf = () => planned('create-vault-key-version')
  const stageWith = (...versions: Parameters<typeof fakeKey>[0][]) => {
    const stage = vaultStage()
    const held = emptyVault()
    held.keys.set('ktr-tde', versions.map(fakeKey))
    withGoodVault(stage.azure)
    stage.azure.keys.set(host, held)
    return { stage, held }
  }
  const old = { name: 'ktr-tde', version: newVersion }

  it('is made once: a version with the mark of this run is found again, and a resumed run makes no other', async () => {
    const { stage, held } = stageWith(old)
    const step = stepOf()
    const before = await createVaultKeyVersionStep.check(stage.context(step))
    expect(before).toEqual({ state: 'needed', before: { present: newVersion } })
    await createVaultKeyVersionStep.apply(stage.context(step))
    expect(held.keys.get('ktr-tde')?.map((key) => key.mark)).toEqual([null, mark])
    expect(await createVaultKeyVersionStep.check(stage.context(step, { present: newVersion }))).toMatchObject(
      {
        state: 'satisfied',
      },
    )
    const { evidence } = await createVaultKeyVersionStep.verify(stage.context(step, { present: newVersion }))
    expect(evidence.map(({ statement }) => statement)).toContain('The version from before')
    expect(createVaultKeyVersionStep.undo).toBeUndefined()
    stage.end()
  })

  it('is not made where another version became the newest, nor where the key is gone', async () => {
    const { stage } = stageWith(old, { name: 'ktr-tde', version: 'f'.repeat(32) })
    expect(await createVaultKeyVersionStep.check(stage.context(stepOf()))).toMatchObject({ state: 'foreign' })
    stage.azure.keys.set(host, emptyVault())
    expect(await createVaultKeyVersionStep.check(stage.context(stepOf()))).toMatchObject({ state: 'blocked' })
    stage.end()
  })

  it('a version with this mark that no recorded intent explains is not taken for its own', async () => {
    const { stage } = stageWith(old, { name: 'ktr-tde', version: 'e'.repeat(32), mark })
    expect(await createVaultKeyVersionStep.check(stage.context(stepOf()))).toMatchObject({ state: 'foreign' })
    stage.end()
  })
})

describe('an undo of the protectors', () => {
  it('leaves a third one, that somebody set after the run; that of the run is taken away', async () => {
    const place = await ekmWorld()
    try {
      const { server, ...chain } = await ekmChain(place, 'KTR-THIRD')
      await chain.encrypt('Sales', 'tde')
      await chain.changeTo('Sales', 'tde2', 'ktr-backup-sql01')
      const [old, own] = [await chain.thumbprintOf('tde'), await chain.thumbprintOf('tde2')]
      const from = { asymmetricKey: 'tde', provider: 'AKV', thumbprint: old }
      const step = {
        ...planned('change-protectors'),
        params: {
          asymmetricKey: 'tde2',
          provider: 'AKV',
          thumbprint: own,
          scans: true,
          databases: [{ database: 'Sales', from }],
          replicas: [],
        },
      }
      const stage = stepStage(await server.open(), { 'change-protectors': changeProtectorsStep })
      const under = async (): Promise<string> => {
        const [row] = await server.rows(
          "SELECT k.encryptor_thumbprint AS thumbprint FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = 'Sales'",
        )
        return Buffer.from(row?.['thumbprint'] as Uint8Array)
          .toString('hex')
          .toUpperCase()
      }
      const undo = (): Promise<void> => stage.undo({ step, before: { moved: ['Sales'] } })
      await undo()
      expect(await under()).toBe(old)
      await server.run(
        "BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\f.bak'; BACKUP LOG Sales TO DISK = 'D:\\Backup\\l.trn'",
      )
      await server.run(
        "USE master; CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'Some-Password-2026'; CREATE CERTIFICATE Third WITH SUBJECT = 'third'",
      )
      await server.run(
        'USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE Third; USE master',
      )
      const third = await under()
      expect([old, own]).not.toContain(third)
      expect(await codeOf(undo())).toBe('undo-refused')
      expect(await under()).toBe(third)
    } finally {
      await place.end()
    }
  })
})

describe('what the review asks before a version is made', () => {
  const blockedBy = (changes: Parameters<typeof ekmFacts>[0]): string[] =>
    planVaultKeyRotation(
      rotationDraft(),
      rotationFacts({ ekm: ekmFacts(changes) }),
      runId,
    ).advice.blockers.map(({ what }) => what)

  it('a login of that name blocks, however it is written', () => {
    expect(blockedBy({ keyLogins: read(['tde_old_login', 'TDE_NEW_LOGIN']) })).toEqual([
      'SQLPROD-01 has a login TDE_NEW_LOGIN',
    ])
  })

  it.each([
    ['option', 'The option EKM provider enabled'],
    ['providers', 'Cryptographic providers'],
    ['credentials', 'Credentials'],
    ['keys', 'Asymmetric keys'],
    ['keyLogins', 'Logins made from asymmetric keys'],
  ])('%s that were not read block', (part, what) => {
    expect(blockedBy({ [part]: unread('no right') })).toContain(`${what}: not read on SQLPROD-01`)
  })

  it('a key of today whose newest version is disabled or has expired can be chosen; as the other key it can’t', () => {
    const facts = rotationFacts()
    const { azure } = facts
    if (azure === null) throw new Error('no azure')
    const keys = read([
      fakeKey({ name: 'good' }),
      fakeKey({ name: 'disabled', enabled: false }),
      fakeKey({ name: 'ended', expires: '2020-01-01T00:00:00Z' }),
      fakeKey({ name: 'of-a-certificate', managed: true }),
      fakeKey({ name: 'a-name-of-27-characters-xyz' }),
    ])
    const { options } = formFacts({
      screen: 'key',
      answers: {},
      facts: { ...facts, azure: { ...azure, keys } },
      servers: [],
      subscriptions: [],
      now: facts.readAt,
    })
    const usable = (from: string): boolean[] | undefined => options[from]?.map((one) => one.usable)
    expect(usable('keys')).toEqual([true, true, true, false, false])
    expect(usable('otherKeys')).toEqual([true, false, false, false, false])
    const asked = vaultKeyRotationForm.screens.flatMap(({ fields }) =>
      fields.flatMap((field) => (field.kind === 'pick' ? [[field.name, field.from]] : [])),
    )
    expect(asked).toEqual(
      expect.arrayContaining([
        ['vaultKey', 'keys'],
        ['otherKey', 'otherKeys'],
      ]),
    )
  })
})
