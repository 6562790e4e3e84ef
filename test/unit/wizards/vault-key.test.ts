import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { tdeVaultKeyScreenProblems, tdeVaultKeyScreens } from '../../../shared/forms/tde-vault-key-draft.ts'
import { asServerPath } from '../../../shared/model/ids.ts'
import { displayScript, languageOfText } from '../../../shared/model/script.ts'
import { canonicalJson } from '../../../electron/engine/canonical.ts'
import type { VaultKey } from '../../../electron/ports/key-vault.ts'
import { runbookPowerShell } from '../../../electron/scripts/runbook/powershell.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { connectorLibrary } from '../../../electron/wizards/sqlserver/host-rules.ts'
import type { AzureSide, Facts } from '../../../electron/wizards/tde-vault-key/facts-model.ts'
import { tdeVaultKey } from '../../../electron/wizards/tde-vault-key/index.ts'
import { runId } from './samples.ts'
import { ekmWorld, type EkmWorld } from './ekm-servers.ts'
import { vaultKeyStage, type VaultKeyStage } from './vault-key-stage.ts'

let place: EkmWorld
beforeAll(async () => {
  place = await ekmWorld()
})
afterAll(() => place.end())

const kinds = (steps: readonly { kind: string }[]): string[] => steps.map(({ kind }) => kind)
const scratch = [
  ...['create-scratch', 'create-database-key', 'set-encryption-on', 'watch-scan', 'compare-vault-key'],
  ...['set-encryption-off', 'watch-scan', 'drop-database-key', 'drop-scratch'],
]

describe('TDE with a key of a vault, from a server that knows nothing of one', () => {
  let stage: VaultKeyStage
  beforeAll(async () => {
    stage = await vaultKeyStage(place, 'KTR-TVK-1')
  })
  afterAll(() => stage.end())

  it('plans host, server, scratch database and databases in this order', async () => {
    const { plan, advice } = await stage.plan()
    expect(advice.blockers).toEqual([])
    expect(kinds(plan.steps)).toEqual([
      ...['run-on-host', 'run-on-host', 'restart-service', 'enable-ekm', 'create-provider'],
      ...['create-ekm-credential', 'map-credential', 'create-asymmetric-key', 'create-key-login'],
      ...['unmap-credential', 'map-credential', ...scratch],
      ...['create-database-key', 'set-encryption-on', 'watch-scan', 'compare-vault-key'],
    ])
    const texts = plan.steps.flatMap(({ scripts }) => scripts.map(displayScript))
    expect(texts.filter((text) => languageOfText(text) === 'powershell')).toHaveLength(3)
  })

  it('runs to state 3 with three places that name one key', async () => {
    const { plan } = await stage.plan()
    const walked = await stage.run(plan.steps)
    const headlines = walked.flatMap(({ outcome }) =>
      outcome.evidence.flatMap(({ data }) => (data?.['headline'] === undefined ? [] : [data['subject']])),
    )
    expect(headlines).toEqual(['Sales'])
    const compared = walked.at(-1)?.outcome.evidence.map(({ value }) => value)
    expect(compared?.[0]).toMatch(/^[0-9A-F]{40}$/)
    expect(compared?.[1]).toBe(compared?.[0])
    expect(compared?.[2]).toContain('https://ktr-vault-weu.vault.azure.net/keys/ktr-tde-sql01')
    const rows = await stage.server.rows(
      "SELECT d.name AS name, k.encryption_state AS state FROM sys.databases AS d LEFT JOIN sys.dm_database_encryption_keys AS k ON k.database_id = d.database_id WHERE d.name LIKE 'KT[_]scratch%' OR d.name = 'Sales'",
    )
    expect(rows).toEqual([{ name: 'Sales', state: 3 }])
    expect(
      await stage.server.rows(
        'SELECT l.name FROM sys.server_principal_credentials s JOIN sys.server_principals l ON l.principal_id = s.principal_id',
      ),
    ).toEqual([{ name: 'KT_key_login' }])
  })
})

