import { describe, expect, it } from 'vitest'
import { displayScript, runbookScript } from '../../../shared/model/script.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import { notChecked } from '../../../electron/wizards/encrypted-backup/not-checked.ts'
import { certificate, database, draft, facts, keyThere, read, runId, thumb, unread } from './samples.ts'

const plan = (...args: Parameters<typeof draft>) => planEncryptedBackup(draft(...args), facts(), runId).plan
const useExisting = {
  masterKeyMode: 'use',
  masterKeyPassword: null,
  certificateMode: 'use',
  certificateName: 'KT_Old',
} as const
const withKeys = facts({ masterKey: read(keyThere()), certificates: read([certificate()]) })
const kinds = (steps: readonly { kind: string }[]) => steps.map(({ kind }) => kind)

describe('the plan', () => {
  it('is the same, byte for byte, for the same draft, facts and run', () => {
    expect(JSON.stringify(plan())).toBe(JSON.stringify(plan()))
    const other = planEncryptedBackup(draft(), facts(), asRunId('zzzzzzzzzzzz')).plan
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(plan()))
  })

  it('does not depend on the time of the facts, only on the day', () => {
    const later = planEncryptedBackup(draft(), facts({ readAt: '2026-11-22T23:59:59.000Z' }), runId).plan
    expect(JSON.stringify(later)).toBe(JSON.stringify(plan()))
  })

  it('exports and proves the keys before the first backup', () => {
    expect(kinds(plan({ serviceMasterKeyFile: true, serviceMasterKeyFilePassword: 'h-smk' }).steps)).toEqual([
      'create-master-key',
      'back-up-master-key',
      'back-up-service-master-key',
      'create-certificate',
      'back-up-certificate',
      'prove-on-server',
      'drop-scratch',
      'fetch-certificate-pair',
      'back-up-database',
      'verify-backup',
    ])
  })

  it('leaves out what is chosen away, and makes no key where one is there', () => {
    const { plan: made, advice } = planEncryptedBackup(
      draft({ ...useExisting, proveOnServer: false, localCopy: null, verifyAfter: false }),
      withKeys,
      runId,
    )
    expect(kinds(made.steps)).toEqual(['back-up-master-key', 'back-up-certificate', 'back-up-database'])
    expect(advice.satisfied.map(({ title }) => title)).toEqual([
      'Database master key of master',
      'Certificate KT_Old',
    ])
    expect(advice.blockers).toEqual([])
    expect(made.steps.at(-1)?.params).toMatchObject({ thumbprint: thumb })
  })

  it('repairs a key that does not open by itself, and only such a one', () => {
    const closed = facts({ masterKey: read(keyThere(false)) })
    const repair = draft({ masterKeyMode: 'repair' })
    expect(kinds(planEncryptedBackup(repair, closed, runId).plan.steps)[0]).toBe('repair-master-key')
    const open = planEncryptedBackup(repair, facts({ masterKey: read(keyThere()) }), runId)
    expect(kinds(open.plan.steps)[0]).toBe('back-up-master-key')
    expect(open.advice.satisfied).toHaveLength(1)
  })

  it('undoes new keys only until the first backup', () => {
    const { steps } = plan()
    const first = steps.findIndex(({ kind }) => kind === 'back-up-database') + 1
    expect(steps.find(({ kind }) => kind === 'create-certificate')?.undo).toMatchObject({
      can: 'until',
      beforeStep: first,
    })
    expect(steps.find(({ kind }) => kind === 'create-master-key')?.undo).toMatchObject({
      can: 'until',
      beforeStep: first,
    })
    expect(steps.find(({ kind }) => kind === 'back-up-database')?.undo).toMatchObject({ can: false })
  })

  it('names each secret once, with its generation; the throw-away password has no handle', () => {
    expect(plan().secrets.map(({ hole, handle, generation }) => [hole, handle, generation])).toEqual([
      ['dmk_password', 'h-dmk', 1],
      ['dmk_file_password', 'h-file', 2],
      ['certificate_file_password', 'h-cert', 1],
    ])
  })

  it('gives databases with equal file names different files', () => {
    const two = plan({ databases: ['a b', 'a_b', 'A B'] })
    const files = two.steps.flatMap(({ params, kind }) =>
      kind === 'back-up-database' && typeof params === 'object' && params !== null && 'file' in params
        ? [params['file']]
        : [],
    )
    expect(files).toEqual([
      'E:\\Backup\\a_b_20261122_k7f3ab2c.bak',
      'E:\\Backup\\a_b-2_20261122_k7f3ab2c.bak',
      'E:\\Backup\\A_B-3_20261122_k7f3ab2c.bak',
    ])
  })

  it('says what nobody checks', () => {
    expect(notChecked(plan()).join(' ')).toContain('No backup was restored')
    expect(notChecked(plan({ proveOnServer: false })).join(' ')).toContain('written but not opened')
  })
})

