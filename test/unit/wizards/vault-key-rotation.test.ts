import { describe, expect, it } from 'vitest'
import {
  vaultKeyRotationDraft,
  vaultKeyRotationScreenProblems,
} from '../../../shared/forms/vault-key-rotation-draft.ts'
import { connectorHasVersions } from '../../../shared/model/ekm.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { keyPlaceOf, samePlace } from '../../../electron/wizards/azure/key-uri.ts'
import { durationOf, nextOf, policyText } from '../../../electron/wizards/azure/rotation-policy.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { needLines, neededByText } from '../../../electron/wizards/sqlserver/key-needs.ts'
import type { Facts } from '../../../electron/wizards/vault-key-rotation/facts-model.ts'
import { planVaultKeyRotation } from '../../../electron/wizards/vault-key-rotation/plan.ts'
import { preview } from '../../../electron/wizards/vault-key-rotation/preview.ts'
import { fakeKey } from '../../support/azure-fake.ts'
import { database, read, runId, unread } from './samples.ts'
import {
  answeringReplica,
  ekmFacts,
  host,
  keyInVault,
  newVersion,
  oldThumbprint,
  oldVersion,
  providerKey,
  rotationDraft,
  rotationFacts,
  silentReplica,
} from './vault-key-rotation-samples.ts'

const planned = (draft = rotationDraft(), facts: Facts = rotationFacts()) =>
  planVaultKeyRotation(draft, facts, runId)
const blocked = (draft = rotationDraft(), facts: Facts = rotationFacts()): string[] =>
  planned(draft, facts).advice.blockers.map(({ what }) => what)
const withAzure = (changes: Partial<NonNullable<Facts['azure']>>): Facts => {
  const facts = rotationFacts()
  if (facts.azure === null) throw new Error('no azure')
  return { ...facts, azure: { ...facts.azure, ...changes } }
}

describe('answers', () => {
  it('that fit are taken', () => {
    expect(vaultKeyRotationDraft.safeParse(rotationDraft()).success).toBe(true)
  })

  it.each([
    ['databases', { databases: [] }],
    ['databases', { databases: ['Sales', 'Sales'] }],
    ['databases', { databases: Array.from({ length: 201 }, (_none, index) => `d${index}`) }],
    ['vault', { vault: `https://${host}` }],
    ['vault', { vault: 'sql.example.com' }],
    ['vaultKey', { vaultKey: 'a-name-of-27-characters-xyz' }],
    ['vaultKey', { vaultKey: `ktr-tde/${newVersion}` }],
    ['otherKey', { to: 'other-key', otherKey: 'KTR-TDE' }],
    ['otherKey', { to: 'other-key', otherKey: '' }],
    ['to', { to: 'oldest' }],
    ['keyBackup', { keyBackup: null }],
    ['keyName', { keyName: '' }],
    ['keyName', { keyName: 'a\nb' }],
    ['keyLogin', { keyLogin: '##x' }],
    ['credentialName', { credentialName: '#x' }],
    ['application', { application: '44444444444444448444444444444444' }],
    ['applicationSecret', { applicationSecret: null }],
    ['backupFolder', { backupFolder: '' }],
  ])('%s: %j names the field', (field, changes) => {
    const read = vaultKeyRotationDraft.safeParse({ ...rotationDraft(), ...changes })
    expect(read.success).toBe(false)
    expect(read.error?.issues.map(({ path }) => String(path[0]))).toEqual([field])
  })

  it('a screen names only its own fields', () => {
    expect(vaultKeyRotationScreenProblems('databases', {}).map(({ field }) => field)).toEqual([
      'target',
      'databases',
    ])
  })
})

