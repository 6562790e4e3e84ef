/** The job "Credential" on simulated servers whose connector asks simulated Azure. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { credential as job } from '../../../electron/wizards/credential/index.ts'
import { chosenValue } from '../../../shared/forms/credential-draft.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'
import {
  answersFor,
  credentialStage,
  encrypted,
  Killed,
  typedSecret,
  withAzure,
  withProvider,
  type CredentialStage,
} from './credential-stage.ts'
import type { SharingServer } from './simulated-servers.ts'
import { refusal } from './walk.ts'

let place: EkmWorld
/** With a provider and nothing else. */
let plain: SharingServer
/** With a database under a key of the vault. */
let tde: SharingServer
const stages: CredentialStage[] = []

beforeAll(async () => {
  place = await ekmWorld()
  plain = await place.start('KTR-PLAIN')
  tde = await place.start('KTR-TDE')
  await withProvider(plain)
  await encrypted(tde, place)
})
afterEach(() => {
  for (const stage of stages.splice(0)) stage.end()
})
afterAll(() => place.end())

const open = (
  servers: readonly SharingServer[] = [plain],
  secret = place.application.secret,
): CredentialStage => {
  const stage = credentialStage(place, servers, { [typedSecret]: secret })
  stages.push(stage)
  return stage
}
const credentialsOf = (server: SharingServer) =>
  server.rows('SELECT name, credential_identity FROM sys.credentials ORDER BY name')
const clientId = (): string => place.application.clientId
const drop = (name: string): Promise<void> => plain.run(`DROP CREDENTIAL ${name}`)
const kinds = (plan: { steps: readonly { kind: string }[] }): string[] => plan.steps.map(({ kind }) => kind)

