import { describe, expect, it } from 'vitest'
import { displayScript, runbookScript } from '../../../shared/model/script.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import { notChecked } from '../../../electron/wizards/encrypted-backup/not-checked.ts'
import { certificate, database, draft, facts, keyThere, read, runId, thumb, useExisting } from './samples.ts'

const plan = (...args: Parameters<typeof draft>) => planEncryptedBackup(draft(...args), facts(), runId).plan
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
