import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../electron/engine/digest.ts'
import type { HsmTokenFacts } from '../../../electron/ports/hsm.ts'
import type { Facts } from '../../../electron/wizards/hsm-key/facts-model.ts'
import { openKeysOf } from '../../../electron/wizards/hsm-key/open-keys.ts'
import { keyIdOf, planHsmKey } from '../../../electron/wizards/hsm-key/plan.ts'
import { formFacts } from '../../../electron/wizards/hsm-key/options.ts'
import { notChecked } from '../../../electron/wizards/hsm-key/not-checked.ts'
import { preview } from '../../../electron/wizards/hsm-key/preview.ts'
import { hsmKeyDraft, hsmKeyScreenProblems, type HsmKeyDraft } from '../../../shared/forms/hsm-key-draft.ts'
import type { KeptProbe } from '../../../shared/model/hsm.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import { asHandleId, asRunId, asTargetId } from '../../../shared/model/ids.ts'
import { displayScript, languageOfText } from '../../../shared/model/script.ts'

const runId = asRunId('abcdefghjkmn')
const version = 'ab'.repeat(16)
const kek = `t-vault ktr-kek ${version}`
const token: HsmTokenFacts = {
  label: 'HSM-1',
  serial: '1234',
  manufacturer: 'Maker',
  model: 'Model',
  hardware: '1',
  firmware: '7.4',
  initialised: true,
  pin: 'ok',
  officerPin: 'ok',
  loginRequired: true,
  pinPad: false,
  writeProtected: false,
  shortestPin: 4,
  longestPin: 64,
}
const exact: KeptProbe = {
  moduleSha256: 'a'.repeat(64),
  manufacturer: 'Maker',
  model: 'Model',
  firmware: '7.4',
  use: { mechanism: 'CKM_AES_KEY_WRAP_KWP', verdict: 'exact' },
  oaep: { sha1: true, sha256: true },
  at: '2026-11-25T08:00:00.000Z',
}
const padded: KeptProbe = { ...exact, use: { mechanism: 'CKM_AES_KEY_WRAP_PAD', verdict: 'zero-padded' } }
const at = '2026-11-26T08:00:00.000Z'
const old = { label: 'OLD', id: '01d1', words: 'RSA, 3072 bits', bits: 3072, spkiSha256: 'd'.repeat(64) }

