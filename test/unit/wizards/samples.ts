import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import { asRunId, asServerPath, parseThumbprint } from '../../../shared/model/ids.ts'
import type { Facts } from '../../../electron/wizards/encrypted-backup/facts-model.ts'
import type { EkmFacts, ProviderKeyFact } from '../../../electron/wizards/sqlserver/ekm-facts.ts'
import type { CertificateFact, DatabaseFact, Read } from '../../../electron/wizards/sqlserver/facts-model.ts'
import { target } from './fake-server.ts'

export const runId = asRunId('k7f3ab2cdefg')
export const readAt = '2026-11-22T10:00:00.000Z'

export const draft = (changes: Partial<EncryptedBackupDraft> = {}): EncryptedBackupDraft => ({
  target: target.id,
  databases: ['Sales'],
  masterKeyMode: 'create',
  masterKeyPassword: 'h-dmk',
  certificateMode: 'create',
  certificateName: 'KT_Backup_2026',
  certificateSubject: 'Backup encryption SQLPROD-01 2026',
  certificateExpiry: '2031-12-31',
  keyFolder: 'D:\\Keys',
  certificateFilePassword: 'h-cert',
  masterKeyFilePassword: 'h-file',
  serviceMasterKeyFile: false,
  serviceMasterKeyFilePassword: null,
  proveOnServer: true,
  localCopy: 'p-mine',
  encryptor: 'certificate',
  asymmetricKeyName: '',
  destination: 'disk',
  backupFolder: 'E:\\Backup',
  containerUrl: '',
  blobAccess: 'sas',
  credentialMode: 'use',
  credentialName: '',
  storageToken: null,
  accessKey: null,
  stripes: 1,
  transferSize: 4_194_304,
  blockSize: 65_536,
  algorithm: 'AES_256',
  compression: false,
  checksum: true,
  stats: 5,
  copyOnly: true,
  verifyAfter: true,
  ...changes,
})

export const read = <Value>(value: Value, view = 'catalog'): Read<Value> => ({
  read: true,
  value,
  source: `SQLPROD-01, ${view}`,
  at: readAt,
})
export const unread = (because = 'not visible with this login'): Read<never> => ({
  read: false,
  because,
  source: 'SQLPROD-01, catalog',
  at: readAt,
})

export const database = (changes: Partial<DatabaseFact> = {}): DatabaseFact => ({
  name: 'Sales',
  state: 'ONLINE',
  recoveryModel: 'FULL',
  readOnly: false,
  snapshot: false,
  tde: false,
  tdeThumbprint: null,
  mayBackup: true,
  dataBytes: 4 * 1024 ** 3,
  lastBackupBytes: 3 * 1024 ** 3,
  ...changes,
})

export const thumb = parseThumbprint('9F3A0000000000000000000000000000000077C0')
export const certificate = (changes: Partial<CertificateFact> = {}): CertificateFact => ({
  name: 'KT_Old',
  subject: 'old',
  thumbprint: thumb,
  startsOn: '2024-01-01',
  expiresOn: '2030-01-01',
  privateKey: 'MK',
  lastExport: '2025-05-03T10:00:00.000Z',
  backups: 12,
  keptUntil: null,
  withoutEnd: 12,
  protects: [],
  ...changes,
})

export const keyThere = (opensByItself = true) => ({
  keyGuid: 'A1B2C3D4-0000-4000-8000-000000000001',
  algorithm: 'AES_256',
  serviceMasterKeyCopies: opensByItself ? 1 : 0,
  passwordCopies: 1,
  opensByItself,
})

/** A key in a vault, free for backups. */
export const vaultKey = (changes: Partial<ProviderKeyFact> = {}): ProviderKeyFact => ({
  name: 'KT_Backup_Key',
  thumbprint: '9F3A0000000000000000000000000000000077C1',
  provider: 'AKV',
  place: read('https://ktr-vault-weu.vault.azure.net/keys/ktr-backup'),
  ...changes,
})

export const ekm = (changes: Partial<EkmFacts> = {}): EkmFacts => ({
  option: read({ set: true, inUse: true, advancedShown: false }),
  providers: read([
    {
      id: 65_536,
      name: 'AKV',
      guid: '2A7C0000-0000-4000-8000-000000000001',
      dllPath: 'C:\\EKM\\connector.dll',
      version: '1.0.5.0',
      enabled: true,
      properties: null,
    },
  ]),
  credentials: read([]),
  keys: read([vaultKey()]),
  keyLogins: read(['KT_Backup_Key_login']),
  databases: read([]),
  service: read({ started: '2026-11-01T00:00:00.000Z', now: readAt }),
  ...changes,
})

/** Answers that encrypt under the key in the vault. */
export const underVaultKey = { encryptor: 'asymmetric-key', asymmetricKeyName: 'KT_Backup_Key' } as const

export const facts = (changes: Partial<Facts> = {}): Facts => ({
  target,
  identity: {
    serverName: 'SQLPROD-01',
    machineName: 'SQLPROD-01',
    instanceName: 'MSSQLSERVER',
    certificateSha256: null,
  },
  principal: 'keyturn',
  plannedOn: '20261122',
  readAt,
  server: read({
    version: '16.0.4135.4',
    major: 16,
    edition: 'Enterprise Edition (64-bit)',
    engineEdition: 3,
    serverName: 'SQLPROD-01',
  }),
  folders: read({ backup: asServerPath('E:\\Backup'), data: asServerPath('E:\\Data') }),
  rights: read({
    sysadmin: false,
    controlServer: false,
    viewServerState: true,
    createDatabase: true,
    controlMaster: true,
    createCertificate: true,
    alterCredential: true,
  }),
  databases: read([
    database(),
    database({ name: 'tempdb' }),
    database({ name: 'Broken', state: 'RECOVERY_PENDING' }),
  ]),
  masterKey: read(null),
  certificates: read([]),
  volumes: read([{ mountPoint: 'E:\\', availableBytes: 100 * 1024 ** 3 }]),
  replicas: read([]),
  runningBackups: read([]),
  keyFolder: read(true),
  backupFolder: read(true),
  secrets: {
    'h-dmk': { generation: 1, label: 'DMK' },
    'h-cert': { generation: 1, label: 'Certificate file' },
    'h-file': { generation: 2, label: 'DMK file' },
    'h-smk': { generation: 1, label: 'SMK file' },
  },
  ekm: null,
  credentials: null,
  localCopyLabel: '/home/j/keys',
  ...changes,
})

/** Answers that make no new key. */
export const useExisting = {
  masterKeyMode: 'use',
  masterKeyPassword: null,
  certificateMode: 'use',
  certificateName: 'KT_Old',
} as const
