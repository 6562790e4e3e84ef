/** OpenSSL opens the transfer file that the job's own steps wrote, with the private half of a vault's key that OpenSSL made. */
import { createHash, createPublicKey } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { StepContext } from '../../electron/engine/contract.ts'
import type { AzurePorts } from '../../electron/ports/azure.ts'
import type { HsmToken } from '../../electron/ports/hsm.ts'
import type { KeyVault, VaultKey } from '../../electron/ports/key-vault.ts'
import { kekOf } from '../../electron/wizards/azure/exchange-key.ts'
import { generatorOf } from '../../electron/wizards/hsm-key/generator.ts'
import { keyIdOf } from '../../electron/wizards/hsm-key/plan.ts'
import { lockHsmKeyStep } from '../../electron/wizards/hsm-key/steps/lock.ts'
import { makeHsmKeyStep } from '../../electron/wizards/hsm-key/steps/make.ts'
import { wrapHsmKeyStep } from '../../electron/wizards/hsm-key/steps/wrap.ts'
import { asRunId, asTargetId } from '../../shared/model/ids.ts'
import type { Json, PlannedStep } from '../../shared/model/plan.ts'
import { codeFrom, hsmStage, softToken, type HsmStage } from '../support/hsm-stage.ts'
import { noAzure, noHosts, noKeeper } from '../support/no-azure.ts'
import { noUsers } from '../support/no-users.ts'
import { opensslPrints } from '../support/openssl.ts'

vi.setConfig({ testTimeout: 60_000 })

const run = asRunId('abcdefghjkmn')
const keyId = keyIdOf(run)
const kid = `https://contoso.vault.azure.net/keys/kek/${'ab'.repeat(16)}`

let stage: HsmStage
let token: HsmToken
let folder: string
let generator: string
let kek: VaultKey
beforeAll(async () => {
  stage = hsmStage()
  ;({ token } = await softToken(stage))
  generator = generatorOf(await token.probe(), true)
  folder = join(stage.folder, 'files')
  mkdirSync(folder)
  opensslPrints('genrsa', '-out', at('kek.pem'), '3072')
  opensslPrints('rsa', '-in', at('kek.pem'), '-pubout', '-out', at('kek-public.pem'))
  const { n, e } = createPublicKey(readFileSync(at('kek-public.pem'))).export({ format: 'jwk' })
  kek = {
    name: 'kek',
    version: 'ab'.repeat(16),
    id: kid,
    type: 'RSA-HSM',
    bits: 3072,
    enabled: true,
    uses: ['import'],
    publicKey: { modulus: Buffer.from(n ?? '', 'base64url'), exponent: Buffer.from(e ?? '', 'base64url') },
  } as Partial<VaultKey> as VaultKey
})
afterAll(() => stage.stop())

const at = (name: string): string => join(folder, name)