const facts = (change: Partial<Facts> = {}): Facts => ({
  target: { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token-1', environment: 'production' },
  identity: { serial: '1234', manufacturer: 'Maker', model: 'Model' },
  readAt: at,
  token,
  abilities: [],
  probe: exact,
  moduleSha256: 'a'.repeat(64),
  shownKeys: { read: true, value: [old], source: 'token-1', at },
  vaults: new Map([
    [
      't-vault',
      {
        read: true,
        source: 'vault',
        at,
        value: {
          ref: { id: asTargetId('t-vault'), kind: 'keyvault', name: 'vault-1', environment: 'production' },
          identity: { host: 'contoso.vault.azure.net', tenantId: 'tenant', resourceId: null },
          keks: [
            {
              name: 'ktr-kek',
              version,
              kid: `https://contoso.vault.azure.net/keys/ktr-kek/${version}`,
              bits: 4096,
              spki: 'AAAA',
              sha256: 'c'.repeat(64),
              refusal: null,
            },
          ],
          keys: [{ name: 'protector', spkiSha256: old.spkiSha256 }],
        },
      },
    ],
  ]),
  keptPin: asHandleId('h-pin'),
  secrets: { 'h-pin': { generation: 3, label: 'PIN of token-1' } },
  placeLabel: '/home/j/keys',
  groups: [],
  packages: [],
  group: null,
  recipients: null,
  ...change,
})

const draft = (change: Partial<HsmKeyDraft> = {}): HsmKeyDraft => ({
  hsm: 't-hsm',
  pinMode: 'kept',
  pin: null,
  type: 'rsa-3072',
  label: 'SQLPROD-TDE-2026',
  replaces: '',
  destination: 'chosen',
  keks: [kek],
  group: null,
  recipientFolder: null,
  custodianFiles: [],
  recoveryFiles: [],
  place: 'p-keys',
  placeKind: 'folder',
  ...change,
})

const blockers = (change: Partial<Facts>, answers: Partial<HsmKeyDraft> = {}): string[] =>
  planHsmKey(draft(answers), facts(change), runId).advice.blockers.map(({ what }) => what)

describe('the plan of an HSM key', () => {
  it('is the same for the same draft, facts and run, and another for each of them', () => {
    const digest = (answers: Partial<HsmKeyDraft>, change: Partial<Facts> = {}, run = runId): string =>
      digestOf(planHsmKey(draft(answers), facts(change), run).plan)
    expect(digest({})).toBe(digest({}))
    const others = [
      digest({ type: 'rsa-2048' }),
      digest({ label: 'OTHER' }),
      digest({ destination: 'none' }),
      digest({}, { probe: padded }),
      digest({}, { moduleSha256: 'b'.repeat(64) }),
      digest({}, { secrets: { 'h-pin': { generation: 4, label: 'PIN of token-1' } } }),
      digest({}, {}, asRunId('nmkjhgfedcba')),
    ]
    expect(new Set([digest({}), ...others]).size).toBe(others.length + 1)
  })

  it('makes, wraps, locks, in this order; every call is shown, the PIN as a hole', () => {
    const { plan, advice } = planHsmKey(draft(), facts(), runId)
    expect(advice.blockers).toEqual([])
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['make-hsm-key', 'wrap-hsm-key', 'lock-hsm-key'])
    const texts = plan.steps.map(({ scripts }) => scripts.map(displayScript).join('\n'))
    expect(texts[0]).toContain('C_Login CKU_USER «hsm_pin»')
    expect(texts[0]).toContain('CKM_RSA_PKCS_KEY_PAIR_GEN, 3072 bits')
    expect(texts[0]).toContain('CKA_EXTRACTABLE true')
    expect(texts[1]).toContain('C_WrapKey CKM_AES_KEY_WRAP_KWP')
    expect(texts[1]).toContain('C_UnwrapKey')
    expect(texts[1]).toContain('C_DestroyObject ‹copy›, ‹temporary key›')
    expect(texts[2]).toBe(`C_SetAttributeValue key ${keyIdOf(runId)}, CKA_EXTRACTABLE false`)
    expect(texts.map(languageOfText)).toEqual(['pkcs11', 'pkcs11', 'pkcs11'])
    expect(plan.targets.map(({ ref }) => ref.kind)).toEqual(['hsm', 'keyvault'])
    expect(plan.secrets).toEqual([
      expect.objectContaining({ hole: 'hsm_pin', purpose: 'hsm.pin', handle: 'h-pin', generation: 3 }),
    ])
    expect(plan.steps[0]?.undo).toMatchObject({ can: 'until', beforeStep: 3, final: true })
  })

  it('without destinations it has one step, and the key is born locked', () => {
    const { plan, advice } = planHsmKey(draft({ destination: 'none' }), facts({ probe: null }), runId)
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['make-hsm-key'])
    expect(plan.steps.map(({ scripts }) => scripts.map(displayScript).join())[0]).toContain(
      'CKA_EXTRACTABLE false',
    )
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContain('SQLPROD-TDE-2026 can never leave token-1')
  })

  it('keeps the id of the run in the key, as text in hex', () => {
    expect(Buffer.from(keyIdOf(runId), 'hex').toString()).toBe(runId)
  })

  it.each([
    ['no probe', { probe: null }, 'What the key wrap of token-1 does is not known'],
    ['a key wrap against RFC 5649', { probe: padded }, 'The key wrap of token-1 is not that of RFC 5649'],
    ['no key wrap', { probe: { ...exact, use: null } }, 'token-1 has no key wrap that can carry a key'],
    [
      'no OAEP with SHA-1',
      { probe: { ...exact, oaep: { sha1: false, sha256: true } } },
      'token-1 does no RSA-OAEP with SHA-1',
    ],
    ['no PIN', { keptPin: null }, 'No PIN for token-1'],
    ['a locked PIN', { token: { ...token, pin: 'locked' } }, 'The PIN of token-1'],
    ['one try left', { token: { ...token, pin: 'last-try' } }, 'The PIN of token-1'],
    ['a PIN pad', { token: { ...token, pinPad: true } }, 'The PIN of token-1'],
    ['a write-protected token', { token: { ...token, writeProtected: true } }, 'token-1 can’t be written'],
    ['a vault that was not read', { vaults: new Map() }, 'The vault of ktr-kek was not read'],
  ] as const)('is blocked by %s', (_what, change, blocker) => {
    expect(blockers(change as Partial<Facts>)).toContain(blocker)
  })

  const withSecond = (host: string) => {
    const one = facts()
    const first = one.vaults.get('t-vault')
    if (first?.read !== true) throw new Error('the facts have a vault')
    const ref = { ...first.value.ref, id: asTargetId('t-other'), name: 'vault-2' }
    const second = { ...first, value: { ...first.value, ref, identity: { ...first.value.identity, host } } }
    const vaults = new Map([...one.vaults, ['t-other', second] as const])
    return planHsmKey(draft({ keks: [kek, `t-other ktr-kek ${version}`] }), facts({ vaults }), runId)
  }

  it('two vaults whose hosts begin alike get files of different names', () => {
    const { plan, advice } = withSecond('contoso.managedhsm.azure.net')
    expect(advice.blockers).toEqual([])
    const files = plan.steps.flatMap(({ params }) =>
      params !== null && typeof params === 'object' && 'file' in params ? [params.file] : [],
    )
    expect(files).toEqual([
      'SQLPROD-TDE-2026-contoso.vault.azure.net-abcdefgh.byok',
      'SQLPROD-TDE-2026-contoso.managedhsm.azure.net-abcdefgh.byok',
    ])
  })

  it('one vault by two connections is refused before anything is made', () => {
    const { advice } = withSecond('contoso.vault.azure.net')
    expect(advice.blockers).toEqual([
      {
        what: 'contoso.vault.azure.net is chosen twice, by two connections',
        measured: 'ktr-kek by vault-1, ktr-kek by vault-2',
        limit: 'one transfer file for one vault',
        screen: 'destinations',
      },
    ])
  })

  it('a rehearsal may wrap against RFC 5649, and says so in the file’s name', () => {
    const rehearsal = facts({ probe: padded })
    const { plan, advice } = planHsmKey(
      draft(),
      { ...rehearsal, target: { ...rehearsal.target, environment: 'rehearsal' } },
      runId,
    )
    expect(advice.blockers).toEqual([])
    expect(plan.steps[1]?.after).toContain('TEST-ONLY-SQLPROD-TDE-2026-contoso-abcdefgh.byok')
    expect(advice.warnings.map(({ what }) => what)).toContain('The transfer files are for tests only')
  })

  it('names a label that is there already, and that nothing is escrow', () => {
    const { advice } = planHsmKey(draft({ label: 'OLD' }), facts(), runId)
    const said = advice.warnings.map(({ what }) => what)
    expect(said).toContain('token-1 has a key named OLD already')
    expect(said).toContain('Nobody can bring OLD back if the token and the vaults are lost')
  })

  it('is shown as far as the answers go', () => {
    const { statements, refused } = preview({}, null)
    expect(refused).toBeNull()
    expect(statements[0]?.text).toContain('CKA_LABEL "‹name›"')
  })
})