describe('the rotation policy of a vault', () => {
  it.each([
    ['P2Y', { months: 24, days: 0 }],
    ['P1Y6M10D', { months: 18, days: 10 }],
    ['P2W', { months: 0, days: 14 }],
    ['P', null],
    ['PT1H', null],
    ['x', null],
  ])('%s is read', (text, length) => expect(durationOf(text)).toEqual(length))

  it('says when its next action is due, also at the end of a month', () => {
    const made = { created: '2026-08-31T10:00:00.000Z', expires: '2027-03-31T00:00:00.000Z' }
    const rotate = { act: 'rotate', afterCreation: 'P6M', beforeExpiry: null } as const
    const notify = { act: 'notify', afterCreation: null, beforeExpiry: 'P30D' } as const
    expect(nextOf(rotate, made)).toBe('2027-02-28T10:00:00.000Z')
    expect(nextOf(notify, made)).toBe('2027-03-01T00:00:00.000Z')
    expect(nextOf(notify, { ...made, expires: null })).toBeNull()
    expect(policyText({ expiresIn: 'P1Y', actions: [rotate] }, made)).toBe(
      'a new version is made P6M after a version was made, for the newest version on 2027-02-28 (UTC); new versions live P1Y',
    )
    expect(policyText(null, made)).toContain('none')
  })

  it('that makes versions by itself is warned of; that the key may be imported as well', () => {
    const policy = read({
      expiresIn: 'P1Y',
      actions: [{ act: 'rotate', afterCreation: 'P6M', beforeExpiry: null }] as const,
    })
    const facts = withAzure({ old: read(keyInVault({ policy })) })
    const warnings = (origin: 'vault' | 'imported'): string[] =>
      planned(rotationDraft({ origin, uncovered: true }), facts).advice.warnings.map(({ what }) => what)
    expect(warnings('vault')).toContain('The vault makes new versions of ktr-tde by itself')
    expect(warnings('vault').filter((what) => what.includes('imported'))).toEqual([])
    expect(warnings('imported')).toContain(
      'If ktr-tde was imported, its policy makes material that no copy outside of the vault covers',
    )
  })
})

describe('places of keys', () => {
  it('are read from what the connector notes', () => {
    expect(keyPlaceOf(`https://${host}:443/keys/ktr-tde/${oldVersion}`)).toEqual({
      host,
      key: 'ktr-tde',
      version: oldVersion,
    })
    expect(keyPlaceOf(`https://${host}/keys/ktr-tde`)?.version).toBeNull()
    for (const text of ['', 'x', `https://${host}/secrets/a/b`, `https://${host}/keys/`]) {
      expect(keyPlaceOf(text)).toBeNull()
    }
    const place = { host, key: 'ktr-tde', version: oldVersion }
    expect(samePlace(place, { ...place, key: 'KTR-TDE' })).toBe(true)
    expect(samePlace(place, { ...place, version: newVersion })).toBe(false)
  })

  it('a connector of before November 2020 takes no version', () => {
    expect(['15.0.2000.440', '15.0.2100.1', '16.0.0.0'].map(connectorHasVersions)).toEqual([true, true, true])
    expect(['15.0.2000.367', '15.0.300.96', '13.0.811.168'].map(connectorHasVersions)).toEqual([
      false,
      false,
      false,
    ])
  })
})

describe('still needed by', () => {
  const whose = { thumbprint: oldThumbprint, databases: ['Sales'] }

  it('says 0 only where it was counted, and why where it was not read', () => {
    const { needs } = rotationFacts()
    const lines = needLines({ ...needs, logs: unread('no right') }, whose)
    expect(lines.map(({ found }) => found)).toEqual([
      '2: Payroll, Sales',
      'no right',
      '0 backups on record',
      '3 of Sales (2026-11-22 to 2026-11-22). msdb does not say which of them',
    ])
    expect(neededByText(lines)).toBe('the keys of Payroll, Sales; backups of Sales')
    expect(neededByText(needLines(needs, { thumbprint: 'B'.repeat(40), databases: [] }))).toBeNull()
  })

  it('of many names a sentence has twelve and counts the rest', () => {
    const databases = read(
      Array.from({ length: 30 }, (_none, index) => ({
        name: `d${index}`,
        state: 'ONLINE',
        encrypted: true,
        key: { state: 3, thumbprint: oldThumbprint, encryptorType: 'ASYMMETRIC KEY', opened: null },
      })),
    )
    expect(neededByText(needLines({ ...rotationFacts().needs, databases }, whose))).toMatch(/d11 and 18 more/)
  })

  it('what was not read is in the warning', () => {
    const facts = rotationFacts()
    const { advice } = planned(rotationDraft(), {
      ...facts,
      needs: { ...facts.needs, logs: unread('0 rows, for lack of a right') },
    })
    expect(advice.warnings[0]?.what).toContain('not read: logs that hold records under it')
  })
})