const ref = { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token', environment: 'test' } as const

const context = (kind: string, params: Json, before: Json = null): StepContext => {
  const vault = { key: async () => kek } as Partial<KeyVault> as KeyVault
  const azure: AzurePorts = { ...noAzure, vaults: { ...noAzure.vaults, open: async () => vault } }
  const never = (): never => {
    throw new Error('no SQL Server here')
  }
  return {
    runId: run,
    step: { id: 's01', kind, target: ref, params } as Partial<PlannedStep> as PlannedStep,
    before,
    attempt: 1,
    get sql(): never {
      return never()
    },
    azure,
    hosts: noHosts,
    hsm: async () => token,
    server: never,
    session: never,
    earlier: [],
    secrets: new Map(),
    keeper: noKeeper,
    places: { folderOf: () => folder, label: () => 'files' },
    verdicts: noUsers,
    clock: { now: () => new Date('2026-11-26T08:00:00Z'), monotonicMs: () => 0 },
    signal: new AbortController().signal,
    progress: () => undefined,
    say: () => undefined,
  }
}

const key = { label: 'WITNESS', keyId, type: 'rsa-2048' } as const
const wrapParams = (): Json => {
  const fact = kekOf(kek)
  if (fact === null) throw new Error('no key')
  const { refusal, ...rest } = fact
  expect(refusal).toBeNull()
  return {
    ...key,
    vault: 't-vault',
    host: 'contoso.vault.azure.net',
    kek: rest,
    mechanism: 'CKM_AES_KEY_WRAP_PAD',
    testOnly: true,
    place: 'p-files',
    file: 'WITNESS.byok',
    generator,
  }
}

test('the file opens with OpenSSL, and is the token’s key by its public half and by a signature', async () => {
  const make = context('make-hsm-key', { ...key, extractable: true })
  expect((await makeHsmKeyStep.check(make)).state).toBe('needed')
  await makeHsmKeyStep.apply(make)
  await makeHsmKeyStep.verify(make)
  const wrap = wrapHsmKeyStep()
  const ctx = context('wrap-hsm-key', wrapParams())
  expect((await wrap.check(ctx)).state).toBe('needed')
  await wrap.apply(ctx)
  const { evidence } = await wrap.verify(ctx)
  expect(evidence.map(({ value }) => value)).toContain('same signature over the same bytes')

  const file = JSON.parse(readFileSync(at('WITNESS.byok'), 'utf8')) as {
    header: { kid: string }
    ciphertext: string
  }
  expect(file.header.kid).toBe(kid)
  const blob = Buffer.from(file.ciphertext, 'base64url')
  writeFileSync(at('a.bin'), blob.subarray(0, 384))
  writeFileSync(at('b.bin'), blob.subarray(384))
  const oaep = ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha1']
  opensslPrints(
    'pkeyutl',
    '-decrypt',
    '-inkey',
    at('kek.pem'),
    ...oaep,
    '-in',
    at('a.bin'),
    '-out',
    at('aes.bin'),
  )
  const aes = readFileSync(at('aes.bin')).toString('hex')
  const unwrap = ['-d', '-id-aes256-wrap-pad', '-K', aes, '-iv', 'A65959A6']
  opensslPrints('enc', ...unwrap, '-in', at('b.bin'), '-out', at('key.p8'))
  opensslPrints('rsa', '-inform', 'DER', '-in', at('key.p8'), '-check', '-out', at('key.pem'))

  const [own] = await token.find({ id: keyId, class: 'private' })
  const spki = opensslPrints('rsa', '-in', at('key.pem'), '-pubout', '-outform', 'DER')
  expect(createHash('sha256').update(spki).digest('hex')).toBe(own?.spkiSha256)
  writeFileSync(at('data'), 'signed by both')
  const theirs = opensslPrints('dgst', '-sha256', '-sign', at('key.pem'), at('data'))
  const ours =
    own === undefined ? null : await token.sign(own.handle, 'rsa-pkcs1-sha256', readFileSync(at('data')))
  expect(ours === null ? null : Buffer.from(ours)).toEqual(theirs)
})

test('a vault’s key that was replaced since the plan is not wrapped for', async () => {
  const fresh = context('wrap-hsm-key', { ...(wrapParams() as object), file: 'OTHER.byok' })
  const begun = context('wrap-hsm-key', wrapParams(), { fileThere: false })
  const before = kek
  const asked = async (): Promise<string[]> => {
    const [found, goesOn] = [await wrapHsmKeyStep().check(fresh), await wrapHsmKeyStep().check(begun)]
    const codes = [found, goesOn].map((one) => ('problem' in one ? one.problem.code : one.state))
    return [...codes, await codeFrom(wrapHsmKeyStep().apply(begun))]
  }
  // Nothing begins; what was begun can be undone, and is not gone on with.
  const refused = ['hsm-kek-changed', 'needed', 'hsm-kek-changed']
  kek = { ...kek, version: 'cd'.repeat(16) }
  expect(await asked()).toEqual(refused)
  kek = { ...before, uses: ['import', 'wrapKey'] }
  expect(await asked()).toEqual(refused)
  kek = before
})

test('a file that somebody changed after it was opened again is no result', async () => {
  const wrap = wrapHsmKeyStep()
  const ctx = context('wrap-hsm-key', wrapParams(), { fileThere: false })
  await wrap.apply(ctx)
  const text = readFileSync(at('WITNESS.byok'), 'utf8')
  writeFileSync(at('WITNESS.byok'), text.replace('test only', 'best only'))
  await expect(wrap.verify(ctx)).rejects.toThrow()
  // Another process knows nothing of what was opened before the temporary key was gone: the step is done again.
  await expect(wrapHsmKeyStep().verify(ctx)).rejects.toThrow()
  expect((await wrapHsmKeyStep().check(ctx)).state).toBe('needed')
})

test('a file of that name that was there before is another’s', async () => {
  const found = await wrapHsmKeyStep().check(context('wrap-hsm-key', wrapParams()))
  expect('problem' in found ? found.problem.code : found.state).toBe('local-file-exists')
})

test('a key of that id that was there before is another’s; an undo destroys both halves', async () => {
  const made = context('make-hsm-key', { ...key, extractable: true })
  const found = await makeHsmKeyStep.check(made)
  expect('problem' in found ? found.problem.code : found.state).toBe('hsm-id-taken')
  const lock = context('lock-hsm-key', key)
  expect((await lockHsmKeyStep.check(lock)).state).toBe('needed')
  await lockHsmKeyStep.apply(lock)
  await lockHsmKeyStep.verify(lock)
  expect((await lockHsmKeyStep.check(lock)).state).toBe('satisfied')
  await expect(wrapHsmKeyStep().apply(context('wrap-hsm-key', wrapParams(), {}))).rejects.toThrow()
  await makeHsmKeyStep.undo?.(made)
  expect(await token.find({ id: keyId })).toEqual([])
})

test.each(['ec-p256', 'ec-p384', 'aes-256'] as const)('%s is made and read back', async (type) => {
  const id = keyIdOf(asRunId(`run-${type}`.slice(0, 12).replaceAll('-', 'x')))
  const ctx = context('make-hsm-key', { label: type, keyId: id, type, extractable: false })
  await makeHsmKeyStep.apply(ctx)
  const { evidence } = await makeHsmKeyStep.verify(ctx)
  expect(evidence.find(({ statement }) => statement === 'Never could be wrapped')?.value).toBe('yes')
})

test('half of a pair that a token kept is taken away and the pair made whole', async () => {
  const id = keyIdOf(asRunId('halfhalfhalf'))
  const params = { label: 'HALF', keyId: id, type: 'rsa-2048', extractable: true } as const
  const ctx = context('make-hsm-key', params, { keys: 0 })
  await makeHsmKeyStep.apply(ctx)
  const [shown] = await token.find({ id, class: 'public' })
  if (shown !== undefined) await token.destroy(shown.handle)
  expect(await makeHsmKeyStep.check(ctx)).toMatchObject({ state: 'needed', partly: true })
  await makeHsmKeyStep.apply(ctx)
  await makeHsmKeyStep.verify(ctx)
  expect(await token.find({ id })).toHaveLength(2)
})
