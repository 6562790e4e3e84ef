import { encryptedBackupForm } from '../../../shared/forms/encrypted-backup.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../../electron/engine/contract.ts'
import type { SqlRow, SqlServer } from '../../../electron/ports/sql-server.ts'
import { readFacts } from '../../../electron/wizards/encrypted-backup/facts.ts'
import { formFacts } from '../../../electron/wizards/encrypted-backup/options.ts'
import { fakeServer, freshState, target } from './fake-server.ts'
import { certificate, draft, ekm, facts, keyThere, read, unread, vaultKey } from './samples.ts'
import { noAzure, noHosts, noHsms } from '../../support/no-azure.ts'
import { noUsers } from '../../support/no-users.ts'

const print = Buffer.from('9F3A0000000000000000000000000000000077C0', 'hex')
const denied = new KeyturnError('sql-permission', { target: 'x', what: 'y', permission: 'z' })

/** By what only that query has in it. */
const canned = (): [RegExp, SqlRow[] | Error][] => [
  [/AS sees_all/, [{ sees_all: 1 }]],
  [
    /'EngineEdition'/,
    [
      {
        version: '14.0.3456.2',
        major: '14',
        edition: 'Standard Edition (64-bit)',
        engine_edition: 2,
        server_name: 'SQLPROD-01',
        hadr: 0,
      },
    ],
  ],
  [/InstanceDefaultBackupPath/, [{ backup_folder: 'E:\\Backup', data_folder: null }]],
  [
    /IS_SRVROLEMEMBER/,
    [
      {
        sysadmin: 0,
        control_server: 0,
        view_server_state: 1,
        create_database: 1,
        control_master: 1,
        create_certificate: null,
      },
    ],
  ],
  [
    /AS may_backup/,
    [
      {
        name: 'Sales',
        database_id: 5,
        state_desc: 'ONLINE',
        recovery_model: 'FULL',
        is_read_only: false,
        is_encrypted: false,
        source_database_id: null,
        may_backup: 1,
      },
      {
        name: 'Secret',
        database_id: 6,
        state_desc: 'ONLINE',
        recovery_model: 'SIMPLE',
        is_read_only: true,
        is_encrypted: false,
        source_database_id: null,
        may_backup: 0,
      },
    ],
  ],
  [/AS data_bytes/, [{ database_id: 5, data_bytes: 8192n }]],
  [
    /dm_database_encryption_keys/,
    [
      { database_id: 6, encryption_state: 3, encryptor_thumbprint: print },
      { database_id: 5, encryption_state: 1, encryptor_thumbprint: null },
    ],
  ],
  [/AS backup_size/, [{ database_name: 'Sales', backup_size: 4096 }]],
  [
    /##MS_DatabaseMasterKey##/,
    [{ key_guid: 'G', algorithm_desc: 'AES_256', smk_copies: 1, password_copies: 2 }],
  ],
  [/is_master_key_encrypted_by_server/, [{ opens: true }]],
  [/AS newest/, [{ encryptor_thumbprint: print, backups: 12, newest: null }]],
  [
    /FROM master\.sys\.certificates/,
    [
      {
        name: '##MS_x##',
        subject: 's',
        thumbprint: print,
        start_date: null,
        expiry_date: null,
        private_key: 'NA',
        last_export: null,
      },
      {
        name: 'KT',
        subject: 's',
        thumbprint: print,
        start_date: new Date('2025-01-01T00:00:00Z'),
        expiry_date: new Date('2030-01-01T00:00:00Z'),
        private_key: 'MK',
        last_export: null,
      },
    ],
  ],
  [/dm_os_volume_stats/, [{ mount_point: 'E:\\', available_bytes: '1024' }]],
  [/availability_replicas/, []],
  [/dm_exec_requests/, [{ database_name: 'Sales' }]],
  [/dm_os_file_exists\(N'D:\\Keys'\)/, [{ file_exists: 0, file_is_a_directory: 1 }]],
  [/dm_os_file_exists\(N'E:\\Backup'\)/, [{ file_exists: 0, file_is_a_directory: 0 }]],
]

