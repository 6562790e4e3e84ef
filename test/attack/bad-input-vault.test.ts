/** Every field of the Vault job with what does not belong there, by the door of the window; nothing of it reaches Azure. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId, type TargetId } from '../../shared/model/ids.ts'
import type { AskedPurpose } from '../../shared/model/secrets.ts'
import { saveDraft, pickFolder } from '../support/encrypted-backup-answers.ts'
import { targetNamed } from '../support/job-answers.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { azureRefOf, vaultAnswers, vaultEndState } from '../support/vault-answers.ts'

let house: TestRehearsal
let good: Answers
let untouched: string[]

beforeAll(async () => {
  house = await openRehearsal()
  good = await vaultAnswers(house.ask, await pickFolder(house.ask, 'escrow'))
  untouched = await vaultEndState(house.program, house.ask, null)
})
afterAll(() => house?.end())

const rows: [string, Answers][] = [
  ['azure', { azure: 'X; --' }],
  ['service', { service: 'steal' }],
  ['vault', { service: 'vault', vault: '../x' }],
  ['managedHsm', { service: 'managed-hsm', managedHsm: '' }],
  ['newGroup', { groupMode: 'create', newGroup: 'a/b' }],
  ['group', { groupMode: 'use', group: '' }],
  ['region', { region: 'westeurope/..' }],
  ['vaultName', { vaultName: 'https://kv' }],
  ['vaultName', { vaultName: 'kv.vault.azure.net' }],
  ['tier', { tier: 'gold' }],
  ['retentionDays', { retentionDays: 91 }],
  ['rights', { rights: 'everybody' }],
  ['network', { network: 'as-is' }],
  ['networkRules', { network: 'chosen', networkRules: '0.0.0.0/0\nDROP' }],
  ['log', { log: 'mail' }],
  ['logDestination', { log: 'storage', logDestination: 'https://x' }],
  ['applicationName', { applicationName: 'a"b' }],
  ['applicationName', { applicationName: 'a\0b' }],
  ['application', { applicationMode: 'use', application: "x' OR 1=1" }],
  ['secretMonths', { secretMonths: 0 }],
  ['secretMonths', { secretMonths: 1.5 }],
  ['keyName', { keyName: 'a-name-of-27-characters-xyz' }],
  ['keyName', { keyName: 'key/0123' }],
  ['keyType', { keyType: 'EC' }],
  ['keyBits', { keyBits: '4096' }],
  ['keyExpiry', { keyExpiry: '2040-01-01' }],
  ['key', { keyMode: 'use', key: 'x'.repeat(27) }],
  ['importFolder', { keyMode: 'import', importFolder: '/etc' }],
  ['importFile', { keyMode: 'import', importFolder: 'p-aaaaaaaaaaaa', importFile: '../../x.pfx' }],
  ['importFile', { keyMode: 'import', importFolder: 'p-aaaaaaaaaaaa', importFile: 'x.pem' }],
  ['importPassword', { keyMode: 'import', importFolder: 'p-aaaaaaaaaaaa', importFile: 'x.pfx' }],
  ['keyBackup', { keyBackup: '/etc' }],
]

describe('refused', () => {
  test.each(rows)('%s: %j', async (field, answers) => {
    const draft = await saveDraft(house.ask, { ...good, ...answers }, 'vault')
    const problem = await refusalOf(house.ask('wizard.review', { draft }))
    expectHelpful(problem)
    expect(problem.code).toBe('answers-incomplete')
    const messages = problem.fields?.filter((one) => one.field === field) ?? []
    expect(messages).toHaveLength(1)
    expect(messages[0]?.message).toMatch(/^[^\p{Cc}\u202e]{15,}$/u)
  })

  test('and nothing of it reached Azure', async () => {
    expect(await vaultEndState(house.program, house.ask, null)).toEqual(untouched)
  })
})

test('a vault that is there and names that nobody has block the run and are named', async () => {
  const draft = await saveDraft(
    house.ask,
    { ...good, service: 'vault', vault: 'ktr-nobody', rights: 'as-is', network: 'as-is' },
    'vault',
  )
  const { advice } = await house.ask('wizard.review', { draft })
  expect(advice.blockers.map(({ what }) => what)).toContain('There is no vault ktr-nobody')
})

describe('a stolen handle in the place of the application’s secret', () => {
  const secretOf = async (purpose: AskedPurpose, target: TargetId): Promise<string> =>
    (
      await house.ask('secrets.keep', {
        purpose,
        target,
        label: 'Not for this',
        rule: 'existing-password',
        bytes: new TextEncoder().encode('Not-For-This-2026-x'),
      })
    ).handle
  const start = async (applicationSecret: string): Promise<string> => {
    const azure = await azureRefOf(house.ask)
    const directory = await house.program.azure.directories.open(azure)
    const [application] = await directory.applications('ktr-ekm')
    const answers = {
      ...good,
      applicationMode: 'use',
      application: application?.clientId ?? '',
      secretMode: 'kept',
      applicationSecret,
    }
    const draft = await saveDraft(house.ask, answers, 'vault')
    const { digest, advice } = await house.ask('wizard.review', { draft })
    if (advice.blockers.length > 0) return advice.blockers.map(({ what }) => what).join()
    return (await refusalOf(house.ask('runs.start', { digest, ticket: 'T-1', reason: 'stolen' }))).code
  }

  test('of another use, of another target, and one that is not there are refused; nothing runs', async () => {
    const { id } = await azureRefOf(house.ask)
    const server = await targetNamed(house.ask, 'ktr-sqlprod-01')
    expect(await start(await secretOf('entra.client-secret', id))).toBe('handle-not-for-this')
    expect(await start(await secretOf('ekm.client-secret', server))).toBe('handle-not-for-this')
    expect(await start('h-aaaaaaaaaaaa')).toBe('The secret of the application is not kept')
    expect(house.program.engine.list()).toEqual([])
  })
})

describe('the secret that Entra says once', () => {
  test('is in the keyring, and in no file, page or record of the program', async () => {
    await house.simulators.order({
      command: 'azure',
      order: { do: 'settings', change: { rbacDelayMs: 0, dnsDelayMs: 0, directoryDelayMs: 0 } },
    })
    const draft = await saveDraft(house.ask, good, 'vault')
    const { digest, advice } = await house.ask('wizard.review', { draft })
    expect(advice.blockers).toEqual([])
    const { run } = await house.ask('runs.start', { digest, ticket: 'T-2', reason: 'canary' })
    const view = await house.program.engine.settled(asRunId(run))
    expect(view.state).toBe('verified')

    const { id: target } = await azureRefOf(house.ask)
    const purpose = 'ekm.client-secret'
    const made = house.program.keyring
      .list({ purpose, target })
      .find(({ label }) => label.startsWith('Secret of ktr-sp-ekm'))
    if (made === undefined) throw new Error('no secret was kept')
    using secret = await house.program.keyring.open(made.id, { purpose, target })
    const value = secret.use((bytes) => bytes.toString('utf8'))
    expect(value.length).toBeGreaterThan(20)

    const profile = join(house.home, '..', 'profile')
    const files = readdirSync(profile, { recursive: true, withFileTypes: true })
      // The simulator of Entra has to know it.
      .filter((entry) => entry.isFile() && !relative(profile, entry.parentPath).startsWith('simulators'))
      .map((entry) => join(entry.parentPath, entry.name))
    expect(files.map((file) => basename(file))).toEqual(
      expect.arrayContaining(['record.db', 'keyring.json', 'keyturn.log']),
    )
    for (const file of [...files, ...readdirSync(house.escrow).map((name) => join(house.escrow, name))]) {
      for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString('base64')]) {
        expect([basename(file), readFileSync(file).includes(form)]).toEqual([basename(file), false])
      }
    }
    const shown = JSON.stringify([
      view,
      await house.ask('secrets.list', {
        page: { offset: 0, limit: 100, sort: null, search: '', filters: [] },
      }),
      await house.ask('runs.get', { run }),
      await house.ask('connections.list', {}),
    ])
    expect(shown).not.toContain(value)
  })
})