describe('create', () => {
  it('proves it by the vault’s keys as the own login, and leaves it with nobody', async () => {
    const stage = open()
    const plan = await stage.ready(answersFor(plain, { clientId: clientId() }))
    expect(kinds(plan)).toEqual([
      'create-ekm-credential',
      'map-credential',
      'prove-credential',
      'unmap-credential',
    ])
    const [create] = plan.steps
    expect(displayScript(create?.scripts[0] ?? { language: 'tsql', parts: [] })).toBe(`USE [master];
CREATE CREDENTIAL [vault_cred]
  WITH IDENTITY = N'ktr-vault-weu',
    SECRET = N'${clientId().replaceAll('-', '')}«ekm_client_secret»'
  FOR CRYPTOGRAPHIC PROVIDER [AKV];`)
    await stage.run(plan)
    expect(stage.evidence.find(({ data }) => data?.['proof'] === 'proven')?.value).toMatch(
      /shows \d+ keys of the vault/,
    )
    expect(await credentialsOf(plain)).toEqual([{ name: 'vault_cred', credential_identity: 'ktr-vault-weu' }])
    expect(await plain.rows('SELECT * FROM sys.server_principal_credentials')).toEqual([])
    await stage.undo(plan)
    expect(await credentialsOf(plain)).toEqual([])
  })

  it('with Azure: the application proves itself before anything is made, and its secrets are told', async () => {
    const stage = open()
    const plan = await stage.ready(
      withAzure(plain, {
        clientId: clientId(),
        secretFrom: 'typed',
        proofKey: 'ktr-tde-sql01',
        proveHere: false,
      }),
    )
    expect(kinds(plan)).toEqual(['prove-wrap', 'list-client-secrets', 'create-ekm-credential'])
    // The typed secret is bound to the server, and goes to Azure and to the server.
    expect(plan.secrets.map(({ hole, target }) => [hole, target.id])).toEqual([
      ['ekm_client_secret', plain.ref.id],
      ['application_secret', plain.ref.id],
    ])
    await stage.run(plan)
    expect(stage.evidence.some(({ statement }) => statement.startsWith('Secrets of ktr-ekm-sql01'))).toBe(
      true,
    )
    await drop('vault_cred')
  })

  it('a wrong secret does not get past its proof, and the undo leaves nothing', async () => {
    const stage = open([plain], 'not~the.secret-of-the-application')
    const plan = await stage.ready(answersFor(plain, { clientId: clientId() }))
    expect(await refusal(stage.run(plan))).toMatch(/^ekm-not-proven: /)
    expect(await stage.undo(plan)).toEqual([
      'prove-credential stays',
      'map-credential undone',
      'create-ekm-credential undone',
    ])
    expect(await credentialsOf(plain)).toEqual([])
  })

  it('for a managed identity: called like the host, without a secret; an older version blocks it', async () => {
    const stage = open()
    const { plan, advice } = await stage.review(
      answersFor(plain, { identityKind: 'managed-identity', clientSecret: null }),
    )
    expect(displayScript(plan.steps[0]?.scripts[0] ?? { language: 'tsql', parts: [] })).toBe(`USE [master];
CREATE CREDENTIAL [ktr-vault-weu.vault.azure.net]
  WITH IDENTITY = N'Managed Identity'
  FOR CRYPTOGRAPHIC PROVIDER [AKV];`)
    expect(plan.secrets).toEqual([])
    expect(advice.blockers.map(({ what }) => what)).toEqual(['KTR-PLAIN has no managed identity for keys'])
    expect(advice.warnings.map(({ what }) => what)).toContain(
      'Whether the machine has a managed identity can’t be read',
    )
  })

  it('other clouds and managed HSMs get the whole host as IDENTITY', async () => {
    const identityOf = async (vaultHost: string) => {
      const { plan } = await open().review(answersFor(plain, { clientId: clientId(), vaultHost }))
      return displayScript(plan.steps[0]?.scripts[0] ?? { language: 'tsql', parts: [] }).split("'")[1]
    }
    expect(await identityOf('KTR-Vault-weu.vault.azure.net')).toBe('ktr-vault-weu')
    expect(await identityOf('ktr-hsm-weu.managedhsm.azure.net')).toBe('ktr-hsm-weu.managedhsm.azure.net')
    expect(await identityOf('ktr-vault.vault.azure.cn')).toBe('ktr-vault.vault.azure.cn')
    expect(await identityOf('ktr-vault.vault.usgovcloudapi.net')).toBe('ktr-vault.vault.usgovcloudapi.net')
  })

  it('blockers name what is missing and the way there', async () => {
    const blocked = async (changes: Parameters<typeof answersFor>[1], server = plain) =>
      (
        await open([server]).review(answersFor(server, { clientId: clientId(), ...changes }))
      ).advice.blockers.map(({ what }) => what)
    expect(await blocked({ provider: 'Other' })).toEqual(['KTR-PLAIN has no provider Other'])
    expect(await blocked({ credentialName: 'TDE_cred' }, tde)).toEqual(['The name TDE_cred is taken'])
    expect(await blocked({ mapTo: 'login', login: 'tde_login' }, tde)).toEqual([
      'tde_login holds a credential of AKV already',
    ])
  })

  it('a vault of another tenant is named before anything is made', async () => {
    const stage = open()
    const { advice } = await stage.review(
      withAzure(plain, {
        clientId: '11111111-2222-4333-8444-555555555555',
        secretFrom: 'typed',
        vaultHost: 'ktr-not-there.vault.azure.net',
      }),
    )
    expect(advice.blockers.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^Application 11111111.* is not in tenant /),
      'ktr-not-there.vault.azure.net was not opened',
    ])
  })
})