describe('the statements', () => {
  const text = (kind: string, made = plan()) =>
    made.steps
      .filter((step) => step.kind === kind)
      .flatMap(({ scripts }) => scripts.map(displayScript))
      .join('\nGO\n')

  it('create-master-key', () => {
    expect(text('create-master-key')).toMatchInlineSnapshot(`
      "USE [master];
      CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'«dmk_password»';"
    `)
    expect(runbookScript(plan().steps[0]?.scripts[0] ?? { language: 'tsql', parts: [] })).toContain(
      "N'$(DMK_PASSWORD)'",
    )
  })
  it('repair-master-key', () => {
    const made = planEncryptedBackup(
      draft({ masterKeyMode: 'repair' }),
      facts({ masterKey: read(keyThere(false)) }),
      runId,
    ).plan
    expect(text('repair-master-key', made)).toMatchInlineSnapshot(`
      "USE [master];
      OPEN MASTER KEY DECRYPTION BY PASSWORD = N'«dmk_password»';
      ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY;
      CLOSE MASTER KEY;"
    `)
  })
  it('key files', () => {
    const made = plan({ serviceMasterKeyFile: true, serviceMasterKeyFilePassword: 'h-smk' })
    expect(text('back-up-master-key', made)).toMatchInlineSnapshot(`
      "USE [master];
      BACKUP MASTER KEY TO FILE = N'D:\\Keys\\master_DMK_20261122_k7f3ab2c.key'
        ENCRYPTION BY PASSWORD = N'«dmk_file_password»';"
    `)
    expect(text('back-up-service-master-key', made)).toMatchInlineSnapshot(`
      "USE [master];
      BACKUP SERVICE MASTER KEY TO FILE = N'D:\\Keys\\SMK_20261122_k7f3ab2c.key'
        ENCRYPTION BY PASSWORD = N'«smk_file_password»';"
    `)
  })
  it('certificate', () => {
    expect(text('create-certificate')).toMatchInlineSnapshot(`
      "USE [master];
      CREATE CERTIFICATE [KT_Backup_2026]
        WITH SUBJECT = N'Backup encryption SQLPROD-01 2026',
        EXPIRY_DATE = '20311231';"
    `)
    expect(text('back-up-certificate')).toMatchInlineSnapshot(`
      "USE [master];
      BACKUP CERTIFICATE [KT_Backup_2026]
        TO FILE = N'D:\\Keys\\KT_Backup_2026_20261122_k7f3ab2c.cer'
        WITH PRIVATE KEY (
          FILE = N'D:\\Keys\\KT_Backup_2026_20261122_k7f3ab2c.pvk',
          ENCRYPTION BY PASSWORD = N'«certificate_file_password»');"
    `)
    expect(text('fetch-certificate-pair')).toMatchInlineSnapshot(`
      "USE [master];
      SELECT c.thumbprint AS thumbprint,
        CERTENCODED(c.certificate_id) AS certificate,
        CERTPRIVATEKEY(c.certificate_id, N'«certificate_file_password»') AS private_key
      FROM master.sys.certificates AS c
      WHERE c.name = N'KT_Backup_2026';"
    `)
  })
  it('scratch database', () => {
    expect(text('prove-on-server')).toMatchInlineSnapshot(`
      "USE [master];
      CREATE DATABASE [KT_scratch_k7f3ab2c];
      GO
      USE [KT_scratch_k7f3ab2c];
      CREATE CERTIFICATE [KT_proof]
        FROM FILE = N'D:\\Keys\\KT_Backup_2026_20261122_k7f3ab2c.cer'
        WITH PRIVATE KEY (
          FILE = N'D:\\Keys\\KT_Backup_2026_20261122_k7f3ab2c.pvk',
          DECRYPTION BY PASSWORD = N'«certificate_file_password»',
          ENCRYPTION BY PASSWORD = N'«throw_away_password»');
      USE [master];
      GO
      USE [KT_scratch_k7f3ab2c];
      RESTORE MASTER KEY FROM FILE = N'D:\\Keys\\master_DMK_20261122_k7f3ab2c.key'
        DECRYPTION BY PASSWORD = N'«dmk_file_password»'
        ENCRYPTION BY PASSWORD = N'«throw_away_password»';
      USE [master];"
    `)
    expect(text('drop-scratch')).toMatchInlineSnapshot(`
      "USE [master];
      DROP DATABASE [KT_scratch_k7f3ab2c];"
    `)
  })
  it('backup and check', () => {
    expect(text('back-up-database')).toMatchInlineSnapshot(`
      "USE [master];
      BACKUP DATABASE [Sales]
        TO DISK = N'E:\\Backup\\Sales_20261122_k7f3ab2c.bak'
        WITH FORMAT,
          COPY_ONLY,
          CHECKSUM,
          NO_COMPRESSION,
          ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Backup_2026]),
          NAME = N'Keyturn 20261122_k7f3ab2c',
          DESCRIPTION = N'Encrypted backup by Keyturn, keyturn:k7f3ab2c',
          STATS = 5;"
    `)
    expect(text('verify-backup')).toMatchInlineSnapshot(`
      "USE [master];
      RESTORE VERIFYONLY FROM DISK = N'E:\\Backup\\Sales_20261122_k7f3ab2c.bak'
        WITH CHECKSUM, STATS = 5;"
    `)
  })
  it('a TDE database is compressed with the larger transfer size, another is not', () => {
    const tde = facts({ databases: read([database({ tde: true }), database({ name: 'Plain' })]) })
    const made = planEncryptedBackup(
      draft({ compression: true, databases: ['Sales', 'Plain'] }),
      tde,
      runId,
    ).plan
    const [sales, plain] = made.steps
      .filter(({ kind }) => kind === 'back-up-database')
      .map(({ scripts }) => displayScript(scripts[0] ?? { language: 'tsql', parts: [] }))
    expect(sales).toContain('COMPRESSION,\n    MAXTRANSFERSIZE = 131072,')
    expect(plain).toContain('    COMPRESSION,\n    ENCRYPTION')
    expect(plain).not.toContain('MAXTRANSFERSIZE')
  })
  it('everything chosen the other way', () => {
    const made = plan({
      algorithm: 'AES_128',
      checksum: false,
      copyOnly: false,
      stats: 10,
      backupFolder: '/var/opt/backup',
    })
    expect(text('back-up-database', made)).toMatchInlineSnapshot(`
      "USE [master];
      BACKUP DATABASE [Sales]
        TO DISK = N'/var/opt/backup/Sales_20261122_k7f3ab2c.bak'
        WITH FORMAT,
          NO_CHECKSUM,
          NO_COMPRESSION,
          ENCRYPTION (ALGORITHM = AES_128, SERVER CERTIFICATE = [KT_Backup_2026]),
          NAME = N'Keyturn 20261122_k7f3ab2c',
          DESCRIPTION = N'Encrypted backup by Keyturn, keyturn:k7f3ab2c',
          STATS = 10;"
    `)
    expect(text('verify-backup', made)).not.toContain('CHECKSUM')
  })
})

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

  it('do not come from what a sysadmin has anyway, nor from unmeasured space', () => {
    const rights = read({
      sysadmin: true,
      controlServer: false,
      viewServerState: false,
      createDatabase: false,
      controlMaster: false,
      createCertificate: false,
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
