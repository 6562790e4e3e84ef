/** The job "Credential" for storage, on a simulated server, simulated Azure and real Azurite. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { storageScreenProblems } from '../../../shared/forms/credential-storage-draft.ts'
import { storageKeyFields, storageSecretFields } from '../../../shared/forms/credential-storage-screens.ts'
import { isVisible, type Answers } from '../../../shared/forms/form.ts'
import { readStorageFacts } from '../../../electron/wizards/credential/storage/facts.ts'
import { storageFormFacts } from '../../../electron/wizards/credential/storage/options.ts'
import { credentialFront } from '../../../electron/wizards/credential/front.ts'
import { credential as job } from '../../../electron/wizards/credential/index.ts'
import { storageSteps } from '../../../electron/wizards/sqlserver/steps/storage/credential.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import { GROUPS, STORAGE } from '../../../sandbox/azure/estate-ids.ts'
import { azureRefOfTests } from '../../contract/azure-program.ts'
import { planReader } from '../../support/plan-reader.ts'
import { credentialStage, Killed, type CredentialStage } from './credential-stage.ts'
import { stepStage } from './ekm-servers.ts'
import type { SharingServer } from './simulated-servers.ts'
import { blobUrl, containerUrl, urlWorld, type UrlWorld } from './url-stage.ts'
import { refusal, stepOf } from './walk.ts'

let place: UrlWorld
let server: SharingServer
const stages: CredentialStage[] = []

beforeAll(async () => {
  place = await urlWorld()
  server = await place.start('KTR-STORE')
})
beforeEach(async () => {
  for (const { name } of await server.rows('SELECT name FROM sys.credentials'))
    await server.run(`DROP CREDENTIAL [${String(name)}]`)
})
afterEach(() => {
  for (const stage of stages.splice(0)) stage.end()
})
afterAll(() => place.end(), 30_000)

const open = (secrets: Record<string, string> = {}): CredentialStage => {
  const stage = credentialStage(place, [server], secrets)
  stages.push(stage)
  return stage
}
const answers = (changes: Answers = {}): Answers => ({
  target: 't-ktr-store',
  use: 'storage',
  task: 'create-storage',
  azureMode: 'without',
  containerUrl,
  blobAccess: 'sas',
  storageToken: 'h-token',
  ...changes,
})
const inAzure = (changes: Answers = {}): Answers =>
  answers({
    azureMode: 'connected',
    azure: azureRefOfTests.id,
    accountMode: 'use',
    storageAccount: `${GROUPS.weu}/${STORAGE.account}`,
    containerName: STORAGE.container,
    tokenFrom: 'make',
    storageToken: null,
    ...changes,
  })
const kinds = (plan: { steps: readonly { kind: string }[] }): string[] => plan.steps.map(({ kind }) => kind)
const said = (stage: CredentialStage, statement: RegExp): string | undefined =>
  stage.evidence.findLast((one) => statement.test(one.statement))?.value
const backUp = (name: string): Promise<void> =>
  server.run(`BACKUP DATABASE [Sales] TO URL = '${blobUrl(name)}' WITH FORMAT`)

const shownTo = async (given: Answers) => {
  const facts = await readStorageFacts(
    { ...given, azureMode: 'without' },
    planReader(() => server.open()),
  )
  return storageFormFacts('identity', given, facts, {}, {})
}
/** Fields that the screen of the secret shows, by name. */
const askedFor = async (given: Answers): Promise<string[]> => {
  const { flags } = await shownTo(given)
  return storageSecretFields
    .concat(storageKeyFields)
    .filter((field) => isVisible(field, given, flags))
    .map(({ name }) => name)
}