let answers: [RegExp, SqlRow[] | Error][]
beforeEach(() => {
  answers = canned()
})
const refuse = (pattern: RegExp) => {
  answers = answers.map(([when, rows]) => [when, String(when) === String(pattern) ? denied : rows])
}
const server = (): SqlServer => ({
  ...fakeServer(freshState([])),
  query: async (sql) => {
    const rows = answers.find(([when]) => when.test(sql))?.[1]
    if (rows === undefined) throw new Error(`no answer for ${sql}`)
    if (rows instanceof Error) throw rows
    return rows
  },
})
const reader = (): PlanReader => ({
  azure: noAzure,
  hosts: noHosts,
  hsms: noHsms,
  sqlServer: async () => server(),
  secretInfo: (handle) => (handle === 'h-dmk' ? { generation: 3, label: 'DMK' } : null),
  knownServers: () => [],
  verdicts: noUsers,
  keptFor: () => [],
  clock: { now: () => new Date('2026-11-22T10:00:00Z'), monotonicMs: () => 0 },
  plannedAt: new Date('2026-11-21T23:59:59Z'),
  places: {
    folderOf: () => '/home/j',
    label: (place) => {
      if (place === 'p-mine') return '/home/j'
      throw new KeyturnError('not-found', { what: 'This folder' })
    },
  },
})
const given: Answers = { ...draft() }

describe('reading facts', () => {
  it('reads each with its source and time', async () => {
    const found = await readFacts(given, reader())
    expect(found).toMatchObject({
      target,
      principal: 'keyturn',
      plannedOn: '20261121',
      server: {
        read: true,
        value: { major: 14, engineEdition: 2 },
        source: 'SQLPROD-01, SERVERPROPERTY',
        at: '2026-11-22T10:00:00.000Z',
      },
      rights: { value: { sysadmin: false, viewServerState: true, createCertificate: null } },
      masterKey: { value: { keyGuid: 'G', opensByItself: true, passwordCopies: 2 } },
      keyFolder: { value: true },
      backupFolder: { value: false },
      secrets: { 'h-dmk': { generation: 3, label: 'DMK' } },
      localCopyLabel: '/home/j',
    })
    expect(found.databases.read && found.databases.value).toMatchObject([
      { name: 'Sales', tde: false, dataBytes: 8192, lastBackupBytes: 4096, mayBackup: true },
      {
        name: 'Secret',
        tde: true,
        tdeThumbprint: print.toString('hex').toUpperCase(),
        dataBytes: null,
        lastBackupBytes: null,
        mayBackup: false,
      },
    ])
    expect(found.certificates.read && found.certificates.value).toMatchObject([
      {
        name: 'KT',
        privateKey: 'MK',
        expiresOn: '2030-01-01',
        lastExport: null,
        backups: 12,
        protects: ['Secret'],
      },
    ])
  })

  it('says what is not visible instead of "none", and reads the rest', async () => {
    for (const pattern of [
      /dm_os_volume_stats/,
      /availability_replicas/,
      /dm_exec_requests/,
      /##MS_DatabaseMasterKey##/,
    ])
      refuse(pattern)
    const found = await readFacts(given, reader())
    for (const part of [found.volumes, found.replicas, found.runningBackups, found.masterKey]) {
      expect(part).toMatchObject({ read: false, because: 'not visible with this login' })
    }
    expect(found.databases.read).toBe(true)
  })

  it('leaves single values open where only their source is refused', async () => {
    for (const pattern of [/AS newest/, /dm_database_encryption_keys/, /AS data_bytes/, /AS backup_size/])
      refuse(pattern)
    const found = await readFacts(given, reader())
    expect(found.certificates.read && found.certificates.value[0]).toMatchObject({
      backups: null,
      protects: null,
    })
    expect(found.databases.read && found.databases.value[0]).toMatchObject({
      dataBytes: null,
      lastBackupBytes: null,
      tde: false,
    })
  })

  it('does not take a lost server for a missing right', async () => {
    answers = answers.map(([when, rows]) => [
      when,
      /volume/.test(String(when)) ? new KeyturnError('sql-lost', { target: 'x' }) : rows,
    ])
    await expect(readFacts(given, reader())).rejects.toMatchObject({ code: 'sql-lost' })
  })

  it('asks for no folder that is not a proper path, and forgets a place that is gone', async () => {
    const found = await readFacts({ ...given, keyFolder: '\\\\evil\\share', localCopy: 'p-gone' }, reader())
    expect(found.keyFolder).toBeNull()
    expect(found.localCopyLabel).toBeNull()
  })

  it('a master key without a copy under the service master key does not open by itself', async () => {
    answers = answers.map(([when, rows]) => [
      when,
      /encrypted_by_server/.test(String(when)) ? [{ opens: false }] : rows,
    ])
    const found = await readFacts(given, reader())
    expect(found.masterKey).toMatchObject({ value: { opensByItself: false } })
  })
})