describe('bad input', () => {
  const fields = (changes: Parameters<typeof answersFor>[1]): Record<string, string> => {
    try {
      job.parse({ ...answersFor(plain, { clientId: clientId() }), ...changes })
      return {}
    } catch (error) {
      const problem = (error as { problem?: { fields?: { field: string; message: string }[] } }).problem
      return Object.fromEntries((problem?.fields ?? []).map(({ field, message }) => [field, message]))
    }
  }
  it.each([
    ['vaultHost', 'https://my-vault.vault.azure.net', /take https:\/\/ out/],
    ['vaultHost', 'my-vault', /Enter the whole host/],
    ['vaultHost', 'my-vault.vault.azure.net/keys/k', /holds a path/],
    ['vaultHost', 'my-vault.vault.azure.net:443', /holds a port/],
    ['vaultHost', 'my-vault.example.com', /no host of a key vault/],
    ['clientId', '1234', /is not of the form/],
    ['clientId', '', /Copy it from the application/],
    ['credentialName', '#tmp', /begins with #/],
    ['credentialName', '', /is empty/],
    ['clientSecret', null, /secret of the application is missing/],
    ['provider', '', /not chosen/],
  ])('%s: %j', (field, value, message) => {
    expect(fields({ [field]: value })).toEqual({ [field]: expect.stringMatching(message) })
  })
  it('a client id is taken with and without hyphens', () => {
    expect(fields({ clientId: clientId().replaceAll('-', '') })).toEqual({})
  })
  it('removing the old secret needs its id and a word about other servers', () => {
    const renew = {
      task: 'renew',
      azureMode: 'connected',
      azure: 't-azurecontract',
      credentials: ['t-a:c'],
      newSecret: 'make',
    }
    expect(Object.keys(fields({ ...renew, oldSecretAfter: 'remove' })).toSorted()).toEqual([
      'oldSecret',
      'othersConfirmed',
    ])
    expect(fields({ ...renew, credentials: [] })).toEqual({
      credentials: expect.stringMatching(/No credential is chosen/),
    })
  })
})

describe('prove', () => {
  it('says for each what proves it, what hangs on it, or that nothing here can', async () => {
    await tde.run(
      "CREATE CREDENTIAL spare WITH IDENTITY = 'ktr-vault-weu', SECRET = 'never-used-by-anything-at-all-00000' FOR CRYPTOGRAPHIC PROVIDER AKV; CREATE CREDENTIAL storage WITH IDENTITY = 'account'",
    )
    await tde.restart()
    const stage = open([tde])
    const plan = await stage.ready(
      withAzure(tde, {
        task: 'prove',
        clientId: clientId(),
        credentials: ['tde_cred', 'spare'].map((name) => chosenValue(tde.ref.id, name)),
      }),
    )
    expect(kinds(plan)).toEqual(['prove-credential', 'prove-credential', 'list-client-secrets'])
    await stage.run(plan)
    const said = stage.evidence.filter(({ data }) => data !== undefined && 'proof' in data)
    expect(said.map(({ data, value }) => [data?.['credential'], data?.['proof'], value])).toEqual([
      ['tde_cred', 'proven', 'Sales is ONLINE: the engine opened tde since it started'],
      ['spare', 'open', 'no login holds it, so nothing uses it'],
    ])
    expect(
      stage.evidence.find(({ statement }) => statement === 'Databases that hang on tde_cred')?.value,
    ).toBe('Sales')
    await tde.run('DROP CREDENTIAL spare; DROP CREDENTIAL storage')
  })
})

describe('renew', () => {
  const secretsOf = async (stage: CredentialStage) => {
    const directory = await stage.side.azure.directories.open(stage.side.connection)
    return (await directory.application(clientId()))?.secrets ?? []
  }
  const answers = (oldSecret: string | null, changes = {}) =>
    withAzure(tde, {
      task: 'renew',
      clientId: clientId(),
      credentials: [chosenValue(tde.ref.id, 'tde_cred')],
      newSecret: 'make',
      clientSecret: null,
      oldSecretAfter: oldSecret === null ? 'keep' : 'remove',
      oldSecret: oldSecret ?? '',
      othersConfirmed: true,
      ...changes,
    })
  const salesIs = async () =>
    (await tde.rows("SELECT state_desc FROM sys.databases WHERE name = 'Sales'"))[0]?.['state_desc']

  it('new secret, proof, every node, restart, proof, and only then the old one goes; killed at each point', async () => {
    const stage = open([tde])
    const [old] = await secretsOf(stage)
    const plan = await stage.ready(answers(old?.keyId ?? ''))
    expect(kinds(plan)).toEqual([
      'create-client-secret',
      'prove-wrap',
      'change-ekm-credential',
      'restart-service',
      'prove-credential',
      'remove-client-secret',
    ])
    // Nothing typed: the run has it made.
    expect(plan.secrets).toEqual([])
    const killed = new Set<string>()
    stage.kill = (step, when) => {
      const point = `${when} ${step.kind}`
      if (killed.has(point)) return
      killed.add(point)
      throw new Killed(point)
    }
    const goOn = async (): Promise<string> => {
      for (;;) {
        try {
          await stage.run(plan)
          return 'done'
        } catch (error) {
          if (error instanceof Killed) continue
          return refusal(Promise.reject(error as Error))
        }
      }
    }
    expect(await goOn()).toMatch(/^ekm-restart-waits: /)
    // Both secrets sign in; the old one is not removed while the server was not restarted.
    expect((await secretsOf(stage)).length).toBe(2)
    expect(await goOn()).toMatch(/^ekm-restart-waits: /)
    await tde.restart()
    expect(await goOn()).toBe('done')
    expect(killed.size).toBe(11)
    const left = await secretsOf(stage)
    expect(left.map(({ keyId }) => keyId)).not.toContain(old?.keyId)
    expect(left.map(({ name }) => name)).toEqual([expect.stringMatching(/^keyturn-/)])
    // What is left is the one that the keyring has, and the server opens its key with it.
    expect(stage.keyring.port().list({ purpose: 'ekm.client-secret' })).toHaveLength(1)
    await tde.restart()
    expect(await salesIs()).toBe('ONLINE')
  })

  it('a secret that the server does not sign in with ends before the old one is touched', async () => {
    const stage = credentialStage(place, [tde], { [typedSecret]: 'wrong~secret.value' })
    stages.push(stage)
    const [old] = await secretsOf(stage)
    const plan = await stage.ready(
      answers(old?.keyId ?? '', { newSecret: 'typed', clientSecret: typedSecret }),
    )
    // Azure says it first, and the credential is as it was.
    expect(await refusal(stage.run(plan))).toMatch(/^vault-secret-refused: /)
    expect((await secretsOf(stage)).map(({ keyId }) => keyId)).toEqual([old?.keyId])
    // Without that proof the server's own answer stops it.
    const blind = { ...plan, steps: plan.steps.filter(({ kind }) => kind !== 'prove-wrap') }
    expect(await refusal(stage.run(blind))).toMatch(/^ekm-restart-waits: /)
    await tde.restart()
    expect(await salesIs()).toBe('RECOVERY_PENDING')
    expect(await refusal(stage.run(blind))).toMatch(/^ekm-not-proven: .*tde_cred/)
    const hasty = { ...plan, steps: plan.steps.filter(({ kind }) => kind === 'remove-client-secret') }
    expect(await refusal(stage.run(hasty))).toMatch(/^ekm-old-secret-needed: /)
    expect((await secretsOf(stage)).map(({ keyId }) => keyId)).toEqual([old?.keyId])
  })

  it('an undo after the servers have the new secret leaves it: they need it', async () => {
    const stage = open([tde])
    const plan = await stage.ready(answers(null))
    expect(kinds(plan)).not.toContain('remove-client-secret')
    expect(await refusal(stage.run(plan))).toMatch(/^ekm-restart-waits: /)
    const said = await stage.undo(plan)
    expect(said).toContain('create-client-secret stays')
    expect((await secretsOf(stage)).length).toBe(2)
    // The database that the test before left closed opens with the new secret.
    await tde.restart()
    expect(await stage.run(plan)).toEqual(['restart-service', 'prove-credential'])
    expect(await salesIs()).toBe('ONLINE')
  })
})

describe('the runbook', () => {
  it('has a part for what follows a restart, and says what is done in Azure', async () => {
    const stage = open([tde])
    const { plan } = await stage.review(
      withAzure(tde, {
        task: 'renew',
        clientId: clientId(),
        credentials: [chosenValue(tde.ref.id, 'tde_cred')],
        newSecret: 'make',
        clientSecret: null,
      }),
    )
    const text = runbookSql(plan, 'abc')
    expect(text.match(/^-- Part \d of \d: .*$/gm)).toEqual([
      '-- Part 1 of 2: run this part on KTR-TDE, with PART=1',
      '-- Part 2 of 2: run this part on KTR-TDE, with PART=2',
    ])
    expect(text).toContain(`SECRET = N'${clientId().replaceAll('-', '')}$(EKM_CLIENT_SECRET)'`)
    expect(text).not.toContain('APPLICATION_SECRET')
    expect(text.match(/Not on this server: done in Azure/g)).toHaveLength(2)
  })
})
