/** The shared steps on extensible key management, on a simulated server whose connector asks simulated Azure. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { Script } from '../../../shared/model/script.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import type { ParamsOf } from '../../../electron/scripts/runbook/step-params.ts'
import * as ekm from '../../../electron/scripts/tsql/ekm.ts'
import { createDatabaseKey, setEncryption } from '../../../electron/scripts/tsql/tde.ts'
import { provable } from '../../../electron/wizards/credential/plan-context.ts'
import type { Node } from '../../../electron/wizards/credential/facts-model.ts'
import { databasesText } from '../../../electron/wizards/credential/texts.ts'
import type { CredentialFact, EkmFacts } from '../../../electron/wizards/sqlserver/ekm-facts.ts'
import { databasesOfCredential } from '../../../electron/wizards/sqlserver/ekm-links.ts'
import { proveCredential } from '../../../electron/wizards/sqlserver/prove-ekm.ts'
import { readEkm } from '../../../electron/wizards/sqlserver/read-ekm.ts'
import { ekmSteps } from '../../../electron/wizards/sqlserver/steps/ekm/index.ts'
import { setState } from '../../../sandbox/sqlserver/engine/tde/recovery.ts'
import { CONNECTOR_PATH } from '../../../sandbox/sqlserver/engine/ekm/library.ts'
import { ekmWorld, stepStage, type EkmWorld, type StepStage } from './ekm-servers.ts'
import { runAll } from './simulated.ts'
import type { SharingServer } from './simulated-servers.ts'
import { refusal, type Walked } from './walk.ts'

let place: EkmWorld
let server: SharingServer
let stage: StepStage
const done: Record<string, Walked> = {}

const step = <Kind extends keyof typeof ekmSteps>(
  kind: Kind,
  params: ParamsOf<Kind>,
  scripts: Script[] = [],
): PlannedStep => ({
  id: 's01',
  kind,
  target: server.ref,
  title: kind,
  now: '',
  after: '',
  scripts,
  params,
  permission: '',
  undo: { can: false, because: 'test' },
  resume: 'named',
  stopNow: null,
})

const named = { credential: 'tde_cred', provider: 'AKV' }
const steps = (): Record<string, PlannedStep> => {
  const { host, application } = place
  const key = { name: 'tde', provider: 'AKV', vaultKey: 'ktr-tde-sql01', version: null }
  const mapped = (login: string) => ({ ...named, login })
  return {
    option: step('enable-ekm', { advancedShown: false }, [ekm.enableEkm(false)]),
    provider: step('create-provider', { provider: 'AKV', dllPath: CONNECTOR_PATH }, [
      ekm.createProvider('AKV', CONNECTOR_PATH),
    ]),
    credential: step(
      'create-ekm-credential',
      { ...named, identity: 'ktr-vault-weu', secret: { kept: null } },
      [ekm.createEkmCredential({ name: 'tde_cred', provider: 'AKV', host, clientId: application.clientId })],
    ),
    forSetup: step('map-credential', mapped('keyturn'), [ekm.mapCredential('keyturn', 'tde_cred')]),
    key: step('create-asymmetric-key', { key: 'tde', provider: 'AKV', vaultKey: 'ktr-tde-sql01' }, [
      ekm.createAsymmetricKey(key),
    ]),
    login: step('create-key-login', { login: 'tde_login', key: 'tde' }, [
      ekm.createKeyLogin('tde_login', 'tde'),
    ]),
    away: step('unmap-credential', mapped('keyturn'), [ekm.unmapCredential('keyturn', 'tde_cred')]),
    forKey: step('map-credential', mapped('tde_login'), [ekm.mapCredential('tde_login', 'tde_cred')]),
  }
}

beforeAll(async () => {
  place = await ekmWorld()
  server = await place.start('KTR-EKM-1')
  stage = stepStage(await server.open(), ekmSteps, { secret: place.application.secret })
  stage.around.verdicts = createVerdicts({ open: () => server.open() })
})
beforeEach(async () => {
  stage.around.server = await server.open()
})
afterAll(() => place.end())

const factsNow = async (): Promise<EkmFacts> =>
  readEkm(await server.open(), { clock: { now: () => new Date(), monotonicMs: () => 0 } })
const seen = <Value>(value: Value) => ({ read: true, value, source: 'test', at: '' }) as const
/** The credential of the server, as one of this name that the login of a key holds. */
const heldBy = (facts: EkmFacts, name: string, login: string): CredentialFact => {
  const own = facts.credentials.read ? facts.credentials.value[0] : undefined
  if (own === undefined) throw new Error('no credential')
  return { ...own, name, logins: [{ login, type: 'K', disabled: false }] }
}

