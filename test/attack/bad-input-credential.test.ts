/** Every field of the job "Credential" with what does not belong there, by the door of the window; nothing of it is sent. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId, type TargetId } from '../../shared/model/ids.ts'
import type { AskedPurpose } from '../../shared/model/secrets.ts'
import {
  answersOfCreate,
  answersOfRenew,
  withVaultKey,
  renewalEndState,
} from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { targetNamed } from '../support/job-answers.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { azureRefOf } from '../support/vault-answers.ts'

const server = 'ktr-sqlprod-01'
const questions = {
  credential:
    'SELECT c.name AS name, c.credential_identity AS credential_identity, c.modify_date AS changed FROM sys.credentials AS c',
  mapping:
    'SELECT s.principal_id AS principal_id, s.credential_id AS credential_id FROM sys.server_principal_credentials AS s',
}
let house: TestRehearsal
let create: Answers
let renew: Answers
let untouched: string[]

const everything = async (): Promise<string[]> => [
  ...(await endStateOf(house.program, { server, localFolder: null, questions }, null)),
  ...(await renewalEndState(house, null)),
]

beforeAll(async () => {
  house = await openRehearsal()
  await withVaultKey(house, server, 'Sales')
  create = await answersOfCreate(house, server)
  renew = await answersOfRenew(house, server)
  untouched = await everything()
})
afterAll(() => house?.end())

const rows: [string, 'create' | 'renew', Answers][] = [
  ['target', 'create', { target: '../x' }],
  ['use', 'create', { use: 'storage account' }],
  ['task', 'create', { task: 'drop' }],
  ['azureMode', 'create', { azureMode: 'both' }],
  ['azure', 'create', { azure: 'X; --' }],
  ['provider', 'create', { provider: 'a\u0000b' }],
  ['identityKind', 'create', { identityKind: 'me' }],
  ['vaultHost', 'create', { vaultHost: 'https://ktr-vault-weu.vault.azure.net' }],
  ['vaultHost', 'create', { vaultHost: 'ktr-vault-weu' }],
  ['vaultHost', 'create', { vaultHost: "x';DROP CREDENTIAL a;--.vault.azure.net" }],
  ['vaultHost', 'create', { vaultHost: 'ktr-vault-weu.vault.azure.net.example.com' }],
  ['credentialName', 'create', { credentialName: '##MS_mine##' }],
  ['credentialName', 'create', { credentialName: 'a\nb' }],
  ['credentialName', 'create', { credentialName: 'x'.repeat(129) }],
  ['clientId', 'create', { clientId: '0a1b2c3d4e5f' }],
  ['clientId', 'create', { clientId: "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4'" }],
  ['secretFrom', 'create', { secretFrom: 'elsewhere' }],
  ['keptSecret', 'create', { secretFrom: 'kept', keptSecret: '../keyring.json' }],
  ['clientSecret', 'create', { clientSecret: '' }],
  ['mapTo', 'create', { mapTo: 'everybody' }],
  ['login', 'create', { mapTo: 'login', login: '' }],
  ['proofKey', 'create', { proofKey: 'a-name-of-27-characters-xyz' }],
  ['proofKey', 'create', { proofKey: 'key/0123' }],
  ['credentials', 'renew', { credentials: [] }],
  ['credentials', 'renew', { credentials: ['no server'] }],
  ['credentials', 'renew', { credentials: Array.from({ length: 21 }, (_, index) => `t-x:c${index}`) }],
  ['newSecret', 'renew', { newSecret: 'guess' }],
  ['secretMonths', 'renew', { secretMonths: 25 }],
  ['secretMonths', 'renew', { secretMonths: 1.5 }],
  ['oldSecret', 'renew', { oldSecret: '*' }],
  ['othersConfirmed', 'renew', { othersConfirmed: false }],
  ['restartBy', 'renew', { restartBy: 'at night' }],
  ['restartPrimary', 'renew', { restartPrimary: 'never' }],
]

describe('refused', () => {
  test.each(rows)('%s: %s %j', async (field, task, answers) => {
    const good = task === 'create' ? create : renew
    const draft = await saveDraft(house.ask, { ...good, ...answers }, 'credential')
    const problem = await refusalOf(house.ask('wizard.review', { draft }))
    expectHelpful(problem)
    expect(problem.code).toBe('answers-incomplete')
    const messages = problem.fields?.filter((one) => one.field === field) ?? []
    expect(messages).toHaveLength(1)
    expect(messages[0]?.message).toMatch(/^[^\p{Cc}\u202e]{15,}$/u)
  })

  test.each([
    ['the client id with the secret', '0a1b2c3d4e5f4a6b8c7d9e0f1a2b3c4dSome~secret.of-it'],
    ['the id of the secret', '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'],
    ['89 characters, with which SECRET would have 121', 'x'.repeat(89)],
    ['a line end', 'Some~secret\nof-it'],
    ['nothing', ''],
  ])('as a secret: %s', async (_what, secret) => {
    const target = await targetNamed(house.ask, server)
    const problem = await refusalOf(
      house.ask('secrets.keep', {
        purpose: 'ekm.client-secret',
        target,
        label: 'Secret',
        rule: 'ekm-client-secret',
        bytes: new TextEncoder().encode(secret),
      }),
    )
    expectHelpful(problem)
    expect(JSON.stringify(problem)).not.toContain('Some~secret')
  })

  test('and nothing of it was sent', async () => {
    expect(await everything()).toEqual(untouched)
  })
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
  const start = async (changes: Answers): Promise<string> => {
    const draft = await saveDraft(house.ask, { ...create, ...changes }, 'credential')
    const { digest, advice } = await house.ask('wizard.review', { draft })
    if (advice.blockers.length > 0) return advice.blockers.map(({ what }) => what).join()
    return (await refusalOf(house.ask('runs.start', { digest, ticket: 'T-1', reason: 'stolen' }))).code
  }

  test('of another use, of another target, and one that is not there are refused; nothing runs', async () => {
    const { id: azure } = await azureRefOf(house.ask)
    const here = await targetNamed(house.ask, server)
    expect(await start({ clientSecret: await secretOf('sql.dmk-password', here) })).toBe(
      'handle-not-for-this',
    )
    expect(await start({ clientSecret: await secretOf('ekm.client-secret', azure) })).toBe(
      'handle-not-for-this',
    )
    expect(await start({ secretFrom: 'kept', keptSecret: await secretOf('ekm.client-secret', here) })).toBe(
      'handle-not-for-this',
    )
    expect(await start({ clientSecret: 'h-aaaaaaaaaaaa' })).toMatch(/is not kept any more/)
    expect(house.program.engine.list()).toEqual([])
    // What this test itself had the keyring keep.
    expect((await everything()).filter((line) => line !== 'kept Not for this')).toEqual(untouched)
  })
})

test('one that the keyring keeps for the subscription goes to the server, as the job “Vault” left it', async () => {
  const { id: azure } = await azureRefOf(house.ask)
  const bytes = new TextEncoder().encode('a-secret~that.is-not-of-the-application')
  const { handle } = await house.ask('secrets.keep', {
    purpose: 'ekm.client-secret',
    target: azure,
    label: 'Secret of ktr-ekm-sql01',
    rule: 'ekm-client-secret',
    bytes,
  })
  const draft = await saveDraft(
    house.ask,
    { ...create, secretFrom: 'kept', keptSecret: handle, proofKey: '', proveHere: false },
    'credential',
  )
  const { digest, plan } = await house.ask('wizard.review', { draft })
  expect(plan.secrets.map(({ target, label }) => [target.id, label])).toEqual([
    [azure, 'Secret of ktr-ekm-sql01'],
  ])
  const { run } = await house.ask('runs.start', { digest, ticket: 'T-2', reason: 'kept' })
  expect((await house.program.engine.settled(asRunId(run))).state).toBe('verified')
})