describe('the plan', () => {
  it('is the same for the same facts, and blocks nothing that is in order', () => {
    expect(blocked()).toEqual([])
    expect(JSON.stringify(planned())).toBe(JSON.stringify(planned()))
  })

  it('splits many databases into steps of fifty, each with its own statement', () => {
    const names = Array.from({ length: 120 }, (_none, index) => `d${index}`)
    const facts = rotationFacts()
    const [key] = facts.keys.read ? facts.keys.value : []
    const [under] = facts.ekm.databases.read ? facts.ekm.databases.value : []
    if (key === undefined || under === undefined) throw new Error('no key')
    const { plan, advice } = planned(rotationDraft({ databases: names }), {
      ...facts,
      databases: read(names.map((name) => database({ name }))),
      keys: read(names.map((name) => ({ ...key, database: name }))),
      ekm: ekmFacts({ databases: read(names.map((name) => ({ ...under, name }))) }),
    })
    expect(advice.blockers).toEqual([])
    const steps = plan.steps.filter(({ kind }) => kind === 'change-protectors')
    expect(steps.map(({ scripts }) => scripts.length)).toEqual([50, 50, 20])
    expect(steps[2]?.title).toBe('Put the keys of 20 databases under tde_new (101 to 120 of 120)')
  })

  it('pinned: the statement names the version that is there; the secret stands in it as a hole of the subscription', () => {
    const { plan } = planned(rotationDraft({ to: 'newest', reference: 'pinned' }))
    const texts = plan.steps.flatMap(({ scripts }) => scripts.map(displayScript))
    expect(texts.join('\n')).toContain(`PROVIDER_KEY_NAME = N'ktr-tde/${newVersion}'`)
    expect(texts.join('\n')).toContain('«ekm_client_secret»')
    expect(new Set(plan.secrets.map(({ target }) => target.kind))).toEqual(new Set(['azure']))
  })

  it('no statement drops, disables or changes what is old', () => {
    const { plan } = planned()
    const texts = plan.steps.flatMap(({ scripts }) => scripts.map(displayScript))
    expect(texts.filter((text) => text.includes('tde_old'))).toEqual([])
    expect(
      texts.filter((text) => /\bDROP (ASYMMETRIC|LOGIN)|REMOVE PROVIDER|PATCH |"enabled"/.test(text)),
    ).toEqual([])
  })

  it('a login that has a credential for this vault creates the key with it', () => {
    const facts = rotationFacts()
    const ekm = ekmFacts({
      credentials: read([
        {
          name: 'setup',
          identity: 'ktr-there',
          provider: 'AKV',
          created: null,
          changed: null,
          logins: [{ login: facts.principal, type: 'S', disabled: false }],
          inUse: true,
        },
      ]),
    })
    const kinds = planned(rotationDraft(), { ...facts, ekm }).plan.steps.map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'map-credential')).toHaveLength(1)
    expect(kinds).not.toContain('unmap-credential')
  })

  it('with a replica that answers, its chain stands before the first database, and it is asked again', () => {
    const { plan, advice } = planned(rotationDraft(), { ...rotationFacts(), ...answeringReplica(ekmFacts()) })
    expect(advice.blockers).toEqual([])
    const at = (kind: string, name: string): number =>
      plan.steps.findIndex((step) => step.kind === kind && step.target.name === name)
    expect(at('create-asymmetric-key', 'SQL-02')).toBeGreaterThan(0)
    const change = plan.steps.find(({ kind }) => kind === 'change-protectors')
    expect(at('compare-key-place', 'SQL-02')).toBeLessThan(
      plan.steps.findIndex(({ kind }) => kind === 'change-protectors'),
    )
    expect(change?.params).toMatchObject({ replicas: ['t-replica2'] })
    expect(at('watch-replica', 'SQL-02')).toBeGreaterThan(0)
  })
})

describe('the runbook', () => {
  it('has the statements of the plan, what is done in the vault as remarks, and the secret as a variable', () => {
    const { plan } = planned()
    const text = runbookSql(plan, 'digest')
    expect(text).toContain('ENCRYPTION BY SERVER ASYMMETRIC KEY [tde_new];')
    expect(text).toContain('$(EKM_CLIENT_SECRET)')
    expect(text).toMatch(/^-- .*Make a new version of key ktr-tde/m)
    expect(text).not.toMatch(/^POST https/m)
    expect(text).toMatch(/d\.name IN \(N'Sales'\)/)
  })
})

