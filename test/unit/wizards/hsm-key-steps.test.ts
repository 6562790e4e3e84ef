import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { StepContext } from '../../../electron/engine/contract.ts'
import type { EscrowMeans } from '../../../electron/escrow/means.ts'
import { systemClock } from '../../../electron/platform/clock.ts'
import type { AzurePorts } from '../../../electron/ports/azure.ts'
import type { HsmHandle, HsmKey, HsmToken } from '../../../electron/ports/hsm.ts'
import { escrowHsmKeyStep } from '../../../electron/wizards/hsm-key/steps/escrow.ts'
import { lockHsmKeyStep } from '../../../electron/wizards/hsm-key/steps/lock.ts'
import { makeHsmKeyStep } from '../../../electron/wizards/hsm-key/steps/make.ts'
import { wrapHsmKeyStep } from '../../../electron/wizards/hsm-key/steps/wrap.ts'

const keyId = 'aabbccdd'
const key = { label: 'K', keyId, type: 'rsa-2048' } as const
const target = { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token-1', environment: 'test' } as const

const half = (what: 'private' | 'public' | 'secret', change: Partial<HsmKey> = {}): HsmKey =>
  ({
    handle: `h-${what}` as HsmHandle,
    class: what,
    type: what === 'secret' ? 'AES' : 'RSA',
    label: 'K',
    id: keyId,
    bits: what === 'secret' ? 256 : 2048,
    curve: null,
    kept: 'token',
    attributes: { sensitive: true, local: true, extractable: true, neverExtractable: false },
    spki: null,
    spkiSha256: what === 'secret' ? null : 'a'.repeat(64),
    checkValue: what === 'secret' ? 'abcdef' : null,
    ...change,
  }) as HsmKey

/** A token that holds these, and what of it was destroyed, in this order. */
const tokenWith = (keys: readonly HsmKey[]) => {
  let held = [...keys]
  const destroyed: string[] = []
  const token = {
    find: async () => held,
    destroy: async (handle: HsmHandle) => {
      destroyed.push(handle)
      held = held.filter((one) => one.handle !== handle)
    },
  } as Partial<HsmToken> as HsmToken
  return { token, destroyed }
}

const contextOf = (token: HsmToken, params: object, change: Partial<StepContext> = {}): StepContext =>
  ({
    runId: asRunId('abcdefghjkmn'),
    step: { id: 's01', target, params } as unknown as PlannedStep,
    before: { keys: 0 },
    attempt: 1,
    hsm: async () => token,
    clock: systemClock,
    signal: new AbortController().signal,
    ...change,
  }) as Partial<StepContext> as StepContext

const refusedWith = async (work: Promise<unknown> | undefined): Promise<string> => {
  try {
    await work
  } catch (thrown) {
    const { code, title } = problemOf(thrown)
    return `${code}: ${title}`
  }
  return 'it was not refused'
}

const make = { ...key, extractable: true }

test('an undo destroys both halves, the one by which the key is found again last', async () => {
  const { token, destroyed } = tokenWith([half('private'), half('public')])
  await makeHsmKeyStep.undo?.(contextOf(token, make))
  expect(destroyed).toEqual(['h-public', 'h-private'])
})

test('an undo that was broken off after the public half goes on with the private one', async () => {
  const { token, destroyed } = tokenWith([half('private')])
  await makeHsmKeyStep.undo?.(contextOf(token, make))
  expect(destroyed).toEqual(['h-private'])
})

test('an undo that sees only the public half destroys nothing and does not say that the key is gone', async () => {
  const { token, destroyed } = tokenWith([half('public')])
  const said = await refusedWith(makeHsmKeyStep.undo?.(contextOf(token, make)))
  expect(said).toMatch(/^step-not-verified: .*only the public half of K/)
  expect(destroyed).toEqual([])
})

test('a secret key has no half to wait for', async () => {
  const { token, destroyed } = tokenWith([half('secret')])
  await makeHsmKeyStep.undo?.(contextOf(token, { ...make, type: 'aes-256' }))
  expect(destroyed).toEqual(['h-secret'])
})

const locked = (one: HsmKey): HsmKey => ({ ...one, attributes: { ...one.attributes, extractable: false } })
const other = { spkiSha256: 'b'.repeat(64) }
const pair = [half('private'), half('public')]
const doubtful = [
  ['two private halves', [...pair, half('private', other)], /shows 2 private, 1 public/],
  ['two public halves', [...pair, half('public', other)], /shows 1 private, 2 public/],
  ['a secret key beside it', [...pair, half('secret')], /shows 1 private, 1 public, 1 secret/],
  ['the private half alone', [half('private')], /shows 1 private/],
  ['halves of two keys', [half('private'), half('public', other)], /of different keys/],
] as const

test.each(doubtful)('a key is not verified where its id shows %s', async (_what, keys, words) => {
  const { token } = tokenWith(keys)
  expect(await refusedWith(makeHsmKeyStep.verify(contextOf(token, make)))).toMatch(words)
})

test.each(doubtful)(
  'nothing is locked, nor said to be, where its id shows %s',
  async (_what, keys, words) => {
    const { token } = tokenWith(keys.map(locked))
    expect(await refusedWith(lockHsmKeyStep.check(contextOf(token, key, { before: null })))).toMatch(words)
    expect(await refusedWith(lockHsmKeyStep.apply(contextOf(token, key)))).toMatch(words)
    expect(await refusedWith(lockHsmKeyStep.verify(contextOf(token, key)))).toMatch(words)
  },
)

test('a whole key is verified, and is locked when it says so', async () => {
  const whole = tokenWith(pair).token
  expect((await makeHsmKeyStep.verify(contextOf(whole, make))).evidence.length).toBeGreaterThan(0)
  const { token } = tokenWith(pair.map(locked))
  expect(await lockHsmKeyStep.check(contextOf(token, key))).toMatchObject({ state: 'satisfied' })
  expect((await lockHsmKeyStep.verify(contextOf(token, key))).evidence).toHaveLength(1)
})

test('a private half that does not say its public key is taken with the one beside it', async () => {
  const { token } = tokenWith([half('private', { spki: null, spkiSha256: null }), half('public')])
  expect((await makeHsmKeyStep.verify(contextOf(token, make))).evidence.length).toBeGreaterThan(0)
})

test('a lock that was begun and whose key is gone is needed, so that an undo goes on', async () => {
  expect(await lockHsmKeyStep.check(contextOf(tokenWith([]).token, key))).toEqual({
    state: 'needed',
    before: { extractable: null },
  })
})

const kek = {
  name: 'kek',
  version: '1',
  kid: 'https://v/keys/kek/1',
  bits: 2048,
  spki: '',
  sha256: 'a'.repeat(64),
}
const wrap = {
  ...key,
  vault: 't-vault',
  host: 'v.vault.azure.net',
  kek,
  mechanism: 'CKM_AES_KEY_WRAP_KWP',
  testOnly: false,
  place: 'p-files',
  file: 'K.byok',
  generator: 'Keyturn',
}

/** A folder of the person's, and a vault whose key is gone since the plan was made. */
const outside = (): { folder: string; change: Partial<StepContext> } => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-hsm-steps-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const places: StepContext['places'] = { folderOf: () => folder, label: () => 'folder' }
  const azure = { vaults: { open: async () => ({ key: async () => null }) } } as unknown as AzurePorts
  return { folder, change: { places, azure } }
}