describe('with a token that a person has', () => {
  it('creates the credential, and storage lets the server in', async () => {
    const stage = open({ 'h-token': place.token() })
    const plan = await stage.ready(answers())
    expect(kinds(plan)).toEqual(['create-storage-credential', 'prove-storage-credential'])
    await stage.run(plan)
    expect(said(stage, /^What storage answers/)).toMatch(/^let in: .*That it may write was not tried$/)
    await backUp('typed.bak')
    expect(JSON.stringify(plan)).not.toMatch(/sig=/)
    expect(job.notChecked(plan).join('\n')).toMatch(/may write to the container was not tried/)
  })

  it('a token that ended is told by its first use, and undo takes the credential away', async () => {
    const stage = open({ 'h-token': place.token('rwdl', -5) })
    const plan = await stage.ready(answers())
    expect(await refusal(stage.run(plan))).toMatch(/^url-refused/)
    await stage.undo(plan)
    expect(await server.rows('SELECT name FROM sys.credentials')).toEqual([])
  })

  it('renews: the new one counts at once, and what was there before is not asked for', async () => {
    await server.run(
      `CREATE CREDENTIAL [${containerUrl}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '${place.token('rwdl', -5)}'`,
    )
    const proving = open()
    const proof = await proving.ready(answers({ task: 'prove-storage', storageChosen: [containerUrl] }))
    await proving.run(proof)
    expect(said(proving, /^What storage answers/)).toMatch(/^not let in: Storage refused/)
    const stage = open({ 'h-token': place.token() })
    const plan = await stage.ready(answers({ task: 'renew-storage', storageChosen: [containerUrl] }))
    expect(kinds(plan)).toEqual(['change-storage-credential', 'prove-storage-credential'])
    await stage.run(plan)
    await backUp('renewed.bak')
  })

  it('renews an access key: nothing about tokens is asked, and an answer about them from before means nothing', async () => {
    await server.run("CREATE CREDENTIAL [by-key] WITH IDENTITY = 'ktraccount', SECRET = 'x'")
    const stage = open({ 'h-key': `${'A'.repeat(86)}==` })
    const wish = (changes: Answers): Answers =>
      answers({
        task: 'renew-storage',
        azureMode: 'connected',
        azure: azureRefOfTests.id,
        tokenFrom: 'make',
        storageToken: null,
        storageChosen: ['by-key'],
        ...changes,
      })
    const review = await stage.review(wish({ accessKey: 'h-key' }))
    expect(review.advice.blockers).toEqual([])
    expect(kinds(review.plan)).toEqual(['change-storage-credential'])
    expect(review.plan.secrets.map(({ purpose }) => purpose)).toEqual(['storage.access-key'])
    expect(storageScreenProblems('identity', wish({}))).toEqual([
      { field: 'accessKey', message: 'The new access key is missing. Enter it' },
    ])
    await server.run(
      `CREATE CREDENTIAL [${containerUrl}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = 'sv=1'`,
    )
    expect(await askedFor(wish({}))).toEqual(['accessKey'])
    expect(await askedFor(wish({ storageChosen: [containerUrl] }))).toEqual([
      'tokenFrom',
      'signWith',
      'tokenDays',
    ])
    expect(await askedFor(wish({ storageChosen: [containerUrl], tokenFrom: 'typed' }))).toEqual([
      'tokenFrom',
      'storageToken',
    ])
  })

  it('a token under a name that is no container’s address is not offered: no backup finds it', async () => {
    await server.run(
      "CREATE CREDENTIAL [elsewhere] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = 'sv=1'",
    )
    const { options } = await shownTo(answers({ task: 'renew-storage' }))
    expect(options['storageCredentials']).toEqual([
      expect.objectContaining({
        value: 'elsewhere',
        usable: false,
        reason: expect.stringMatching(/no backup/),
      }),
    ])
  })

  it('a renewal is not taken for done where the credential got another IDENTITY meanwhile', async () => {
    await server.run(
      `CREATE CREDENTIAL [${containerUrl}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '${place.token()}'`,
    )
    const stage = open({ 'h-token': place.token() })
    const plan = await stage.ready(answers({ task: 'renew-storage', storageChosen: [containerUrl] }))
    await server.run(
      `DROP CREDENTIAL [${containerUrl}]; CREATE CREDENTIAL [${containerUrl}] WITH IDENTITY = 'Managed Identity'`,
    )
    const ctx = stepStage(await server.open(), storageSteps).context(
      stepOf(plan, 'change-storage-credential'),
      { changed: '2000-01-01T00:00:00.000Z' },
    )
    expect(await refusal(storageSteps['change-storage-credential'].verify(ctx))).toMatch(
      /^step-not-verified: .*IDENTITY reads Managed Identity/,
    )
  })
})

