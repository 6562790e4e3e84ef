/** Wrapping asks the token again what its key wrap does: the plan may have waited through an update. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { StepContext } from '../../../electron/engine/contract.ts'
import type { EscrowMeans } from '../../../electron/escrow/means.ts'
import { systemClock } from '../../../electron/platform/clock.ts'
import type { HsmHandle, HsmKey, HsmProbe, HsmToken } from '../../../electron/ports/hsm.ts'
import type { AzurePorts } from '../../../electron/ports/azure.ts'
import { generatorOf } from '../../../electron/wizards/hsm-key/generator.ts'
import { escrowHsmKeyStep } from '../../../electron/wizards/hsm-key/steps/escrow.ts'
import { wrapHsmKeyStep } from '../../../electron/wizards/hsm-key/steps/wrap.ts'
import { assertWrapsAsPlanned } from '../../../electron/wizards/hsm/wraps-as-planned.ts'
import { kekOf } from '../../../electron/wizards/azure/exchange-key.ts'
import { fakeKey } from '../../support/azure-fake.ts'

const seen: HsmProbe = {
  moduleSha256: 'a'.repeat(64),
  manufacturer: 'Maker',
  model: 'Model',
  firmware: '7.4',
  keyWrap: { CKM_AES_KEY_WRAP_KWP: 'exact', CKM_AES_KEY_WRAP_PAD: 'zero-padded' },
  use: { mechanism: 'CKM_AES_KEY_WRAP_KWP', verdict: 'exact' },
  oaep: { sha1: true, sha256: true },
  at: '2026-11-26T08:00:00.000Z',
}
const keyId = 'aabbccdd'
const half = { type: 'RSA', label: 'K', id: keyId, kept: 'token', spkiSha256: 'c'.repeat(64) } as const
const pair = [
  { ...half, handle: 'h-own' as HsmHandle, class: 'private' },
  { ...half, handle: 'h-shown' as HsmHandle, class: 'public' },
] as Partial<HsmKey>[] as HsmKey[]
const updated: HsmProbe = { ...seen, firmware: '7.5' }

/** A token that answers a probe so, and what else of it was called. */
const tokenThatShows = (probe: HsmProbe) => {
  const called: string[] = []
  const token = {
    find: async () => pair,
    probe: async () => probe,
    generateEphemeral: async () => {
      called.push('generateEphemeral')
      throw new Error('it goes on')
    },
  } as Partial<HsmToken> as HsmToken
  return { token, called }
}

const contextOf = (token: HsmToken, params: object, change: Partial<StepContext> = {}): StepContext =>
  ({
    runId: asRunId('abcdefghjkmn'),
    step: {
      id: 's02',
      target: { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token-1', environment: 'test' },
      params,
    } as unknown as PlannedStep,
    before: {},
    attempt: 1,
    hsm: async () => token,
    clock: systemClock,
    signal: new AbortController().signal,
    ...change,
  }) as Partial<StepContext> as StepContext

const saidBy = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown.message === 'it goes on') return 'it goes on'
    const { code, title } = problemOf(thrown)
    return `${code}: ${title}`
  }
  return 'it is as planned'
}

const planned = { mechanism: 'CKM_AES_KEY_WRAP_KWP', testOnly: false, oaep: 'sha256' } as const
const isPlanned = ({ firmware }: { firmware: string }): boolean => firmware === '7.4'

test.each([
  ['another firmware', updated, 'it says Maker Model, firmware 7.5'],
  [
    'a key wrap that fills up',
    { ...seen, keyWrap: { ...seen.keyWrap, CKM_AES_KEY_WRAP_KWP: 'zero-padded' } },
    'CKM_AES_KEY_WRAP_KWP was exact, is zero-padded',
  ],
  [
    'no such key wrap',
    { ...seen, keyWrap: { ...seen.keyWrap, CKM_AES_KEY_WRAP_KWP: 'missing' } },
    'CKM_AES_KEY_WRAP_KWP was exact, is missing',
  ],
  ['no such hash', { ...seen, oaep: { sha1: true, sha256: false } }, 'RSA-OAEP with SHA-256 does not work'],
] as const)('%s: nothing is wrapped, and what changed is named', async (_, probe, what) => {
  const { token } = tokenThatShows(probe)
  const said = await saidBy(assertWrapsAsPlanned(contextOf(token, {}), token, { ...planned, isPlanned }))
  expect(said).toBe(`hsm-wrap-changed: Nothing was wrapped: token-1 does not wrap as the plan says (${what})`)
})

test('the same as at the review: it goes on; a test-only plan wants what it was made for, too', async () => {
  const { token } = tokenThatShows(seen)
  const context = contextOf(token, {})
  expect(await saidBy(assertWrapsAsPlanned(context, token, { ...planned, isPlanned }))).toBe(
    'it is as planned',
  )
  const testOnly = { ...planned, testOnly: true, isPlanned }
  expect(await saidBy(assertWrapsAsPlanned(context, token, testOnly))).toContain('was zero-padded, is exact')
})

test('both ways of wrapping ask, before anything is made on the token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-wraps-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const publicKey = { modulus: Buffer.alloc(256, 0xa5), exponent: Buffer.from([1, 0, 1]) }
  const kek = fakeKey({ name: 'kek', uses: ['import'], bits: 2048, publicKey })
  const fact = kekOf(kek)
  const key = { label: 'K', keyId, type: 'rsa-2048', mechanism: planned.mechanism, testOnly: false }
  const wrap = {
    ...key,
    vault: 't-vault',
    host: 'ktr.vault.azure.net',
    kek: { ...fact, bits: 2048 },
    place: 'p-files',
    file: 'k.byok',
    generator: generatorOf(seen, false),
  }
  const group = { id: 'sg-aaaaaaaaaaaa', spkiSha256: 'b'.repeat(64) }
  const escrow = {
    ...key,
    package: 'ep-aaaaaaaaaaaa',
    group,
    recipients: [],
    oaep: 'sha256',
    purpose: 'a test',
    token: { serial: '1234', model: 'Model', firmware: '7.4' },
    place: { id: 'p-files', kind: 'folder' },
  }
  const means = {
    register: { groups: () => [{ ...group, state: 'active' }], groupForPackages: () => ({}) },
  } as unknown as EscrowMeans
  const azure = { vaults: { open: async () => ({ key: async () => kek }) } } as unknown as AzurePorts
  const change = { azure, places: { folderOf: () => folder, label: () => 'files' } }
  for (const [step, params] of [
    [wrapHsmKeyStep(), wrap],
    [escrowHsmKeyStep(means), escrow],
  ] as const) {
    const after = tokenThatShows(updated)
    expect(await saidBy(step.apply(contextOf(after.token, params, change)))).toContain('firmware 7.5')
    expect(after.called).toEqual([])
    const same = tokenThatShows(seen)
    await saidBy(step.apply(contextOf(same.token, params, change)))
    expect(same.called).toEqual(['generateEphemeral'])
  }
})