test('a vault’s key that changed stops the wrapping, before the token is asked, and no undo', async () => {
  const { token } = tokenWith([half('private'), half('public')])
  const { change } = outside()
  const context = contextOf(token, wrap, change)
  expect(await wrapHsmKeyStep().check({ ...context, before: null })).toMatchObject({
    state: 'blocked',
    problem: { code: 'hsm-kek-changed' },
  })
  expect(await wrapHsmKeyStep().check(context)).toEqual({ state: 'needed', before: { fileThere: false } })
  expect(await refusedWith(wrapHsmKeyStep().apply(context))).toMatch(/^hsm-kek-changed: /)
})

test('a transfer file that an attempt of this run left is begun; one before any is somebody else’s', async () => {
  const { token } = tokenWith([])
  const { folder, change } = outside()
  writeFileSync(join(folder, wrap.file), 'x')
  const before = { fileThere: false }
  expect(await wrapHsmKeyStep().check(contextOf(token, wrap, { ...change, before }))).toEqual({
    state: 'needed',
    before,
    partly: true,
  })
  expect(await wrapHsmKeyStep().check(contextOf(token, wrap, { ...change, before: null }))).toMatchObject({
    state: 'foreign',
    problem: { code: 'local-file-exists' },
  })
})

const escrow = {
  ...key,
  package: 'ep-abcdefghjkmn',
  group: { id: 'sg-abcdefghjkmn', spkiSha256: 'b'.repeat(64) },
  recipients: [],
  mechanism: 'CKM_AES_KEY_WRAP_KWP',
  testOnly: false,
  oaep: 'sha256',
  purpose: 'a test',
  token: { serial: '1234', model: 'Model', firmware: '1' },
  place: { id: 'p-files', kind: 'folder' },
}

test('a share group that is not active any more stops the escrow, before the token is asked, and no undo', async () => {
  const { token } = tokenWith([half('private'), half('public')])
  const { change } = outside()
  const means = { register: { groups: () => [] } } as unknown as EscrowMeans
  const context = contextOf(token, escrow, change)
  expect(await escrowHsmKeyStep(means).check({ ...context, before: null })).toMatchObject({
    state: 'blocked',
    problem: { code: 'export-group-other' },
  })
  expect(await escrowHsmKeyStep(means).check(context)).toEqual({
    state: 'needed',
    before: { packageThere: false },
  })
  expect(await refusedWith(escrowHsmKeyStep(means).apply(context))).toMatch(/^export-group-other: /)
})