const one = (name: string): PlannedStep => {
  const found = steps()[name]
  if (found === undefined) throw new Error(name)
  return found
}

describe('steps on extensible key management', () => {
  it('from nothing to a key that the engine can use: each step reads back what it made', async () => {
    for (const name of Object.keys(steps())) {
      const before = await stage.check(one(name))
      expect([name, before.state]).toEqual([name, 'needed'])
      done[name] = await stage.walk(one(name))
      // After a crash the same step finds its own effect.
      expect([name, (await stage.check(one(name), done[name]?.before ?? null)).state]).toEqual([
        name,
        'satisfied',
      ])
    }
    const [row] = await server.rows(
      "SELECT CAST(value_in_use AS int) AS v FROM sys.configurations WHERE name = 'show advanced options'",
    )
    expect(row?.['v']).toBe(0)
  })

  it('what others made under the same name is not taken over', async () => {
    for (const name of ['provider', 'credential', 'key', 'login']) {
      expect([name, (await stage.check(one(name))).state]).toEqual([name, 'foreign'])
    }
  })

  it('facts: the chain from the credential to the database, with the place of the key from the registry', async () => {
    await runAll(await server.open(), [
      createDatabaseKey('Sales', 'AES_256', { asymmetricKey: 'tde' }),
      setEncryption('Sales', 'ON'),
    ])
    const facts = await factsNow()
    const credential = facts.credentials.read ? facts.credentials.value[0] : undefined
    expect(credential).toMatchObject({
      name: 'tde_cred',
      identity: 'ktr-vault-weu',
      provider: 'AKV',
      inUse: true,
    })
    expect(
      credential === undefined ? [] : databasesOfCredential(facts, credential).map(({ name }) => name),
    ).toEqual(['Sales'])
    const key = facts.keys.read ? facts.keys.value[0] : undefined
    expect(key?.place).toMatchObject({
      read: true,
      value: expect.stringContaining('https://ktr-vault-weu.vault.azure.net/keys/ktr-tde-sql01/'),
    })
  })

  it('a key that two credentials may open proves neither of them', async () => {
    const sql = await server.open()
    const read = await factsNow()
    const [one, other] = [heldBy(read, 'tde_cred', 'svc_a'), heldBy(read, 'other_cred', 'svc_b')]
    const keys = read.keys.read ? read.keys.value : []
    const noPlace = keys.map((key) => ({ ...key, place: seen(null) }))
    for (const [known, own] of [
      ['vault', keys],
      ['provider', noPlace],
    ] as const) {
      const neutral: EkmFacts = { ...read, keys: seen(own), keyLogins: seen(['svc_a', 'svc_b']) }
      const both: EkmFacts = { ...neutral, credentials: seen([one, other]) }
      for (const credential of [one, other]) {
        const node = { ekm: both, principal: sql.principal } as Node
        expect([known, await proveCredential(sql, both, credential)]).toEqual([
          known,
          expect.objectContaining({
            state: 'open',
            by: expect.stringMatching(/^Sales may hang on another credential/),
            uncertain: true,
          }),
        ])
        expect(provable({ node, name: credential.name, fact: credential })).toBe(false)
        expect(databasesText(both, credential)).toMatch(/^Sales; perhaps: /)
      }
      // Where there is no other one, the open database tells of this one.
      const alone: EkmFacts = { ...neutral, credentials: seen([one]) }
      expect((await proveCredential(sql, alone, one)).state).toBe('proven')
      const node = { ekm: alone, principal: sql.principal } as Node
      expect(provable({ node, name: one.name, fact: one })).toBe(true)
    }
  })

  it('a database that somebody took away fails no credential, and proves none', async () => {
    const sql = await server.open()
    const read = await factsNow()
    const own = heldBy(read, 'tde_cred', 'tde_login')
    const databases = read.databases.read ? read.databases.value : []
    const proofWith = (sales: string, other: string | null) =>
      proveCredential(
        sql,
        {
          ...read,
          databases: seen([
            ...databases.map((one) => (one.name === 'Sales' ? { ...one, state: sales } : one)),
            ...(other === null ? [] : [{ name: 'Other', state: other, encrypted: true, key: null }]),
          ]),
        },
        own,
      )
    for (const state of ['OFFLINE', 'RESTORING']) {
      expect([state, (await proofWith('ONLINE', state)).state]).toEqual([state, 'proven'])
      expect(await proofWith(state, null)).toMatchObject({
        state: 'open',
        by: expect.stringMatching(new RegExp(`^Sales is ${state}, and it is held by`)),
      })
    }
    for (const state of ['RECOVERY_PENDING', 'SUSPECT', 'RECOVERING']) {
      expect([state, (await proofWith('ONLINE', state)).state]).toEqual([state, 'failed'])
    }
  })

  it('right after a restart the proof waits until the vault has answered', async () => {
    const sales = server.instance.store.databases.all().find(({ name }) => name === 'Sales')
    if (sales === undefined) throw new Error('no Sales')
    setState(server.instance, sales, 'RECOVERING')
    stage.around.percents.length = 0
    const walked = stage.walk(step('prove-credential', { ...named, strict: true }))
    await vi.waitFor(() => expect(stage.around.percents.length).toBeGreaterThan(0), { timeout: 10_000 })
    setState(server.instance, { ...sales, state: 'RECOVERING' }, 'ONLINE')
    expect((await walked).outcome.evidence[0]?.data?.['proof']).toBe('proven')
  })

  it('an undo takes away nothing that a database is under', async () => {
    for (const name of ['forKey', 'login', 'key', 'provider', 'credential']) {
      const walked = done[name]
      if (walked === undefined) throw new Error(name)
      expect([name, await refusal(stage.undo(walked))]).toEqual([
        name,
        expect.stringMatching(/^undo-refused: /),
      ])
    }
  })

  it('an undo drops the credential that its run made, and none that was made anew under its name', async () => {
    const { host, application } = place
    const spare = { credential: 'spare', provider: 'AKV', identity: 'ktr-vault-weu' }
    const made = await stage.walk(
      step('create-ekm-credential', { ...spare, secret: { kept: null } }, [
        ekm.createEkmCredential({ name: 'spare', provider: 'AKV', host, clientId: application.clientId }),
      ]),
    )
    const createdAt = async () =>
      String(
        (await server.rows("SELECT create_date FROM sys.credentials WHERE name = 'spare'"))[0]?.[
          'create_date'
        ],
      )
    const anew = (identity: string) =>
      server.run(
        `DROP CREDENTIAL spare; CREATE CREDENTIAL spare WITH IDENTITY = '${identity}', SECRET = 'never-used-by-anything-at-all-00000' FOR CRYPTOGRAPHIC PROVIDER AKV`,
      )
    // What came later and speaks of it, too, does not hide when it was made.
    stage.around.earlier.push({
      ...(made.outcome.evidence[0] ?? { statement: '', value: '', source: '', at: '' }),
      data: { credential: 'spare' },
    })
    const first = await createdAt()
    do await anew('ktr-vault-weu')
    while ((await createdAt()) === first)
    expect(await refusal(stage.undo(made))).toMatch(/^undo-refused: .*this run did not make it/)
    await server.run('DROP CREDENTIAL spare')
    const again = await stage.walk(made.step)
    await anew('other-vault')
    expect(await refusal(stage.undo(again))).toMatch(/^undo-refused: /)
    await server.run('DROP CREDENTIAL spare')
    await stage.undo(await stage.walk(made.step))
    expect(await server.rows("SELECT name FROM sys.credentials WHERE name = 'spare'")).toEqual([])
  })

  it('a changed credential counts from the restart, which the step waits for by the time of the start', async () => {
    const { clientId } = place.application
    const change = step(
      'change-ekm-credential',
      { ...named, identity: 'ktr-vault-weu', clientId, secret: { kept: null } },
      [ekm.alterEkmCredential('tde_cred', 'ktr-vault-weu', clientId)],
    )
    await stage.walk(change)
    const restart = step('restart-service', {
      service: 'SQL Server (MSSQLSERVER)',
      resource: null,
      credentials: ['tde_cred'],
    })
    expect(await refusal(stage.walk(restart))).toMatch(/^ekm-restart-waits: /)
    await server.restart()
    stage.around.server = await server.open()
    await stage.walk(restart)
    const [sales] = await server.rows("SELECT state_desc FROM sys.databases WHERE name = 'Sales'")
    expect(sales?.['state_desc']).toBe('ONLINE')
  })

  it('a restart is not waited for without end: the credential is gone, or has no time of its change', async () => {
    const restart = (credential: string) =>
      step('restart-service', {
        service: 'SQL Server (MSSQLSERVER)',
        resource: null,
        credentials: [credential],
      })
    expect(await stage.check(restart('gone'))).toMatchObject({
      state: 'foreign',
      problem: { code: 'ekm-credential-other', title: expect.stringMatching(/gone.*it is not there/) },
    })
    const sql = await server.open()
    const timeless: SqlServer = {
      ...sql,
      query: async (...asked) =>
        (await sql.query(...asked)).map((row) =>
          'modify_date' in row ? { ...row, modify_date: null } : row,
        ),
    }
    stage.around.server = timeless
    expect(await refusal(stage.walk(restart('tde_cred')))).toMatch(/^ekm-change-time: .*tde_cred/)
  })

  it('a secret that is too long for SECRET is refused before anything is sent', async () => {
    const long = stepStage(await server.open(), ekmSteps, { secret: 'x'.repeat(89) })
    const again = step(
      'change-ekm-credential',
      { ...named, identity: 'ktr-vault-weu', clientId: place.application.clientId, secret: { kept: null } },
      [ekm.alterEkmCredential('tde_cred', 'ktr-vault-weu', place.application.clientId)],
    )
    expect(await refusal(long.walk(again))).toMatch(/^ekm-secret-long: /)
  })

  it('errors of the connector are told by its own number, those of the server by theirs', async () => {
    const tell = (statement: string) => refusal(server.run(statement))
    const open = (name: string) =>
      tell(
        `CREATE ASYMMETRIC KEY other FROM PROVIDER AKV WITH PROVIDER_KEY_NAME = '${name}', CREATION_DISPOSITION = OPEN_EXISTING`,
      )
    expect(await open('x')).toMatch(/^ekm-not-mapped: /)
    await server.run(
      "CREATE CREDENTIAL short WITH IDENTITY = 'ktr-vault-weu', SECRET = 'too-short' FOR CRYPTOGRAPHIC PROVIDER AKV; ALTER LOGIN keyturn ADD CREDENTIAL short",
    )
    expect(await open('x')).toMatch(/^ekm-secret-short: .*2050/)
    expect(await tell('DROP CREDENTIAL short')).toMatch(/^ekm-credential-used: /)
    expect(await tell('ALTER LOGIN keyturn ADD CREDENTIAL tde_cred')).toMatch(/^ekm-credential-mapped: /)
    expect(
      await tell(
        `CREATE CREDENTIAL long WITH IDENTITY = 'v', SECRET = '${'x'.repeat(121)}' FOR CRYPTOGRAPHIC PROVIDER AKV`,
      ),
    ).toMatch(/^ekm-secret-long: /)
    expect(await tell("CREATE CRYPTOGRAPHIC PROVIDER Other FROM FILE = 'C:\\no.dll'")).toMatch(
      /^ekm-library: /,
    )
  })
})
