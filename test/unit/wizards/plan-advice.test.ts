import { describe, expect, it } from 'vitest'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import {
  certificate,
  database,
  draft,
  ekm,
  facts,
  keyThere,
  read,
  runId,
  thumb,
  underVaultKey,
  unread,
  useExisting,
} from './samples.ts'

describe('blockers', () => {
  const blockers = (changes: Parameters<typeof facts>[0], answers: Parameters<typeof draft>[0] = {}) =>
    planEncryptedBackup(draft(answers), facts(changes), runId).advice.blockers.map(
      ({ what, measured }) => `${what} | ${measured}`,
    )

  it('has none for the sample', () => expect(blockers({})).toEqual([]))
  const server = {
    version: '12.0.1',
    major: 12,
    edition: 'Standard Edition',
    engineEdition: 2,
    serverName: 'S',
  }
  it.each([
    [
      'an old version',
      { server: read({ ...server, version: '11.0.1', major: 11 }) },
      {},
      /does not encrypt backups/,
    ],
    [
      'Express',
      { server: read({ ...server, edition: 'Express Edition (64-bit)', engineEdition: 4 }) },
      {},
      /edition does not create/,
    ],
    ['Web', { server: read({ ...server, edition: 'Web Edition (64-bit)' }) }, {}, /edition does not create/],
    ['an unknown version', { server: unread() }, {}, /not visible with this login/],
    ['a database that is not ONLINE', {}, { databases: ['Broken'] }, /RECOVERY_PENDING/],
    ['tempdb', {}, { databases: ['tempdb'] }, /tempdb/],
    ['a database that is gone', {}, { databases: ['Gone'] }, /not there, or not visible/],
    [
      'a database without backup rights',
      { databases: read([database({ mayBackup: false })]) },
      {},
      /no right to back it up/,
    ],
    ['an unknown master key', { masterKey: unread() }, {}, /state of the master key is not known/],
    ['a master key that is there', { masterKey: read(keyThere()) }, {}, /has a database master key/],
    ['no master key to use', {}, { masterKeyMode: 'use' }, /has no database master key/],
    [
      'a closed master key',
      { masterKey: read(keyThere(false)) },
      { masterKeyMode: 'use' },
      /does not open by itself/,
    ],
    [
      'a taken certificate name, other case',
      { certificates: read([certificate({ name: 'kt_backup_2026' })]) },
      {},
      /is taken/,
    ],
    ['an expiry that has passed', {}, { certificateExpiry: '2026-11-22' }, /expiry of the new certificate/],
    ['a missing folder', { backupFolder: read(false) }, {}, /does not see the folder E:/],
    [
      'no CONTROL on master',
      {
        rights: read({
          sysadmin: false,
          controlServer: false,
          viewServerState: true,
          createDatabase: true,
          controlMaster: false,
          createCertificate: true,
          alterCredential: true,
        }),
      },
      {},
      /no CONTROL on master/,
    ],
    [
      'no CREATE ANY DATABASE',
      {
        rights: read({
          sysadmin: false,
          controlServer: false,
          viewServerState: true,
          createDatabase: false,
          controlMaster: true,
          createCertificate: true,
          alterCredential: true,
        }),
      },
      {},
      /no CREATE ANY DATABASE/,
    ],
    [
      'no CONTROL SERVER',
      {},
      { serviceMasterKeyFile: true, serviceMasterKeyFilePassword: 'h-smk' },
      /no CONTROL SERVER/,
    ],
    ['a secret that is gone', { secrets: {} }, {}, /«dmk_password» is not kept/],
    ['a folder of mine that is gone', { localCopyLabel: null }, {}, /folder for the certificate pair/],
    [
      'measured lack of space',
      { volumes: read([{ mountPoint: 'E:\\', availableBytes: 1024 ** 3 }]) },
      {},
      /E:\\ has too little free space \| 1.0 GB free/,
    ],
  ] as const)('%s', (_name, changes, answers, words) => {
    expect(
      blockers(changes as Parameters<typeof facts>[0], answers as Parameters<typeof draft>[0]).join('\n'),
    ).toMatch(words)
  })

  it.each([
    [{ expiresOn: '2026-11-22' }, /expired 2026-11-22/],
    [{ privateKey: 'NA' as const }, /no private key/],
    [{ privateKey: 'PW' as const }, /under a password/],
    [{ startsOn: '2027-01-01' }, /starts only on/],
  ])('a certificate with %j', (changes, words) => {
    const found = blockers(
      { masterKey: read(keyThere()), certificates: read([certificate(changes)]) },
      useExisting,
    )
    expect(found.join()).toMatch(words)
  })

  describe('a backup that its blobs do not hold', () => {
    const container = 'https://ktrbackups01.blob.core.windows.net/ktr-sql-backups'
    const limits = (gigabytes: number, answers: Parameters<typeof draft>[0] = {}) =>
      planEncryptedBackup(
        draft({ destination: 'url', containerUrl: container, transferSize: 65_536, ...answers }),
        facts({ databases: read([database({ lastBackupBytes: gigabytes * 1024 ** 3 })]) }),
        runId,
      )
        .advice.blockers.filter(({ what }) => what.includes('does not fit into its blobs'))
        .map(({ limit }) => limit.replace(/^.*? GB/, ''))

    it('asks for as many stripes as hold it', () => {
      expect(limits(100)).toEqual(['. Use 41 stripes, or a larger transfer size'])
      expect(limits(100, { blobAccess: 'access-key' })).toEqual([])
      expect(limits(100, { compression: true })).toEqual([])
    })
    it('never for more stripes than a backup can have', () => {
      expect(limits(156)).toEqual(['. Use 64 stripes, or a larger transfer size'])
      expect(limits(220)).toEqual(['. Use a larger transfer size, or compress; 64 stripes are the most'])
    })
  })

  it('do not come from what a sysadmin has anyway, nor from unmeasured space', () => {
    const rights = read({
      sysadmin: true,
      controlServer: false,
      viewServerState: false,
      createDatabase: false,
      controlMaster: false,
      createCertificate: false,
      alterCredential: true,
    })
    expect(blockers({ rights, volumes: unread() })).toEqual([])
    expect(blockers({ volumes: read([{ mountPoint: 'C:\\', availableBytes: 1 }]) })).toEqual([])
  })
})

