/** Import to Azure against a vault over maps: plans, what stops one, and vaults that lie. */
import { createPublicKey } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { keyImportScreenProblems } from '../../../shared/forms/key-import-draft.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { VaultKey } from '../../../electron/ports/key-vault.ts'
import { runbookAz } from '../../../electron/scripts/runbook/az.ts'
import type { Facts } from '../../../electron/wizards/key-import/facts-model.ts'
import { findingsOn } from '../../../electron/wizards/key-import/findings.ts'
import { keyImport } from '../../../electron/wizards/key-import/index.ts'
import { sizeFits } from '../../../electron/wizards/key-import/key-sizes.ts'
import { preview } from '../../../electron/wizards/key-import/preview.ts'
import { keyImportSteps } from '../../../electron/wizards/key-import/steps/index.ts'
import { azureTarget, emptyVault, fakeKey, goodVault } from '../../support/azure-fake.ts'
import { ownKey, transferFile } from '../../support/key-import-answers.ts'
import { planReader } from '../../support/plan-reader.ts'
import { mark, runId, vaultStage, type VaultStage } from './vault-stage.ts'
import { refusal } from './walk.ts'

const host = 'ktr-there.vault.azure.net'
const own = ownKey()
const numbersOf = (pem: string): NonNullable<VaultKey['publicKey']> => {
  const { n = '', e = '' } = createPublicKey(pem).export({ format: 'jwk' })
  return { modulus: Buffer.from(n, 'base64url'), exponent: Buffer.from(e, 'base64url') }
}
const kekPair = ownKey()
const version = 'a'.repeat(32)
const kek = fakeKey({
  name: 'kek',
  id: `https://${host}/keys/kek/${version}`,
  version,
  bits: 2048,
  uses: ['import'],
  publicKey: numbersOf(kekPair.publicKey),
})

const stages: VaultStage[] = []
afterEach(() => {
  for (const stage of stages.splice(0)) stage.end()
})

const opened = (changes: Partial<VaultKey> = {}) => {
  const stage = vaultStage()
  stages.push(stage)
  stage.azure.vaults.set('ktr-there', goodVault())
  const held = emptyVault()
  held.keys.set('kek', [{ ...kek, ...changes }])
  stage.azure.keys.set(host, held)
  writeFileSync(join(stage.folder, 'first.byok'), transferFile({ kek, pkcs8: own.pkcs8 }))
  writeFileSync(join(stage.folder, 'public.pem'), own.publicKey)
  const reader = planReader(() => Promise.reject(new Error('no server')), {
    azure: stage.azure.ports,
    places: { folderOf: () => stage.folder, label: () => '/home/j/keys' },
    plannedAt: new Date('2026-11-22T10:00:00Z'),
    clock: { now: () => new Date('2026-11-22T10:00:00Z'), monotonicMs: () => 0 },
  })
  return { stage, held, reader }
}

const answers = (changes: Answers = {}): Answers => ({
  azure: azureTarget.id,
  task: 'transfer',
  vault: host,
  keyName: 'KTR-OWN',
  place: 'p-mine',
  file: 'first.byok',
  origin: 'file',
  publicPlace: 'p-mine',
  publicFile: 'public.pem',
  ...changes,
})

const factsOf = (reader: ReturnType<typeof opened>['reader'], changes: Answers = {}): Promise<Facts> =>
  keyImport.readFacts(keyImport.parse(answers(changes)) as never, reader) as Promise<Facts>

/** A key as an import of the right material leaves it. */
const imported = (changes: Partial<VaultKey> = {}): VaultKey =>
  fakeKey({ name: 'KTR-OWN', bits: 2048, mark, publicKey: numbersOf(own.publicKey), ...changes })