describe('what blocks', () => {
  it('an imported key, or one of which it is not known, until the person says so in words', () => {
    const [what] = blocked(rotationDraft({ origin: 'imported' }))
    expect(what).toBe('No copy outside of the vault would cover the new version')
    expect(blocked(rotationDraft({ origin: 'unknown' }))).toHaveLength(1)
    expect(blocked(rotationDraft({ origin: 'imported', uncovered: true }))).toEqual([])
    expect(blocked(rotationDraft({ origin: 'imported', to: 'newest' }))).toEqual([])
  })

  it('databases that hang on another vault key than the one that was chosen', () => {
    expect(
      blocked(rotationDraft({ vaultKey: 'other' }), withAzure({ old: read(keyInVault({ name: 'other' })) })),
    ).toEqual([`Sales hangs on another vault key than other of ${host}`])
  })

  it('a place that was not read does not: the person’s word counts, and the review says that it was not read', () => {
    const facts = {
      ...rotationFacts(),
      ekm: ekmFacts({ keys: read([providerKey({ place: unread('no right') })]) }),
    }
    const { advice } = planned(rotationDraft(), facts)
    expect(advice.blockers).toEqual([])
    expect(advice.notes).toContainEqual(
      expect.objectContaining({ statement: 'Sales hangs on tde_old', value: 'no right' }),
    )
  })

  it('a key under a certificate, and a thumbprint that no key of master has', () => {
    const facts = rotationFacts()
    const keys = facts.keys.read ? facts.keys.value : []
    const under = (type: string): Facts => ({
      ...facts,
      keys: read(keys.map((key) => ({ ...key, encryptorType: type }))),
    })
    expect(blocked(rotationDraft(), under('CERTIFICATE'))).toEqual([
      'Sales can’t be put under another vault key',
    ])
    expect(blocked(rotationDraft(), { ...facts, ekm: ekmFacts({ keys: read([]) }) })[0]).toBe(
      'Sales can’t be put under another vault key',
    )
  })

  it('a name that is taken, a provider that is disabled, and a credential for another vault', () => {
    const taken = ekmFacts({
      keys: read([providerKey(), providerKey({ name: 'TDE_NEW', thumbprint: 'B'.repeat(40) })]),
    })
    expect(blocked(rotationDraft(), { ...rotationFacts(), ekm: taken })).toEqual([
      'SQLPROD-01 has an asymmetric key TDE_NEW',
    ])
    const facts = rotationFacts()
    const providers = facts.ekm.providers.read ? facts.ekm.providers.value : []
    const off = ekmFacts({ providers: read(providers.map((one) => ({ ...one, enabled: false }))) })
    expect(blocked(rotationDraft(), { ...facts, ekm: off })).toEqual([
      'SQLPROD-01 has no usable provider AKV',
    ])
    const elsewhere = ekmFacts({
      credentials: read([
        {
          name: 'setup',
          identity: 'another-vault',
          provider: 'AKV',
          created: null,
          changed: null,
          logins: [{ login: facts.principal, type: 'S', disabled: false }],
          inUse: true,
        },
      ]),
    })
    expect(blocked(rotationDraft(), { ...facts, ekm: elsewhere })).toEqual([
      `${facts.principal} holds another vault’s credential on SQLPROD-01`,
    ])
  })

  it('a key that the connector can’t use, a vault that is not there, an application that may not sign in', () => {
    const large = fakeKey({ name: 'ktr-tde', version: newVersion, bits: 4096 })
    expect(blocked(rotationDraft(), withAzure({ old: read(keyInVault({ present: large })) }))).toEqual([
      'SQL Server’s connector can’t use key ktr-tde',
    ])
    expect(blocked(rotationDraft(), withAzure({ chosen: null }))).toEqual([
      `There is no vault ${host} in this subscription`,
    ])
    expect(blocked(rotationDraft(), withAzure({ application: read(null) }))).toEqual([
      'The application is not in this tenant',
    ])
  })

  it('a version in a statement where the connector takes none', () => {
    const facts = rotationFacts()
    const providers = facts.ekm.providers.read ? facts.ekm.providers.value : []
    const old = ekmFacts({ providers: read(providers.map((one) => ({ ...one, version: '15.0.300.96' }))) })
    expect(blocked(rotationDraft({ to: 'newest', reference: 'pinned' }), { ...facts, ekm: old })).toEqual([
      'The connector of SQLPROD-01 takes no key by its version',
    ])
  })

  it('a replica without a connection: always for a version that the run makes, else until the person’s word', () => {
    const facts = { ...rotationFacts(), replicasAsked: [silentReplica] }
    expect(blocked(rotationDraft({ replicasConfirmed: true }), facts)).toEqual([
      'SQL-02 can’t have a key of a version that this run makes',
    ])
    expect(blocked(rotationDraft({ to: 'newest' }), facts)).toEqual([
      'Whether SQL-02 has an asymmetric key of this version is not known',
    ])
    const { advice } = planned(rotationDraft({ to: 'newest', replicasConfirmed: true }), facts)
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContain('SQL-02 has the new key by your word only')
  })
})

describe('the script beside the form', () => {
  it('is empty until a vault is chosen, then shows calls and statements with blanks', () => {
    expect(preview({}, null)).toEqual({ statements: [], refused: null })
    const early = preview({ vault: host, vaultKey: 'ktr-tde', to: 'new-version' }, null)
    expect(early.refused).toBeNull()
    expect(early.statements.length).toBeGreaterThan(5)
    const shown = preview({ vault: host, vaultKey: 'ktr-tde', to: 'new-version' }, rotationFacts())
    expect(shown.refused).toBeNull()
    expect(shown.statements.map(({ text }) => text).join('\n')).toContain(
      'CREATE ASYMMETRIC KEY [‹asymmetric key›]',
    )
  })
})
