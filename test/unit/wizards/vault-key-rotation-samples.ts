import type { VaultKeyRotationDraft } from '../../../shared/forms/vault-key-rotation-draft.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { DatabaseKey } from '../../../electron/wizards/sqlserver/database-keys.ts'
import type { EkmFacts, ProviderKeyFact } from '../../../electron/wizards/sqlserver/ekm-facts.ts'
import type { ServerFacts } from '../../../electron/wizards/sqlserver/facts-model.ts'
import type { Replica } from '../../../electron/wizards/sqlserver/read-replicas.ts'
import type { Facts, KeyInVault } from '../../../electron/wizards/vault-key-rotation/facts-model.ts'
import {
  azureTarget,
  fakeKey,
  goodVault,
  operator,
  subscriptionId,
  tenantId,
} from '../../support/azure-fake.ts'
import { database, facts as serverFacts, read, readAt } from './samples.ts'

/** Facts of one server whose databases Sales and Payroll hang on the old version of a vault key. Pure data. */

export const host = 'ktr-there.vault.azure.net'
export const oldVersion = '0'.repeat(31) + '1'
export const newVersion = '0'.repeat(31) + '2'
export const oldThumbprint = 'A'.repeat(40)
const application = '44444444-4444-4444-8444-444444444444'

export const rotationDraft = (changes: Partial<VaultKeyRotationDraft> = {}): VaultKeyRotationDraft => ({
  target: 't-server',
  databases: ['Sales'],
  azure: azureTarget.id,
  vault: host,
  vaultKey: 'ktr-tde',
  to: 'new-version',
  otherKey: '',
  origin: 'vault',
  uncovered: false,
  reference: 'version-less',
  keyBackup: 'p-mine',
  keyName: 'tde_new',
  keyLogin: 'tde_new_login',
  credentialName: 'tde_new_credential',
  applicationFilter: '',
  application,
  applicationSecret: 'h-secret',
  replicasConfirmed: false,
  logBackups: 'take',
  backupFolder: 'D:\\Backup',
  ...changes,
})

export const providerKey = (changes: Partial<ProviderKeyFact> = {}): ProviderKeyFact => ({
  name: 'tde_old',
  thumbprint: oldThumbprint,
  provider: 'AKV',
  place: read(`https://${host}/keys/ktr-tde/${oldVersion}`),
  ...changes,
})

export const ekmFacts = (changes: Partial<EkmFacts> = {}): EkmFacts => ({
  option: read({ set: true, inUse: true, advancedShown: false }),
  providers: read([
    {
      id: 65536,
      name: 'AKV',
      guid: 'g',
      dllPath: 'C:\\akv.dll',
      version: '15.0.2000.440',
      enabled: true,
      properties: null,
    },
  ]),
  credentials: read([
    {
      name: 'tde_old_credential',
      identity: 'ktr-there',
      provider: 'AKV',
      created: null,
      changed: null,
      logins: [{ login: 'tde_old_login', type: 'K', disabled: false }],
      inUse: true,
    },
  ]),
  keys: read([providerKey()]),
  keyLogins: read(['tde_old_login']),
  databases: read(
    ['Payroll', 'Sales'].map((name) => ({
      name,
      state: 'ONLINE',
      encrypted: true,
      key: { state: 3, thumbprint: oldThumbprint, encryptorType: 'ASYMMETRIC KEY', opened: null },
    })),
  ),
  service: read({ started: readAt, now: readAt }),
  ...changes,
})

const databaseKey = (name: string): DatabaseKey => ({
  database: name,
  state: 3,
  percent: 0,
  created: '2026-01-01T00:00:00.000Z',
  regenerated: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-01T00:00:00.000Z',
  algorithm: 'AES_256',
  thumbprint: oldThumbprint,
  encryptorType: 'ASYMMETRIC KEY',
  scan: 4,
})

export const keyInVault = (changes: Partial<KeyInVault> = {}): KeyInVault => ({
  name: 'ktr-tde',
  present: fakeKey({ name: 'ktr-tde', version: newVersion }),
  versions: [oldVersion, newVersion].map((version) => fakeKey({ name: 'ktr-tde', version })),
  policy: read(null),
  ...changes,
})

export const rotationFacts = (changes: Partial<Facts> = {}): Facts => ({
  ...(serverFacts() as ServerFacts),
  databases: read([database({ name: 'Payroll' }), database({ name: 'Sales' })]),
  keys: read([databaseKey('Payroll'), databaseKey('Sales')]),
  readOnlyFiles: read([]),
  roles: read({}),
  logBackups: read({}),
  logChains: read({ Sales: true, Payroll: true }),
  replicasAsked: [],
  replicaKeys: {},
  ekm: ekmFacts(),
  needs: {
    databases: ekmFacts().databases,
    logs: read([{ database: 'Sales', thumbprint: oldThumbprint, files: 2 }]),
    encryptedBackups: read({}),
    backups: read([{ database: 'Sales', backups: 3, oldest: readAt, newest: readAt }]),
  },
  backupFolder: read(true),
  azure: {
    target: azureTarget,
    identity: { tenantId, subscriptionId },
    cloud: 'public',
    principal: operator,
    plannedAt: readAt,
    readAt,
    subscriptions: read([]),
    regions: read([]),
    groups: read([]),
    vaults: read([goodVault()]),
    managedHsms: read([]),
    deletedVaults: read([]),
    chosen: goodVault(),
    keys: read([fakeKey({ name: 'ktr-tde' })]),
    old: read(keyInVault()),
    other: null,
    rights: null,
    applications: read([]),
    application: read({
      application: {
        clientId: application,
        objectId: 'o',
        name: 'ktr-ekm',
        secrets: [],
        mark: null,
      } as never,
      servicePrincipal: { objectId: 'p', enabled: true } as never,
    }),
  },
  secrets: { 'h-secret': { generation: 1, label: 'secret' } },
  backupLabel: '/home/j/keys',
  ...changes,
})

export const silentReplica: Replica = {
  name: 'SQL-02',
  databases: ['Sales'],
  asked: 'no-connection',
  at: readAt,
}

/** A replica that answered, with keys of its own. */
export const answeringReplica = (ekm: EkmFacts): Pick<Facts, 'replicasAsked' | 'replicaKeys'> => {
  const id = asTargetId('t-replica2')
  const own = serverFacts() as ServerFacts
  return {
    replicasAsked: [
      {
        name: 'SQL-02',
        databases: ['Sales'],
        asked: 'answered',
        facts: { ...own, target: { ...own.target, id, name: 'SQL-02' } },
      },
    ],
    replicaKeys: { [id]: ekm },
  }
}