describe('what screens show', () => {
  const targets = [{ value: target.id, label: target.name, usable: true }]
  const shown = (screen: string, with_ = facts()) =>
    formFacts(screen, given, with_, targets, '2026-11-22T10:00:00.000Z')

  it.each(encryptedBackupForm.screens)(
    'screen $id shows the lines that its description promises',
    (screen) => {
      const read = shown(screen.id)
      expect({
        facts: read.shown.map(({ label }) => label),
        checks: read.checks.map(({ name }) => name),
      }).toEqual(screen.reads)
    },
  )

  it('only servers while none is chosen', () => {
    expect(formFacts('server', {}, null, targets, 'now')).toMatchObject({
      options: { targets },
      checks: [],
    })
  })
  it('keeps what is unusable in the list, with its reason', () => {
    const { options } = shown('server')
    expect(options['databases']?.map(({ value, usable, reason }) => [value, usable, reason])).toEqual([
      ['Sales', true, undefined],
      ['tempdb', false, 'tempdb is made new at each start and can’t be backed up'],
      ['Broken', false, 'its state is RECOVERY_PENDING'],
    ])
    const keys = shown(
      'keys',
      facts({
        certificates: read([certificate(), certificate({ name: 'Old', expiresOn: '2026-01-01' })]),
        masterKey: read(keyThere(false)),
      }),
    )
    expect(keys.options['certificates']?.map(({ usable }) => usable)).toEqual([true, false])
    expect(keys.options['masterKeyMode']?.map(({ value, usable }) => [value, usable])).toEqual([
      ['use', false],
      ['create', false],
      ['repair', true],
    ])
  })
  it('suggests with a reason', () => {
    expect(shown('keys').suggested).toMatchObject({
      masterKeyMode: { value: 'create', because: 'master has none' },
      certificateMode: { value: 'create' },
      certificateName: { value: 'KT_Backup_2026' },
      certificateExpiry: { value: '2031-11-22' },
    })
    const there = shown(
      'keys',
      facts({ masterKey: read(keyThere()), certificates: read([certificate()]) }),
    ).suggested
    expect(there).toMatchObject({ masterKeyMode: { value: 'use' }, certificateName: { value: 'KT_Old' } })
    expect(
      shown('keys', facts({ certificates: read([certificate({ protects: ['Sales'] })]) })).suggested[
        'certificateMode'
      ],
    ).toMatchObject({ value: 'create' })
  })
  it('suggests a key of a vault only where it read what databases are under, and says who saw it', () => {
    const suggested = (changes: Parameters<typeof ekm>[0]) =>
      shown('keys', facts({ ekm: ekm(changes) })).suggested['asymmetricKeyName']
    expect(suggested({})).toEqual({
      value: 'KT_Backup_Key',
      because: 'Under it is no database encryption key that this login sees',
    })
    expect(suggested({ databases: unread() })).toBeUndefined()
    const { thumbprint } = vaultKey()
    const sales = {
      name: 'Sales',
      state: 'ONLINE',
      encrypted: true,
      key: { state: 3, thumbprint, encryptorType: 'ASYMMETRIC KEY', opened: null },
    }
    for (const encryptorType of ['ASYMMETRIC KEY', 'asymmetric_key'])
      expect(
        suggested({ databases: read([{ ...sales, key: { ...sales.key, encryptorType } }]) }),
      ).toBeUndefined()
    const byCertificate = { ...sales, key: { ...sales.key, encryptorType: 'CERTIFICATE' } }
    expect(suggested({ databases: read([byCertificate]) })).toMatchObject({ value: 'KT_Backup_Key' })
  })
  it('checks edition, rights and folders', () => {
    expect(shown('server').checks.map(({ state }) => state)).toEqual(['ok', 'ok'])
    expect(shown('server', facts({ rights: unread() })).checks.map(({ state }) => state)).toEqual([
      'ok',
      'unknown',
    ])
    expect(shown('destination', facts({ backupFolder: read(false) })).checks).toMatchObject([
      { state: 'failed', field: 'backupFolder' },
    ])
    expect(shown('files', facts({ keyFolder: null })).checks).toEqual([])
  })
  it('shows the key size that the version makes', () => {
    expect(shown('keys').shown.map(({ value }) => value)).toContain('RSA 3072 bits, decided by the version')
  })
})
