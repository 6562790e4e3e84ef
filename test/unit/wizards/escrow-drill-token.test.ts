/** Keys of tokens out of a package, used on another token and gone again. SoftHSM is the token. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import { digestOf } from '../../../electron/engine/digest.ts'
import type { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { HsmToken } from '../../../electron/ports/hsm.ts'
import { escrowDrill } from '../../../electron/wizards/escrow-drill/index.ts'
import { passphraseItem } from '../../support/escrow-drill-package.ts'
import { aesTokenKey, rsaTokenKey, wrappedItem } from '../../support/escrow-package.ts'
import { named, zerosOf } from '../../support/token-keys.ts'
import {
  planFor,
  refuse,
  target,
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

describe('a drill on a token', () => {
  it('unwraps both keys for the session, shows what they do, and leaves nothing', async () => {
    const { plan, advice } = await planFor(stage, laid)
    expect(advice.blockers).toEqual([])
    expect(kinds(plan)).toEqual([
      'verify-escrow-package',
      'open-escrow-package',
      'try-escrow-hsm-key',
      'try-escrow-hsm-key',
    ])
    const walk = walkOf(stage, laid)
    expect(await walkTokens(stage, plan, walk)).toBe('went well')
    expect(await stage.token.find()).toEqual([])
    const lines = told(walk.earlier)
    expect(lines).toMatch(/Item 1: its signature over 64 random bytes fits the public key in the package/)
    expect(lines).toMatch(/Item 1: a random key of 32 bytes.*RSA-OAEP, SHA-1.*came out of the token the same/)
    expect(lines).toMatch(/Item 2: unwrapped on the token.*its check value is the one of the manifest/)
    expect(lines).toMatch(/Item 2: a new key of the session, wrapped and unwrapped with it/)
    expect(lines).toContain('in clear in the token alone')
    expect(walk.earlier.flatMap(({ data }) => data?.['usedItem'] ?? [])).toEqual([1, 2])
    expect(walk.earlier.findLast(({ data }) => data?.['headline'] !== undefined)?.data).toMatchObject({
      headline: `The drill of escrow package ${laid.made.id} used`,
      subject: 'Wrapping key',
      fact: 'unwrapping worked on the token',
    })
  })

  it('wipes what it lends to the token, whichever way the step ends', async () => {
    const { plan } = await planFor(stage, laid)
    const given: SecretBytes[] = []
    const importSecret: HsmToken['importSecret'] = (value, ...asked) => {
      given.push(value)
      return stage.token.importSecret(value, ...asked)
    }
    const walk = walkOf(withCalls(stage, { importSecret }), laid)
    expect(await walkTokens(stage, plan, walk)).toBe('went well')
    const refusing = walkOf(withCalls(stage, { importSecret, unwrap: refuse('hsm-unwrap-refused') }), laid)
    expect(await walkTokens(stage, plan, refusing)).toContain('escrow-drill-not-unwrapped')
    expect(given).toHaveLength(3)
    for (const secret of given) expect(() => secret.use(() => 0)).toThrow('secret-wiped')
  })

  it('takes a key that only signs for what it was for', async () => {
    const rsa = named(rsaTokenKey(), '0a07')
    const { hsm } = rsa.facts
    if (hsm === null) throw new Error('no key of a token')
    const attributes = { ...hsm.attributes, DECRYPT: false, UNWRAP: false }
    const signs = { ...rsa, facts: { ...rsa.facts, hsm: { ...hsm, attributes } } }
    const own = stage.putting([wrappedItem(signs, target(stage), zerosOf(rsa))])
    const { plan } = await planFor(stage, own, { items: ['1'] })
    expect(plan.steps.flatMap(({ scripts }) => scripts.map(displayScript)).join()).not.toContain('C_Decrypt')
    const walk = walkOf(withCalls(stage, { decrypt: refuse('hsm-decrypt-refused') }), own)
    expect(await walkTokens(stage, plan, walk)).toBe('went well')
    expect(told(walk.earlier)).toContain('it was for signing, which was tried')
  })

  it('is planned the same from the same facts, with every call, the PIN and the shares as holes', async () => {
    const [one, two] = [await planFor(stage, laid), await planFor(stage, laid)]
    expect(digestOf(one.plan)).toBe(digestOf(two.plan))
    expect(one.plan.targets.map(({ ref }) => `${ref.kind} ${ref.name}`)).toEqual(['hsm token-2'])
    expect(one.plan.secrets.map(({ hole, purpose }) => `${hole} ${purpose}`)).toEqual([
      'share_01 escrow.share',
      'share_02 escrow.share',
      'hsm_pin hsm.pin',
    ])
    const text = one.plan.steps.flatMap(({ scripts }) => scripts.map(displayScript)).join('\n')
    expect(text).toContain('C_Login CKU_USER «hsm_pin»')
    expect(text.match(/C_Login/g)).toHaveLength(1)
    expect(text).toContain('C_UnwrapKey CKM_AES_KEY_WRAP_PAD, the key in items/01.p7')
    expect(one.advice.warnings.map(({ what }) => what)).toContain('token-2 is for tests only')
  })

  it('takes a key that a token wrapped exactly as RFC 5649 says, too', async () => {
    // Of another length than whole blocks of 8: only there the two ways differ.
    let rsa = rsaTokenKey()
    while (zerosOf(rsa) === 0) rsa = rsaTokenKey()
    const { hsm } = rsa.facts
    if (hsm === null) throw new Error('no key of a token')
    const exact = { ...rsa, facts: { ...rsa.facts, hsm: { ...hsm, wrapVerdict: 'conformant' as const } } }
    const own = stage.putting([wrappedItem(exact, target(stage))])
    const { plan, advice } = await planFor(stage, own, { items: ['1'] })
    expect(advice.blockers).toEqual([])
    expect(await walkTokens(stage, plan, walkOf(stage, own))).toBe('went well')
  })

  it('opens here what is no key of a token, and nothing that is one', async () => {
    const rsa = named(rsaTokenKey(), '0a03')
    const own = stage.putting([
      passphraseItem('Passphrase-Of-The-Store-7'),
      wrappedItem(rsa, target(stage), zerosOf(rsa)),
    ])
    const { plan, advice } = await planFor(stage, own)
    expect(kinds(plan).slice(2)).toEqual(['open-escrow-item', 'try-escrow-hsm-key'])
    expect(advice.warnings.map(({ what }) => what)).toContain('Opened and compared only: Password: key files')
    const walk = walkOf(stage, own)
    expect(await walkTokens(stage, plan, walk)).toBe('went well')
    const hex = rsa.key.use((bytes) => bytes.subarray(30, 80).toString('base64'))
    expect(JSON.stringify([plan, walk.earlier])).not.toContain(hex.slice(0, 40))
  })
})

describe('what goes wrong', () => {
  it('the token is removed in the middle: nothing is there, and the same step goes well when it is back', async () => {
    const { plan } = await planFor(stage, laid)
    const walk = walkOf(withCalls(stage, { sign: refuse('hsm-token-gone') }), laid)
    expect(await walkTokens(stage, plan, walk)).toBe('try-escrow-hsm-key: hsm-token-gone')
    expect(await stage.token.find()).toEqual([])
    expect(await walkTokens(stage, plan, walkOf(stage, laid))).toBe('went well')
  })

  it('parts of two keys: the token opens one, and it is not the one of the manifest', async () => {
    const [one, other] = [named(rsaTokenKey(), '0a04'), named(rsaTokenKey(), '0a04')]
    const swapped = { ...one, facts: other.facts, spki: other.spki }
    const own = stage.putting([wrappedItem(swapped, target(stage), zerosOf(one))])
    const { plan } = await planFor(stage, own, { items: ['1'] })
    expect(await walkTokens(stage, plan, walkOf(stage, own))).toBe(
      'try-escrow-hsm-key: escrow-drill-key-other',
    )
    const recovery = await planFor(stage, own, { items: ['1'], purpose: 'recovery' })
    expect(await walkTokens(stage, recovery.plan, walkOf(stage, own))).toBe(
      'recover-escrow-hsm-key: escrow-drill-key-other',
    )
    expect(await stage.token.find()).toEqual([])
  })

  it('an AES key with another check value is not taken', async () => {
    const aes = named(aesTokenKey(), '0a05')
    const own = stage.putting([
      wrappedItem({ ...aes, facts: { ...aes.facts, kcv: 'dc95c1' } }, target(stage)),
    ])
    const { plan } = await planFor(stage, own, { items: ['1'] })
    expect(await walkTokens(stage, plan, walkOf(stage, own))).toBe(
      'try-escrow-hsm-key: escrow-drill-key-other',
    )
  })

  it.each([
    ['unwraps nothing', { unwrap: refuse('hsm-unwrap-refused') }, 'escrow-drill-not-unwrapped'],
    ['refuses to decrypt', { decrypt: refuse('hsm-decrypt-refused') }, 'hsm-decrypt-refused'],
    ['signs with another key', { sign: async () => new Uint8Array(256) }, 'step-not-verified'],
    ['says of nothing which key it is', null, 'escrow-drill-not-compared'],
    ['shows what was destroyed', { find: async () => stage.token.find({}) }, 'hsm-module-lies'],
  ] as const)('a token that %s', async (what, calls, code) => {
    const mute: Partial<HsmToken> = {
      unwrap: async (...asked) => ({ ...(await stage.token.unwrap(...asked)), spkiSha256: null }),
    }
    if (what === 'shows what was destroyed')
      await stage.token.generateRsa({ label: 'any', id: 'ff', bits: 2048, extractable: false })
    const { plan } = await planFor(stage, laid, { items: ['1'] })
    expect(await walkTokens(stage, plan, walkOf(withCalls(stage, calls ?? mute), laid))).toBe(
      `try-escrow-hsm-key: ${code}`,
    )
    expect((await stage.token.find()).filter(({ kept }) => kept === 'session')).toEqual([])
  })

  it('a module that wraps otherwise than when the plan was made', async () => {
    const { plan } = await planFor(stage, laid)
    const probe: HsmToken['probe'] = async () => ({ ...(await stage.token.probe()), firmware: '9.9' })
    expect(await walkTokens(stage, plan, walkOf(withCalls(stage, { probe }), laid))).toBe(
      'try-escrow-hsm-key: hsm-wrap-changed',
    )
  })

  it('a share of another group', async () => {
    const { plan } = await planFor(stage, laid)
    const [share = ''] = stage.group.shares
    expect(await walkTokens(stage, plan, walkOf(stage, laid, [share, share]))).toBe(
      'open-escrow-package: package-shares-few',
    )
  })
})

describe('what is blocked before a PIN is tried', () => {
  const exact = (): TokenStage['probe'] => ({
    ...stage.probe,
    use: { mechanism: 'CKM_AES_KEY_WRAP_KWP', verdict: 'exact' },
  })

  it('no probe; a token without key wrap; a token that reads RFC 5649 and a key that was filled up', async () => {
    expect(await blockers(stage, laid, {}, null)).toEqual([
      'null: What the key wrap of token-2 does is not known',
    ])
    expect(await blockers(stage, laid, {}, { ...stage.probe, use: null })).toEqual([
      'server: token-2 has no key wrap that can carry a key',
    ])
    expect(await blockers(stage, laid, {}, exact())).toEqual(['server: token-2 can’t unwrap item 1'])
  })

  it('a key that was wrapped in another way than RFC 5649', async () => {
    const rsa = rsaTokenKey()
    const { hsm } = rsa.facts
    if (hsm === null) throw new Error('no key of a token')
    const own = stage.putting([
      wrappedItem(
        { ...rsa, facts: { ...rsa.facts, hsm: { ...hsm, wrapVerdict: 'unknown' } } },
        target(stage),
      ),
    ])
    expect(await blockers(stage, own, { items: ['1'] })).toEqual(['server: token-2 can’t unwrap item 1'])
  })

  it('no key of a token among the items, and two of one id in a recovery', async () => {
    const own = stage.putting([passphraseItem('Passphrase-Of-The-Store-7')])
    expect(await blockers(stage, own, { items: ['1'] })).toEqual([
      'package: No chosen item is a key of a token',
    ])
    const [one, other] = [named(rsaTokenKey(), '0a06'), named(aesTokenKey(), '0a06')]
    const twins = stage.putting([
      wrappedItem(one, target(stage), zerosOf(one)),
      wrappedItem(other, target(stage)),
    ])
    expect(await blockers(stage, twins, { purpose: 'recovery' })).toEqual([
      'package: Items 1 and 2 have the same id',
    ])
    expect(await blockers(stage, twins)).toEqual([])
  })

  it('a locked PIN, one try left, a PIN pad; write protection only where a key stays', async () => {
    const with_ = async (change: object, answers = {}): Promise<string[]> => {
      const facts = { ...(await stage.token.facts()), ...change }
      return blockers(stage, laid, answers, stage.probe, { facts })
    }
    expect(await with_({ pin: 'locked' })).toEqual(['null: The PIN of token-2'])
    expect(await with_({ pin: 'last-try' })).toEqual(['null: The PIN of token-2'])
    expect(await with_({ pinPad: true })).toEqual(['server: The PIN of token-2'])
    expect(await with_({ writeProtected: true })).toEqual([])
    expect(await with_({ writeProtected: true }, { purpose: 'recovery' })).toEqual([
      'server: token-2 can’t be written',
    ])
  })

  it('no token, no PIN, and a server that is not asked for', () => {
    const job = escrowDrill(stage.means)
    const refused = (changes: object): string[] => {
      try {
        job.parse({
          purpose: 'drill',
          packageFolder: 'p',
          items: ['1'],
          share1: 'a',
          share2: 'b',
          ...changes,
        })
      } catch (thrown) {
        if (thrown instanceof KeyturnError) return (thrown.problem.fields ?? []).map(({ field }) => field)
      }
      return []
    }
    expect(refused({ putOn: 'token' })).toEqual(['hsm'])
    expect(refused({ putOn: 'token', hsm: 't-hsm', pinMode: 'typed' })).toEqual(['pin'])
    expect(refused({ putOn: 'token', hsm: 't-hsm' })).toEqual([])
    expect(refused({ putOn: 'server' })).toEqual(['drillTarget', 'masterKeyMode'])
  })
})

describe('what the record keeps', () => {
  it('says which keys were used, and calls only that failed which speaks against the package', async () => {
    const { plan } = await planFor(stage, laid)
    const walk = walkOf(stage, laid)
    await walkTokens(stage, plan, walk)
    const at = '2026-11-26T10:00:00.000Z'
    const ended = {
      plan,
      startedAt: at,
      endedAt: '2026-11-26T10:00:30.000Z',
      steps: plan.steps.map((_, index) => ({
        state: 'verified' as const,
        startedAt: at,
        endedAt: at,
        proofs: [],
        evidence: index === 0 ? walk.earlier : [],
      })),
    }
    const results = escrowDrill(stage.means).results
    const bodyOf = (
      code: 'escrow-drill-key-other' | 'escrow-drill-not-unwrapped' | 'hsm-token-gone' | null,
    ) => {
      const problem = code === null ? null : new KeyturnError(code).problem
      const lastFailure = problem === null ? null : { step: 's03', problem }
      return results?.({ ...ended, how: code === null ? 'verified' : 'left', lastFailure })[0]?.entry.body
    }
    expect(bodyOf(null)).toMatchObject({
      server: 'token-2',
      outcome: 'proven',
      items: [
        { number: 1, kind: 'hsm-key', level: 'restored' },
        { number: 2, kind: 'hsm-key', level: 'restored' },
      ],
    })
    expect(bodyOf('escrow-drill-key-other')).toMatchObject({ outcome: 'failed', layer: 'item' })
    expect(bodyOf('escrow-drill-not-unwrapped')).toMatchObject({ outcome: 'not-finished', layer: null })
    expect(bodyOf('hsm-token-gone')).toMatchObject({ outcome: 'not-finished', layer: null })
  })
})

it('a token that was opened for a plan is closed again', async () => {
  let closed = 0
  await planFor(stage, laid, {}, stage.probe, {
    close: async () => {
      closed += 1
    },
  })
  expect(closed).toBe(1)
})