describe('what the review says before anything is changed', () => {
  let stage: VaultKeyStage
  let facts: Facts
  beforeAll(async () => {
    stage = await vaultKeyStage(place, 'KTR-TVK-2')
    facts = await stage.read()
  })
  afterAll(() => stage.end())

  const planned = (changes: Partial<Facts> = {}, answers: Answers = {}) =>
    tdeVaultKey.plan(tdeVaultKey.parse({ ...stage.answers, ...answers }), { ...facts, ...changes }, runId)
  const blocked = (changes: Partial<Facts>, answers: Answers = {}): string =>
    planned(changes, answers)
      .advice.blockers.map(({ what, measured, limit }) => `${what}: ${measured}: ${limit}`)
      .join('\n')
  const read = <Value>(value: Value) => ({ read: true, value, source: 'test', at: facts.readAt }) as const
  const provider = {
    id: 65536,
    name: 'AzureKeyVault_EKM',
    guid: 'g',
    dllPath: connectorLibrary,
    version: '15.0.2000.440',
    enabled: true,
    properties: null,
  }
  const credential = {
    name: 'KT_cred',
    identity: 'ktr-vault-weu',
    provider: 'AzureKeyVault_EKM',
    created: '2026-11-01T00:00:00.000Z',
    changed: '2026-11-01T00:00:00.000Z',
    logins: [],
    inUse: true,
  }
  const keyAt = (place: string | null) => ({
    name: 'KT_key',
    thumbprint: 'AB'.repeat(20),
    provider: 'AzureKeyVault_EKM',
    place: read(place),
  })
  const ekm = (changes: Partial<Facts['ekm']>): Partial<Facts> => ({ ekm: { ...facts.ekm, ...changes } })

  it('is the same plan for the same facts, whenever they were read', () => {
    const later = JSON.parse(
      JSON.stringify(facts).replaceAll(facts.readAt, '2027-01-01T00:00:00.000Z'),
    ) as Facts
    expect(canonicalJson(planned().plan)).toBe(canonicalJson(planned().plan))
    expect(canonicalJson(planned(later).plan)).toBe(canonicalJson(planned().plan))
    expect(blocked({})).toBe('')
  })

  it.each([
    [
      'another vault',
      { ...credential, identity: 'other-vault' },
      /KT_cred is something else: IDENTITY other-vault/,
    ],
    ['https:// in the identity', { ...credential, identity: 'https://ktr-vault-weu' }, /IDENTITY https/],
    ['another provider', { ...credential, provider: 'HSM' }, /for HSM/],
    [
      'held by the key’s login under another name',
      { ...credential, name: 'Other', logins: [{ login: 'KT_key_login', type: 'K', disabled: false }] },
      /KT_key_login holds another credential/,
    ],
    [
      'another one of the own login',
      { ...credential, name: 'Other', logins: [{ login: 'keyturn', type: 'S', disabled: false }] },
      /keyturn holds another credential .*33043/,
    ],
  ])('a credential that is there: %s', (_, found, expected) => {
    expect(blocked(ekm({ providers: read([provider]), credentials: read([found]) }))).toMatch(expected)
  })

  it.each([
    ['a library under another name', { ...provider, name: 'AKV' }, /registered already: as provider AKV/],
    ['another library', { ...provider, dllPath: 'C:\\other.dll' }, /loads another library: C:\\other.dll/],
    ['disabled', { ...provider, enabled: false }, /is disabled/],
  ])('a provider that is there: %s', (_, found, expected) => {
    expect(blocked(ekm({ providers: read([found]) }))).toMatch(expected)
  })

  it('what the EKM doctor of the server tests leads to it; a name that is taken does not', () => {
    const { advice } = planned({
      ...ekm({
        providers: read([{ ...provider, enabled: false }]),
        credentials: read([{ ...credential, identity: 'x' }]),
      }),
    })
    expect(advice.blockers.map(({ what, doctor }) => [what, doctor?.name])).toEqual([
      ['Provider AzureKeyVault_EKM is disabled', facts.target.name],
      [expect.stringMatching(/^Credential .* is something else$/), undefined],
    ])
  })

  it.each([
    ['another key of the vault', 'https://ktr-vault-weu.vault.azure.net/keys/other/1', /at https.*other/],
    ['the same key elsewhere', 'https://x.vault.azure.net/keys/ktr-tde-sql01/1', /at https:\/\/x/],
    ['this key', 'https://ktr-vault-weu.vault.azure.net/keys/ktr-tde-sql01/1', null],
    ['a place that nobody noted', null, null],
  ])('a key object that is there: %s', (_, at, expected) => {
    const text = blocked(
      ekm({ providers: read([provider]), credentials: read([credential]), keys: read([keyAt(at)]) }),
    )
    if (expected === null) expect(text).toBe('')
    else expect(text).toMatch(expected)
  })

  it('a database under another protector, a login through a group, an edition without it, Linux that is too old', () => {
    const key = {
      database: 'Sales',
      state: 1,
      percent: 0,
      created: null,
      regenerated: null,
      modified: null,
      algorithm: 'AES_256',
      thumbprint: 'CD'.repeat(20),
      encryptorType: 'CERTIFICATE',
      scan: 0,
    }
    expect(blocked({ keys: read([key]) })).toMatch(
      /Sales has a database encryption key under another protector/,
    )
    expect(blocked({ keys: read([{ ...key, state: 3 }]) })).toMatch(/TDE is on or on its way/)
    expect(blocked({ ownLogin: read(false) })).toMatch(/can’t hold a credential/)
    const server = facts.server.read ? facts.server.value : null
    if (server === null) throw new Error('no facts')
    expect(blocked({ server: read({ ...server, edition: 'Express Edition', engineEdition: 4 }) })).toMatch(
      /33054/,
    )
    const linux = { folders: read({ backup: null, data: asServerPath('/var/opt/mssql/data') }) }
    expect(blocked(linux)).toMatch(/15\.\S+ on Linux/)
    const new2022 = { ...linux, server: read({ ...server, version: '16.0.4135.4', major: 16 }) }
    expect(blocked(new2022, { providerLibrary: '/opt/connector.so' })).toBe('')
    const kindsOnLinux = planned(new2022, { providerLibrary: '/opt/connector.so' }).plan.steps.map(
      ({ kind }) => kind,
    )
    expect(kindsOnLinux).not.toContain('run-on-host')
    expect(kindsOnLinux).not.toContain('restart-service')
  })

  it('a host that no PowerShell reaches: a folder is asked for, and the work there is announced', () => {
    const host = {
      reach: { reachable: false, because: 'This computer does not run Windows' },
      connector: null,
      registry: null,
      resources: null,
    } as const
    expect(blocked({ host })).toMatch(/No folder for the scripts/)
    const { plan, advice } = planned({ host, scriptFolderLabel: '/home/j/scripts' }, { scriptFolder: 'p-1' })
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContain(
      'Somebody has to work on the host while the run waits',
    )
    expect(plan.steps.slice(0, 3).map(({ kind }) => kind)).toEqual([
      'run-on-host',
      'run-on-host',
      'restart-service',
    ])
    expect(runbookPowerShell(plan, 'd'.repeat(64))).toContain('if ($Step -eq 2) { & {')
    expect(() => runbookSql(plan, 'd'.repeat(64))).not.toThrow()
    expect(runbookSql(plan, 'd'.repeat(64))).toContain('-- Step 2 runs on the Windows host, not here')
    expect(runbookSql(plan, 'd'.repeat(64))).not.toContain('#Requires')
  })

  it('a failover cluster: its nodes are prepared by hand, from checkpoint and restart by its resource; then it runs', () => {
    const service = read({ account: 'D\\svc', clustered: true })
    const byHand =
      /The host of a failover cluster instance is prepared by hand: KTR-TVK-2 is the name of the virtual/
    expect(blocked({ service })).toMatch(byHand)
    const { plan, advice } = planned({ service }, { clusterResource: 'SQL Server (PROD)' })
    expect(advice.blockers).toHaveLength(1)
    const works = { ...provider, properties: { version: '15.0.2000.440', name: 'x' } }
    const noted = keyAt('https://ktr-vault-weu.vault.azure.net/keys/ktr-tde-sql01/1')
    const first = { ...noted, name: 'First' }
    const host = {
      reach: { reachable: false, because: 'another computer' },
      connector: null,
      registry: null,
      resources: null,
    } as const
    const loaded = ekm({ providers: read([works]), keys: read([]) })
    expect(blocked({ service, host, ...loaded }, { scriptFolder: 'p-1' })).toMatch(byHand)
    expect(planned({ service, host, ...loaded }).advice.warnings.map(({ what }) => what)).not.toContain(
      'Somebody has to work on the host while the run waits',
    )
    const prepared = { service, host, ...ekm({ providers: read([works]), keys: read([first]) }) }
    expect(blocked(prepared)).toBe('')
    expect(kinds(planned(prepared).plan.steps)).not.toContain('run-on-host')
    expect(plan.steps.slice(0, 4).map(({ kind, params }) => [kind, params])).toMatchObject([
      ['run-on-host', { purpose: 'connector' }],
      ['run-on-host', { purpose: 'registry' }],
      ['run-on-host', { purpose: 'checkpoint', resource: 'SQL Server (PROD)' }],
      ['restart-service', { resource: 'SQL Server (PROD)' }],
    ])
  })

  it('what Azure says of the key, the vault and the secret', () => {
    const key: VaultKey = {
      name: 'ktr-tde-sql01',
      version: 'a'.repeat(32),
      type: 'RSA',
      bits: 3072,
      curve: null,
      enabled: true,
      notBefore: null,
      expires: null,
      created: null,
      updated: null,
      mark: null,
      uses: ['wrapKey', 'unwrapKey'],
      recovery: null,
      managed: false,
      exportable: false,
    } as never
    const side = (change: Partial<VaultKey> | null, more: Partial<AzureSide> = {}): Partial<Facts> => ({
      azure: {
        answered: true,
        side: {
          target: { id: 'a-1' as never, kind: 'azure', name: 'sub', environment: 'test' },
          identity: {} as never,
          vaults: read([
            { name: 'ktr-vault-weu', host: 'ktr-vault-weu.vault.azure.net', purgeProtection: false } as never,
          ]),
          managedHsms: read([]),
          keys: null,
          key: read({
            name: 'ktr-tde-sql01',
            key: change === null ? null : { ...key, ...change },
            deleted: null,
          }),
          application: read({
            application: {
              objectId: 'o',
              clientId: 'c',
              name: 'sp',
              mark: null,
              createdAt: null,
              secrets: [{ keyId: 'k', name: '', hint: 'abc', starts: null, expires: facts.readAt }],
            },
            servicePrincipal: null,
          }),
          kept: [],
          ...more,
        },
      },
    })
    for (const [change, expected] of [
      [{ bits: 4096 }, /4096 bits; the connector takes 2,048 and 3,072/],
      [{ type: 'EC' as never }, /its type is EC/],
      [{ enabled: false }, /it is disabled/],
      [{ expires: '2020-01-01T00:00:00Z' }, /it expired on 2020-01-01/],
      [{ notBefore: '2090-01-01T00:00:00Z' }, /not valid before 2090-01-01/],
      [null, /has no key ktr-tde-sql01/],
    ] as const)
      expect(blocked(side(change))).toMatch(expected)
    const warned = planned(side({}))
      .advice.warnings.map(({ what }) => what)
      .join('\n')
    expect(warned).toMatch(/no purge protection/)
    expect(warned).toMatch(/last secret of the application ends on/)
    expect(planned({}, { keyBackupConfirmed: false }).advice.warnings.map(({ what }) => what)).toContain(
      'No backup of ktr-tde-sql01 is shown',
    )
  })

  it('names the field and the fix of answers that no statement can hold', () => {
    const wrong: [Answers, string, RegExp][] = [
      [{ vaultHost: 'https://ktr-vault-weu.vault.azure.net' }, 'vaultHost', /take https:\/\/ out/],
      [{ vaultKey: 'x'.repeat(27) }, 'vaultKey', /26/],
      [{ versionMode: 'pinned', keyVersion: 'a'.repeat(31) }, 'keyVersion', /32/],
      [{ clientId: 'no-id' }, 'clientId', /00000000-0000/],
      [{ keyLogin: 'KT_key' }, 'keyLogin', /_login/],
      [{ credentialName: '#x' }, 'credentialName', /#/],
      [{ providerLibrary: 'x.dll' }, 'providerLibrary', /drive/],
      [{ providerLibrary: `C:\\${'x'.repeat(260)}` }, 'providerLibrary', /256/],
      [{ connectorSetup: 'C:\\x.exe' }, 'connectorSetup', /\.msi/],
      [{ databases: [] }, 'databases', /at least one/],
      [{ databases: ['Sales', 'Sales'] }, 'databases', /twice/],
      [{ azureMode: 'connected' }, 'azure', /subscription/],
      [{ secretFrom: 'kept' }, 'secretFrom', /subscription/],
      [{ keyName: 'a\nb' }, 'keyName', /./],
    ]
    for (const [answers, field, expected] of wrong) {
      const found = tdeVaultKeyScreens.flatMap((screen) =>
        tdeVaultKeyScreenProblems(screen, { ...stage.answers, ...answers }),
      )
      expect([field, found.map((one) => one.field)]).toEqual([field, [field]])
      expect(found[0]?.message).toMatch(expected)
    }
  })
})
