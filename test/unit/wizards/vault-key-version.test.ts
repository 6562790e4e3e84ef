import { describe, expect, it } from 'vitest'
import { createVaultKeyVersionStep } from '../../../electron/wizards/azure/steps/key-version.ts'
import { planVaultKeyRotation } from '../../../electron/wizards/vault-key-rotation/plan.ts'
import { emptyVault, fakeKey } from '../../support/azure-fake.ts'
import { runId } from './samples.ts'
import { host, newVersion, rotationDraft, rotationFacts } from './vault-key-rotation-samples.ts'
import { mark, vaultStage, withGoodVault } from './vault-stage.ts'

describe('a new version in the vault', () => {
  const stepOf = () => {
    const step = planVaultKeyRotation(rotationDraft(), rotationFacts(), runId).plan.steps.find(
      ({ kind }) => kind === 'create-vault-key-version',
    )
    if (step === undefined) throw new Error('no step')
    return step
  }
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