describe('the plan', () => {
  it('is the same for the same facts, holds no path, and its runbook compares file and public key', async () => {
    const { stage, reader } = opened()
    const facts = await factsOf(reader)
    const draft = keyImport.parse(answers()) as never
    const { plan, advice } = keyImport.plan(draft, facts, runId)
    expect(advice.blockers).toEqual([])
    expect(keyImport.plan(draft, facts, runId).plan).toEqual(plan)
    expect(JSON.stringify(plan)).not.toContain(stage.folder)
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['import-transfer-file', 'compare-key-chain'])
    const text = runbookAz(plan, 'digest')
    expect(text).toContain(
      "az keyvault key import --vault-name 'ktr-there' --name 'KTR-OWN' --byok-file './first.byok'",
    )
    expect(text).toContain('sha256sum')
  })

  it('stands in the preview with blanks before anything was read', () => {
    expect(preview({ task: 'transfer' }, null).statements[0]?.text).toContain('«transfer_file»')
    expect(preview({ task: 'exchange-key', exchangeName: 'kek-1' }, null).statements[0]?.text).toContain(
      '"import"',
    )
  })

  it('takes an expiry from nobody, and a name of at most 26 characters', () => {
    const named = (keyName: string, task = 'transfer') =>
      keyImportScreenProblems('key', answers({ keyName, task })).map(({ field }) => field)
    expect(named('k'.repeat(27))).toEqual(['keyName'])
    expect(named('k'.repeat(26))).toEqual([])
  })
})

describe('a file from a token whose wrap is not exact', () => {
  const facts = async (
    environment: 'production' | 'rehearsal',
    wrap: 'exact' | 'zero-padded' | 'none' | null,
    generator = 'Keyturn; token',
  ): Promise<string[]> => {
    const { reader } = opened()
    const read = await factsOf(reader)
    const [side] = read.sides
    if (side?.file?.ok !== true) throw new Error('no file')
    const ref = { id: asTargetId('t-token'), kind: 'hsm', name: 'Luna', environment } as const
    const changed: Facts = {
      ...read,
      target: { ...read.target, environment },
      token: { read: true, value: { ref, wrap, keys: [] }, source: 'token', at: '' },
      sides: [{ ...side, file: { ok: true, value: { ...side.file.value, generator } } }],
    }
    return findingsOn(answers({ origin: 'token' }), changed).map(({ problem }) => problem.code)
  }

  it.each([
    ['zero-padded', 'byok-test-only'],
    ['none', 'byok-test-only'],
    [null, 'byok-test-only'],
  ] as const)('%s is refused in a real profile, and test only in a rehearsal', async (wrap, code) => {
    expect(await facts('production', wrap)).toEqual([code])
    expect(await facts('rehearsal', wrap)).toEqual([])
  })

  it('exact is taken; what the file says of itself counts all the same', async () => {
    expect(await facts('production', 'exact')).toEqual([])
    expect(await facts('production', 'exact', 'Keyturn; SoftHSM 2.6; test only')).toEqual(['byok-test-only'])
  })
})