describe('through Azure', () => {
  it('signs a token by the sign-in, keeps it with its end, and sends it', async () => {
    const stage = open()
    const plan = await stage.ready(inAzure({ signWith: 'sign-in', tokenDays: 3 }))
    expect(kinds(plan)).toEqual([
      'make-storage-token',
      'create-storage-credential',
      'prove-storage-credential',
    ])
    await stage.run(plan)
    expect(said(stage, /^It allows/)).toMatch(/^r/)
    expect(said(stage, /^Token for/)).toMatch(
      /^Token for ktrbackups01\/ktr-sql-backups \(keyturn .*\), ends \d{4}/,
    )
    await backUp('signed.bak')
    expect(JSON.stringify([plan, stage.evidence])).not.toMatch(/sig=/)
  })

  it('creates account and container with what is right for backups, and a key signs', async () => {
    const stage = open()
    const made = inAzure({
      accountMode: 'create',
      accountName: 'ktrnewbackups',
      accountGroup: GROUPS.weu,
      accountRegion: 'westeurope',
      containerName: 'sql',
      signWith: 'key',
      tokenDays: 90,
    })
    const plan = await stage.ready(made)
    expect(kinds(plan)).toEqual([
      'create-storage-account',
      'create-storage-container',
      'make-storage-token',
      'create-storage-credential',
      'prove-storage-credential',
    ])
    await stage.run(plan)
    expect(said(stage, /^Public blobs/)).toBe('not allowed')
    expect(said(stage, /^TLS at least/)).toBe('TLS1_2')
    expect(said(stage, /^Access keys/)).toBe('allowed')
    const [row] = await server.rows('SELECT name FROM sys.credentials')
    expect(row?.['name']).toBe('https://ktrnewbackups.blob.core.windows.net/sql')
  })

  it('killed at each point: one account, one container, one token, one credential', async () => {
    const wanted = inAzure({
      accountMode: 'create',
      accountName: 'ktrkilled',
      accountGroup: GROUPS.weu,
      accountRegion: 'westeurope',
      containerName: 'sql',
      signWith: 'key',
      tokenDays: 2,
    })
    const stage = open()
    const plan = await stage.ready(wanted)
    const points = plan.steps
      .filter(({ kind }) => kind !== 'prove-storage-credential')
      .flatMap(({ id }) => [`${id} before`, `${id} after`])
    for (const point of points) {
      stage.kill = (step, when) => {
        if (`${step.id} ${when}` === point) throw new Killed(point)
      }
      await expect(stage.run(plan)).rejects.toThrow(point)
    }
    stage.kill = null
    await stage.run(plan)
    expect(stage.keyring.port().list({ purpose: 'storage.sas' })).toHaveLength(1)
    expect(await server.rows('SELECT name FROM sys.credentials')).toHaveLength(1)
  })

  it('says that a sign-in may have no right on the blobs of a new account', async () => {
    const stage = open()
    const review = await stage.review(
      inAzure({
        accountMode: 'create',
        accountName: 'ktrnever',
        accountGroup: GROUPS.weu,
        accountRegion: 'westeurope',
        signWith: 'sign-in',
      }),
    )
    expect(review.advice.warnings.map(({ what }) => what)).toContain(
      'The sign-in may have no role on the blobs of the new account',
    )
  })

  it('blocks what can’t be: an account of another subscription, a sign-in that would sign for too long', async () => {
    const stage = open()
    const review = await stage.review(
      answers({
        task: 'renew-storage',
        azureMode: 'connected',
        azure: azureRefOfTests.id,
        tokenFrom: 'make',
        storageChosen: ['https://elsewhere00.blob.core.windows.net/c-c'],
      }),
    )
    expect(review.advice.blockers.map(({ what }) => what)).toEqual([
      'The storage account of the container is not visible with this sign-in',
      'No credential https://elsewhere00.blob.core.windows.net/c-c is on the server',
    ])
  })
})

describe('bad input', () => {
  const front = credentialFront(
    () => [],
    () => [],
  )
  const problems = (changes: Answers): Record<string, string> => {
    const found: Record<string, string> = {}
    for (const screen of ['task', 'credential', 'identity', 'use'])
      for (const { field, message } of front.problems(answers(changes), screen)) found[field] ??= message
    return found
  }
  it.each<[string, Answers, string, RegExp]>([
    [
      'a token in the address',
      { containerUrl: `${containerUrl}?sv=1&sig=SECRETsecret` },
      'containerUrl',
      /holds a \?/,
    ],
    ['http', { containerUrl: containerUrl.replace('https', 'http') }, 'containerUrl', /https:\/\/ only/],
    ['a slash at the end', { containerUrl: `${containerUrl}/` }, 'containerUrl', /ends with \//],
    ['no token', { storageToken: '' }, 'storageToken', /missing/],
    [
      'a name like an address',
      { blobAccess: 'access-key', credentialName: 'https://a', accessKey: 'h-a' },
      'credentialName',
      /is an address/,
    ],
    [
      'a token of a year by a sign-in',
      inAzure({ signWith: 'sign-in', tokenDays: 8 }),
      'tokenDays',
      /at most 7/,
    ],
    [
      'an account of capitals',
      inAzure({ accountMode: 'create', accountName: 'Backups' }),
      'accountName',
      /only lower-case/,
    ],
    [
      'a container of underscores',
      inAzure({ containerName: 'sql_backups' }),
      'containerName',
      /only lower-case/,
    ],
    ['no account', inAzure({ storageAccount: '../x' }), 'storageAccount', /No storage account/],
    ['nothing chosen', { task: 'prove-storage', storageChosen: [] }, 'storageChosen', /No credential/],
    ['two to renew', { task: 'renew-storage', storageChosen: ['a', 'b'] }, 'storageChosen', /1 fit/],
  ])('%s', (_name, changes, field, words) => {
    const found = problems(changes)
    expect(found[field]).toMatch(words)
    expect(JSON.stringify(found)).not.toMatch(/SECRETsecret/)
    try {
      job.parse(answers(changes))
      throw new Error('accepted')
    } catch (error) {
      expect(problemOf(error).code).toBe('answers-incomplete')
    }
  })
})