describe('a key that replaces another one', () => {
  const rotation = { replaces: old.id }

  it('is made and locked, and the old one is read, last, as one that stays', () => {
    const { plan, advice } = planHsmKey(draft(rotation), facts(), runId)
    expect(advice.blockers).toEqual([])
    expect(plan.title).toBe('Key SQLPROD-TDE-2026 on token-1, to replace OLD')
    expect(plan.steps.at(-1)).toMatchObject({
      kind: 'keep-hsm-key',
      params: { keyId: old.id, spkiSha256: old.spkiSha256 },
      undo: { can: false },
    })
    expect(JSON.stringify(plan.steps)).not.toContain('C_DestroyObject all keys with CKA_ID 01d1')
    expect(plan.relied).toContainEqual({
      target: 'token-1',
      fact: 'Public key of OLD',
      value: `01d1, SHA-256 ${old.spkiSha256}`,
    })
  })

  it('is warned of what the old one has and it would not', () => {
    const packages = [
      { id: 'ep-aaaaaaaaaaaa', replacedBy: null, items: [{ spkiSha256: old.spkiSha256 }] },
      { id: 'ep-bbbbbbbbbbbb', replacedBy: 'ep-aaaaaaaaaaaa', items: [{ spkiSha256: old.spkiSha256 }] },
      { id: 'ep-cccccccccccc', replacedBy: null, items: [{ spkiSha256: 'e'.repeat(64) }] },
    ] as unknown as Facts['packages']
    const said = (answers: Partial<HsmKeyDraft>): string =>
      planHsmKey(draft({ ...rotation, ...answers }), facts({ packages }), runId)
        .advice.warnings.map(({ what, why }) => `${what}: ${why}`)
        .join('\n')
    const less = said({ destination: 'none', type: 'rsa-2048' })
    expect(less).toContain('contoso.vault.azure.net has OLD as protector, and gets no transfer file')
    expect(less).toContain('is smaller than OLD: 2,048 bits after 3,072')
    expect(less).toContain(
      'OLD is in escrow, SQLPROD-TDE-2026 would not be: By the list of packages: ep-aaaaaaaaaaaa',
    )
    expect(less).not.toContain('ep-bbb')
    expect(said({})).not.toMatch(/gets no transfer file|is smaller/)
  })

  it.each([
    ['gone', []],
    ['twice there', [old, { ...old, label: 'OTHER' }]],
  ])('is refused where that one is %s', (_, value) => {
    const shownKeys = { read: true, value, source: 'token-1', at } as const
    expect(blockers({ shownKeys }, rotation)).toEqual(['The key that is to be replaced'])
    expect(blockers({ shownKeys })).toEqual([])
  })

  it('can be chosen among keys that their ids tell apart', () => {
    const value = [old, { ...old, id: '' }, { ...old, id: 'aa' }, { ...old, id: 'aa' }]
    const shownKeys = { read: true, value, source: 'token-1', at } as const
    const { options } = formFacts('key', {}, facts({ shownKeys }), [], at)
    expect(options['tokenKeys']?.map(({ usable }) => usable)).toEqual([true, false, false, false])
  })
})