describe('the vault’s key that wraps imports', () => {
  it.each([
    ['disabled', { enabled: false }, 'it is disabled'],
    ['in software', { type: 'RSA' }, 'its type is RSA'],
    ['for more than import', { uses: ['import', 'wrapKey'] }, 'it is also for wrapKey'],
  ] as const)('%s: named at the file', async (_, changes, says) => {
    const { reader } = opened(changes as Partial<VaultKey>)
    const found = findingsOn(answers(), await factsOf(reader))
    expect(found.map(({ field, problem }) => [field, problem.code])).toEqual([['file', 'byok-kek']])
    expect(found[0]?.problem.title).toContain(says)
  })

  it('sizes that no RSA key of these bits comes to are told apart', () => {
    expect([sizeFits(2048, 1232), sizeFits(3072, 1808), sizeFits(3072, 1232), sizeFits(4096, 2400)]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('the step', () => {
  const ready = async (changes: Partial<VaultKey> = {}) => {
    const { stage, held, reader } = opened()
    const { plan } = keyImport.plan(keyImport.parse(answers()) as never, await factsOf(reader), runId)
    held.keys.set('kek', [{ ...kek, ...changes }])
    const [step, chain] = plan.steps as [PlannedStep, PlannedStep]
    const verify = (one: PlannedStep) =>
      keyImportSteps[one.kind as 'import-transfer-file'].verify(stage.context(one, { versions: 0 }))
    const check = (before: null | { versions: number }) =>
      keyImportSteps['import-transfer-file'].check(stage.context(step, before))
    const { apply, undo } = keyImportSteps['import-transfer-file']
    const context = stage.context(step, { versions: 0 })
    return {
      stage,
      held,
      step,
      chain,
      verify,
      check,
      apply: () => apply(context),
      undo: () => undo?.(context),
    }
  }

  it('is not sent again after a kill: the version with the run’s mark is it', async () => {
    const { held, check } = await ready()
    expect((await check(null)).state).toBe('needed')
    held.keys.set('ktr-own', [imported()])
    expect((await check({ versions: 0 })).state).toBe('satisfied')
    held.keys.set('ktr-own', [imported({ mark: 'somebody' })])
    expect((await check({ versions: 0 })).state).toBe('foreign')
  })

  it('is blocked where the vault’s key changed since the review, and not sent after it either', async () => {
    const { check, apply, held } = await ready({ enabled: false })
    expect(await check(null)).toMatchObject({ state: 'blocked', problem: { code: 'byok-kek' } })
    expect(await refusal(apply())).toContain('byok-kek')
    expect(held.keys.has('ktr-own')).toBe(false)
  })

  it('needs its file to be sent, and neither to be found in the vault nor to be undone', async () => {
    const { stage, held, check, apply } = await ready()
    rmSync(join(stage.folder, 'first.byok'))
    await expect(check(null)).rejects.toThrow()
    expect((await check({ versions: 0 })).state).toBe('needed')
    await expect(apply()).rejects.toThrow()
    expect(held.keys.has('ktr-own')).toBe(false)
    held.keys.set('ktr-own', [imported()])
    expect((await check({ versions: 0 })).state).toBe('satisfied')
  })

  it('killed between the deletion of an undo and its outcome: the next undo finds the deleted key as its own', async () => {
    const { held, check, undo } = await ready()
    held.keys.set('ktr-own', [imported()])
    await undo()
    expect(await check({ versions: 0 })).toMatchObject({
      state: 'blocked',
      undone: true,
      problem: { code: 'vault-key-deleted' },
    })
    expect((await undo())?.map(({ statement }) => statement)).toEqual([
      'Key deleted; it can be taken back, and its name is taken, until',
    ])
    expect(held.keys.has('ktr-own')).toBe(false)
  })

  it('a deleted key of somebody else, or of before this run’s intent, blocks an undo as well', async () => {
    const { held, check, undo } = await ready()
    held.keys.set('ktr-own', [imported()])
    await undo()
    expect(await check(null)).not.toHaveProperty('undone')
    held.deleted.set('ktr-own', { versions: [imported({ mark: 'somebody' })], at: '2026-11-22T10:00:00Z' })
    const found = await check({ versions: 0 })
    expect(found).toMatchObject({ state: 'blocked', problem: { code: 'vault-key-deleted' } })
    expect(found).not.toHaveProperty('undone')
    await expect(undo()).rejects.toThrow()
  })

  it.each([
    ['another public key', { publicKey: numbersOf(kekPair.publicKey) }, 'its public key is not that of'],
    ['no public key', { publicKey: null }, 'its public key is not that of'],
    ['a key in software', { type: 'RSA' }, 'its type is RSA'],
    ['another size', { bits: 3072 }, 'its size is 3072'],
    ['an expiry', { expires: '2027-01-01T00:00:00Z' }, 'its expiry is'],
    ['a disabled key', { enabled: false }, 'it is disabled'],
  ] as const)('a vault that shows %s is not believed', async (_, changes, says) => {
    const { held, step, verify } = await ready()
    held.keys.set('ktr-own', [imported(changes as Partial<VaultKey>)])
    expect(await refusal(verify(step))).toContain(says)
  })

  it('two versions are not believed, and the chain wants the run’s own', async () => {
    const { held, step, chain, verify } = await ready()
    held.keys.set('ktr-own', [imported(), imported({ version: 'b'.repeat(32), mark: null })])
    expect(await refusal(verify(step))).toContain('the present version of KTR-OWN')
    held.keys.set('ktr-own', [imported({ publicKey: numbersOf(kekPair.publicKey) })])
    expect(await refusal(verify(chain))).toContain('is not that of the file public.pem')
  })

  it('the chain says what this sign-in may not try', async () => {
    const { stage, held, chain, verify } = await ready()
    held.keys.set('ktr-own', [imported()])
    stage.azure.slowRights = 1
    const { evidence, proofs } = await verify(chain)
    expect(evidence.map(({ value }) => value)).toContain('not tried: this sign-in may not wrap and unwrap')
    expect(proofs).toEqual([])
  })
})

describe('a restore', () => {
  const ready = async (backupOf = '') => {
    const { stage, held, reader } = opened()
    writeFileSync(join(stage.folder, 'x.keybackup'), 'x')
    const changes = { task: 'restore', backupFile: 'x.keybackup', backupOf }
    const { plan } = keyImport.plan(
      keyImport.parse(answers(changes)) as never,
      await factsOf(reader, changes),
      runId,
    )
    const [step] = plan.steps as [PlannedStep]
    const { check, verify } = keyImportSteps['restore-vault-key']
    return {
      stage,
      held,
      check: (before: null | { versions: number }) => check(stage.context(step, before)),
      verify: () => verify(stage.context(step, { versions: 0 })),
    }
  }

  it('needs its file to be sent, and not to be found in the vault', async () => {
    const { stage, held, check } = await ready()
    expect((await check(null)).state).toBe('needed')
    rmSync(join(stage.folder, 'x.keybackup'))
    await expect(check(null)).rejects.toThrow()
    expect((await check({ versions: 0 })).state).toBe('needed')
    held.keys.set('ktr-own', [imported()])
    expect((await check({ versions: 0 })).state).toBe('satisfied')
  })

  it('without the vault that it was taken from: says that the key is there, and not that it is the one of the backup', async () => {
    const { held, verify } = await ready()
    held.keys.set('ktr-own', [imported({ mark: null })])
    const lines = (await verify()).evidence.map(({ statement, value }) => `${statement}: ${value}`)
    expect(lines.join(' ')).not.toContain('restored')
    expect(lines[0]).toContain('Key under the name that was free before; its newest version')
    expect(lines.join(' ')).toContain('not compared: no vault that it was taken from is known')
  })

  it('from another geography is explained before anything is sent', async () => {
    const { reader, stage } = opened()
    stage.azure.vaults.set('ktr-far', {
      ...goodVault(),
      name: 'ktr-far',
      region: 'eastus',
      host: 'ktr-far.vault.azure.net',
    })
    writeFileSync(join(stage.folder, 'x.keybackup'), 'x')
    const changes = { task: 'restore', backupFile: 'x.keybackup', backupOf: 'ktr-far.vault.azure.net' }
    const facts = await factsOf(reader, changes)
    const regions = {
      read: true,
      source: '',
      at: '',
      value: [
        { name: 'westeurope', displayName: '', geography: 'Europe', pairedRegion: null },
        { name: 'eastus', displayName: '', geography: 'United States', pairedRegion: null },
      ],
    } as const
    expect(findingsOn(answers(changes), { ...facts, regions }).map(({ problem }) => problem.code)).toEqual([
      'vault-backup-elsewhere',
    ])
  })
})
