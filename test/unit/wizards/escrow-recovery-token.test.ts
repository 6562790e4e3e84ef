/** Keys of tokens out of a package, put on another token to stay. SoftHSM is the token. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Plan } from '../../../shared/model/plan.ts'
import type { HsmToken } from '../../../electron/ports/hsm.ts'
import {
  contextFor,
  handlerFor,
  planFor,
  refuse,
  told,
  tokenStage,
  twoKeys,
  walkOf,
  walkTokens,
  withCalls,
  type TokenStage,
} from './escrow-token-stage.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let stage: TokenStage
let laid: ReturnType<typeof twoKeys>
beforeAll(async () => {
  stage = await tokenStage()
  laid = twoKeys(stage)
})
afterAll(() => stage.stop())
afterEach(async () => {
  for (const { handle } of await stage.token.find()) await stage.token.destroy(handle)
})

const kinds = (plan: Plan): string[] => plan.steps.map(({ kind }) => kind)
const blockers = async (...wanted: Parameters<typeof planFor>): Promise<string[]> =>
  (await planFor(...wanted)).advice.blockers.map(({ what, screen }) => `${screen}: ${what}`)

describe('a recovery to a token', () => {
  it('leaves the keys under label and id, not extractable, and says what is to be replaced', async () => {
    const { plan, advice } = await planFor(stage, laid, { purpose: 'recovery' })
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'TDE key of the EU was in use as https://kv-eu.vault.azure.net/keys/tde-eu/0123456789abcdef0123456789abcdef, SQLPROD-01.master.TDE_EU when the package was written',
        'The package names nothing that uses Wrapping key',
      ]),
    )
    expect(kinds(plan).slice(2)).toEqual([
      'recover-escrow-hsm-key',
      'prove-escrow-hsm-key',
      'recover-escrow-hsm-key',
      'prove-escrow-hsm-key',
    ])
    const walk = walkOf(stage, laid)
    expect(await walkTokens(stage, plan, walk)).toBe('went well')
    const found = await stage.token.find()
    expect(
      found
        .map(({ label, id, class: what, kept, attributes: { sensitive, extractable } }) =>
          [label, id, what, kept, sensitive, extractable].join(' '),
        )
        .sort(),
    ).toEqual([
      'key-0a01 0a01 private token true false',
      expect.stringMatching(/^key-0a01 0a01 public token/),
      'key-0a02 0a02 secret token true false',
    ])
    expect(new Set(found.flatMap(({ spkiSha256 }) => spkiSha256 ?? []))).toEqual(
      new Set([laid.rsa.facts.spkiSha256]),
    )
    const lines = told(walk.earlier)
    expect(lines).toContain('SQLPROD-01.master.TDE_EU')
    expect(lines).toMatch(/To be replaced now: the share group Recovery of Contoso.*its shares were shown/)
    expect(walk.earlier.findLast(({ data }) => data?.['headline'] !== undefined)?.data).toMatchObject({
      headline: `Recovery from escrow package ${laid.made.id} brought back`,
    })
  })

  it('is undone key by key, and goes on after a crash between the two halves', async () => {
    const { plan } = await planFor(stage, laid, { purpose: 'recovery', items: ['1'] })
    const walk = walkOf(stage, laid)
    const step = plan.steps.find(({ kind }) => kind === 'recover-escrow-hsm-key')
    if (step === undefined) throw new Error('no such step')
    const handler = handlerFor(stage, step.kind)
    await handler.apply(contextFor(step, walk, { keys: 0 }))
    const [shown] = await stage.token.find({ class: 'public' })
    if (shown === undefined) throw new Error('no public half')
    await stage.token.destroy(shown.handle)
    const again = contextFor(step, walk, { keys: 0 })
    expect(await handler.check(again)).toMatchObject({ state: 'needed', partly: true })
    await handler.apply(again)
    expect(await stage.token.find()).toHaveLength(2)
    expect(await handler.check(again)).toMatchObject({ state: 'satisfied' })
    await handler.undo?.(again)
    expect(await stage.token.find()).toEqual([])
    expect(await handler.check(again)).toMatchObject({ state: 'needed' })
  })

  it('puts nothing beside a key that has the id: blocked where it shows itself, refused where only the PIN shows it', async () => {
    const shown = await stage.token.generateRsa({ label: 'here', id: '0a01', bits: 2048, extractable: false })
    const wish = { purpose: 'recovery', items: ['1'] }
    expect(await blockers(stage, laid, wish)).toEqual([
      'server: token-2 has a key with the id of item 1 already',
    ])
    await stage.token.destroy(shown.publicKey.handle)
    const { plan, advice } = await planFor(stage, laid, wish)
    expect(advice.blockers).toEqual([])
    expect(await walkTokens(stage, plan, walkOf(stage, laid))).toBe('recover-escrow-hsm-key: hsm-id-taken')
    expect(await stage.token.find()).toHaveLength(1)
  })

  it('never destroys another key that has the id since', async () => {
    const { plan } = await planFor(stage, laid, { purpose: 'recovery', items: ['1'] })
    const step = plan.steps.find(({ kind }) => kind === 'recover-escrow-hsm-key')
    if (step === undefined) throw new Error('no such step')
    await stage.token.generateRsa({ label: 'other', id: '0a01', bits: 2048, extractable: false })
    const ctx = contextFor(step, walkOf(stage, laid), { keys: 0 })
    expect(await handlerFor(stage, step.kind).check(ctx)).toMatchObject({ state: 'foreign' })
    await expect(handlerFor(stage, step.kind).undo?.(ctx)).rejects.toMatchObject({
      code: 'escrow-drill-key-other',
    })
    expect(await stage.token.find()).toHaveLength(2)
  })

  it('a recovery whose token is removed before the key stays leaves none', async () => {
    const { plan } = await planFor(stage, laid, { purpose: 'recovery' })
    let calls = 0
    const unwrap: HsmToken['unwrap'] = (...asked) => {
      calls += 1
      return calls === 2 ? refuse('hsm-token-gone')() : stage.token.unwrap(...asked)
    }
    const walk = walkOf(withCalls(stage, { unwrap }), laid)
    expect(await walkTokens(stage, plan, walk)).toBe('recover-escrow-hsm-key: hsm-token-gone')
    expect(await stage.token.find()).toEqual([])
  })
})