describe('what a run of an HSM key leaves unchecked', () => {
  it.each([
    ['nothing', ['make-hsm-key'], [false, false, false]],
    ['a vault alone', ['make-hsm-key', 'wrap-hsm-key', 'lock-hsm-key'], [true, false, true]],
    ['escrow alone', ['make-hsm-key', 'escrow-hsm-key', 'lock-hsm-key'], [false, true, true]],
    ['both', ['wrap-hsm-key', 'escrow-hsm-key'], [true, true, true]],
  ])('wrapped for %s', (_, kinds, wanted) => {
    const said = notChecked({ steps: kinds.map((kind) => ({ kind })) } as unknown as Plan).join(' ')
    expect(
      [/vaults take the transfer files/, /package opens with shares/, /somebody with the PIN wrapped/].map(
        (one) => one.test(said),
      ),
    ).toEqual(wanted)
  })
})

describe('screens of an HSM key', () => {
  it('say what is missing where no token is connected', () => {
    const { checks } = formFacts('key', {}, null, [], at)
    expect(checks.map(({ name, state, detail }) => `${name} ${state} ${detail}`).join()).toContain('softhsm2')
  })

  it('offer the keys that wrap imports, with why one can’t be used', () => {
    const one = facts()
    const { options, suggested } = formFacts('destinations', {}, one, [], at)
    expect(options['keks']).toEqual([expect.objectContaining({ value: kek, usable: true })])
    expect(suggested['pinMode']?.value).toBe('kept')
    expect(formFacts('key', {}, facts({ keptPin: null }), [], at).suggested['pinMode']?.value).toBe('typed')
  })

  it('name the connection of a vault that could not be read', () => {
    const vaults = new Map([
      ['t-vault', { read: false, because: 'not read: x', source: 't-vault', at } as const],
    ])
    const names = new Map([['t-vault', 'ktr-vault']])
    const { checks } = formFacts('destinations', {}, facts({ vaults }), [], at, names)
    expect(checks.map(({ detail }) => detail)).toContain('ktr-vault, keys: not read: x')
  })
})