describe('warnings', () => {
  const warnings = (changes: Parameters<typeof facts>[0], answers: Parameters<typeof draft>[0] = {}) =>
    planEncryptedBackup(draft(answers), facts(changes), runId)
      .advice.warnings.map(({ what, why }) => `${what}: ${why}`)
      .join('\n')

  it('has none for the sample', () => expect(warnings({})).toBe(''))
  it('names the age of an export as no proof, and a key never exported', () => {
    const keys = { masterKey: read(keyThere()) }
    expect(warnings({ ...keys, certificates: read([certificate()]) }, useExisting)).toContain(
      'not whether the file is still there',
    )
    expect(
      warnings({ ...keys, certificates: read([certificate({ lastExport: null })]) }, useExisting),
    ).toContain('was never exported')
  })
  it('names replicas that need the certificate', () => {
    const replicas = read([
      { replica: 'SQL-02', database: 'Sales' },
      { replica: 'SQL-03', database: 'Other' },
    ])
    expect(warnings({ replicas })).toContain('SQL-02 needs the certificate too')
    expect(warnings({ replicas })).not.toContain('SQL-03')
    expect(warnings({ replicas: unread() })).toContain('Availability replicas: not read')
  })
  it('claims no copies of a key in a vault: that there are any was not read', () => {
    const text = warnings({ ekm: ekm() }, underVaultKey)
    expect(text).toContain('This run makes no copy of KT_Backup_Key: its copies are those of its vault: ')
    expect(text).not.toMatch(/only copies/i)
  })
  it('names a short validity', () => {
    expect(warnings({}, { certificateExpiry: '2027-11-22' })).toContain(
      'After 2027-11-22 (UTC) no new backup',
    )
  })
  it('names what is chosen away', () => {
    const text = warnings(
      {},
      { copyOnly: false, checksum: false, verifyAfter: false, proveOnServer: false, localCopy: null },
    )
    for (const words of [
      'not copy-only',
      'No checksums',
      'not read again',
      'not opened',
      'No copy of the certificate pair',
    ]) {
      expect(text).toContain(words)
    }
  })
  it('names the second key of a TDE database, and one key for both layers', () => {
    const databases = read([database({ tde: true, tdeThumbprint: thumb })])
    const text = warnings(
      { databases, masterKey: read(keyThere()), certificates: read([certificate()]) },
      { ...useExisting, compression: true },
    )
    expect(text).toContain('needs two keys')
    expect(text).toContain('MAXTRANSFERSIZE = 131072')
    expect(text).toContain('guards TDE and backups at once')
  })
})