describe('answers of an HSM key', () => {
  it('are taken as they are filled in', () => {
    expect(hsmKeyDraft.parse({ ...draft() })).toEqual(draft())
  })

  it.each([
    ['key', { label: '' }, 'label'],
    ['key', { label: 'a b' }, 'label'],
    ['key', { label: 'x\u0000' }, 'label'],
    ['key', { type: 'dsa' }, 'type'],
    ['key', { hsm: '' }, 'hsm'],
    ['key', { pinMode: 'typed' }, 'pin'],
    ['destinations', { destination: 'maybe' }, 'destination'],
    ['destinations', { keks: ['t-vault ../x y'] }, 'keks'],
    ['destinations', { type: 'ec-p256' }, 'keks'],
    ['destinations', { keks: [kek, `t-vault other ${version}`] }, 'keks'],
    ['recipients', { keks: [] }, 'group'],
    ['recipients', { type: 'ec-p256', group: 'sg-aaaaaaaaaaaa' }, 'group'],
    ['recipients', { custodianFiles: ['a.cer'] }, 'custodianFiles'],
    ['recipients', { group: 'sg-aaaaaaaaaaaa', custodianFiles: ['../a.cer'] }, 'custodianFiles'],
    ['place', { place: null }, 'place'],
    ['place', { placeKind: 'cloud' }, 'placeKind'],
  ] as const)('%s with %j needs another %s', (screen, change, field) => {
    const problems = hsmKeyScreenProblems(screen, { ...draft(), ...change } as never)
    expect(problems.map((one) => one.field)).toContain(field)
  })
})

describe('keys that a run left open', () => {
  const { plan } = planHsmKey(draft(), facts(), runId)
  const kept = (effects: readonly string[], states: readonly string[], endedAt: string | null = null) => ({
    run: { id: runId, job: 'hsm-key', plan, endedAt },
    steps: effects.map((effect, index) => ({ effect, state: states[index] as 'waiting' })),
  })
  const open = { run: runId, label: 'SQLPROD-TDE-2026', token: 'token-1' }

  it('are those that were made and not locked, whether the run goes on or not', () => {
    expect(openKeysOf([kept(['ours', 'open', 'none'], ['verified', 'failed', 'waiting'])])).toEqual([
      { ...open, decided: false },
    ])
    expect(openKeysOf([kept(['open', 'none', 'none'], ['applying', 'waiting', 'waiting'], at)])).toEqual([
      { ...open, decided: true },
    ])
  })

  it('are none where nothing was made, it was undone, or it was locked', () => {
    expect(openKeysOf([kept(['none', 'none', 'none'], ['failed', 'waiting', 'waiting'])])).toEqual([])
    expect(openKeysOf([kept(['undone', 'undone', 'none'], ['undone', 'undone', 'not-reached'], at)])).toEqual(
      [],
    )
    expect(openKeysOf([kept(['ours', 'ours', 'ours'], ['verified', 'verified', 'verified'], at)])).toEqual([])
  })

  it('are none where the key was born locked', () => {
    const locked = planHsmKey(draft({ destination: 'none' }), facts(), runId).plan
    const run = { ...kept(['ours'], ['verified']).run, plan: locked }
    expect(openKeysOf([{ run, steps: [{ effect: 'ours', state: 'verified' }] }])).toEqual([])
  })
})
