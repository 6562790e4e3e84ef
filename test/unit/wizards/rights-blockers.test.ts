/** What a login does not see is named and stops a plan that would stand on "none"; job by job, from the facts alone. */
import { describe, expect, it } from 'vitest'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import type { ServerFacts } from '../../../electron/wizards/sqlserver/facts-model.ts'
import { masterKey } from '../../../electron/wizards/master-key/index.ts'
import type { Facts as MasterKeyFacts } from '../../../electron/wizards/master-key/facts-model.ts'
import { moveDatabase } from '../../../electron/wizards/move-database/index.ts'
import type { Facts as MoveFacts } from '../../../electron/wizards/move-database/facts-model.ts'
import { restoreDrill } from '../../../electron/wizards/restore-drill/index.ts'
import { formFacts } from '../../../electron/wizards/restore-drill/options.ts'
import type {
  BackupSetFact,
  Facts as DrillFacts,
} from '../../../electron/wizards/restore-drill/facts-model.ts'
import { remedyFor } from '../../../electron/wizards/sqlserver/log-rule.ts'
import { asTargetId, parseThumbprint } from '../../../shared/model/ids.ts'
import { drillAnswers } from './drill-walk.ts'
import { target } from './fake-server.ts'
import { certificate, database, draft, facts, keyThere, read, runId, thumb, unread } from './samples.ts'

const hiddenWhy = 'not visible with this login: A RIGHT is missing'
const hidden = unread(hiddenWhy)
const told = ({ advice }: PlanOutcome) => advice.blockers.map(({ what, measured }) => `${what}: ${measured}`)
const warned = ({ advice }: PlanOutcome) => advice.warnings.map(({ what, why }) => `${what}: ${why}`)
const named = (what: string): string => `${what}: ${hiddenWhy}`

const server = (changes: Partial<ServerFacts> = {}): ServerFacts => ({
  ...facts({ masterKey: read(keyThere()), certificates: read([certificate()]) }),
  ...changes,
})
const there = { ...target, id: asTargetId('t-otherserver2'), name: 'SQLDEST-01' }
const thereIdentity = { ...facts().identity, serverName: 'SQLDEST-01', machineName: 'SQLDEST-01' }

describe('an encrypted backup', () => {
  it('says that it may start beside another, where running backups are not visible', () => {
    expect(
      warned(planEncryptedBackup(draft(), facts({ runningBackups: hidden }), runId)).join('\n'),
    ).toContain('Running backups: not read: not visible with this login: A RIGHT is missing')
    expect(warned(planEncryptedBackup(draft(), facts(), runId)).join('\n')).not.toContain('Running backups')
  })
})

describe('the service master key', () => {
  const rights = facts().rights
  const mayControl = rights.read ? read({ ...rights.value, controlServer: true }) : rights
  const planned = (changes: Partial<MasterKeyFacts>) =>
    masterKey.plan(
      masterKey.parse({
        target: target.id,
        key: 'service',
        act: 'back-up',
        database: '',
        filePassword: 'h-file',
        keyFolder: 'D:\\Keys',
        proveOnServer: false,
      }),
      {
        ...server({ rights: mayControl }),
        database: null,
        key: null,
        below: null,
        serviceKey: read({
          keyGuid: 'A1B2C3D4-0000-4000-8000-000000000002',
          algorithm: 'AES_256',
          modified: null,
        }),
        opened: read(['master']),
        keyFolder: read(true),
        secrets: { 'h-file': { generation: 1, label: 'SMK file' } },
        ...changes,
      },
      runId,
    )

  it('is not touched while it is not seen, or what it opens', () => {
    expect(told(planned({}))).toEqual([])
    expect(told(planned({ opened: hidden }))).toEqual([
      named('Which master keys the server opens by itself was not read'),
    ])
    expect(told(planned({ serviceKey: hidden }))).toEqual([named('The service master key was not read')])
  })
})

describe('a move', () => {
  const files = [
    { logical: 'Sales', path: 'E:\\Data\\Sales.mdf', type: 0, pages: 64 },
    { logical: 'Sales_log', path: 'E:\\Data\\Sales_log.ldf', type: 1, pages: 64 },
  ]
  const moved = { userAccess: 'MULTI_USER', owner: 'sa', trustworthy: false, broker: false, files, users: 0 }
  const destination = (changes: Partial<ServerFacts> = {}): MoveFacts['destination'] => ({
    answered: true,
    facts: { ...server({ target: there, identity: thereIdentity }), ...changes },
    account: read(null),
    owner: null,
    dataFolder: read(true),
    readFolder: read(true),
    keyFolder: null,
  })
  const planned = (changes: Partial<MoveFacts> = {}, answers: Record<string, string> = {}) =>
    moveDatabase.plan(
      moveDatabase.parse({
        target: target.id,
        database: 'Sales',
        destination: there.id,
        newName: 'Moved',
        dataFolder: 'E:\\Data',
        backupFolder: '\\\\ktr-files\\move',
        ...answers,
      }),
      {
        ...server(),
        database: 'Sales',
        moved: read(moved),
        encryption: read({ state: 3, thumbprint: thumb, byCertificate: true }),
        databaseKey: read(null),
        backupFolder: read(true),
        destination: destination(),
        secrets: {},
        ...changes,
      },
      runId,
    )

  it('is planned where all of it was read', () => {
    expect(told(planned())).toEqual([])
  })

  it.each<[string, Partial<MoveFacts>]>([
    ['Whether Sales is in an availability group was not read', { replicas: hidden }],
    ['Whether Sales has a master key of its own was not read', { databaseKey: hidden }],
    ['Encryption of the database was not read', { encryption: hidden }],
    ['Databases of SQLDEST-01 were not read', { destination: destination({ databases: hidden }) }],
    ['The master key of SQLDEST-01 was not read', { destination: destination({ masterKey: hidden }) }],
  ])('stops: %s', (what, changes) => {
    expect(told(planned(changes))).toEqual([named(what)])
  })

  it('does not call a certificate missing that may be there and hidden', () => {
    const unseenThere = told(planned({ destination: destination({ certificates: hidden }) }))
    expect(unseenThere).toContain(named('Certificates of SQLDEST-01 were not read'))
    const unseenHere = planned({
      certificates: hidden,
      destination: destination({ certificates: read([]) }),
    })
    expect(told(unseenHere)).toContain(named('The certificate of the database is not visible on the source'))
    expect(told(unseenHere).join('\n')).not.toContain('master shows none')
    expect(told(planned({ certificates: hidden }, { backupCertificate: 'KT_Old' })).join('\n')).not.toContain(
      'master shows none',
    )
  })
})

describe('a drill', () => {
  const setId = 'AAAAAAAA-0000-4000-8000-000000000001'
  const full = (changes: Partial<BackupSetFact> = {}): BackupSetFact => ({
    setId,
    database: 'Sales',
    kind: 'full',
    finishedAt: '2026-11-22T09:00:00.000Z',
    position: 1,
    copyOnly: false,
    checksums: true,
    firstLsn: '1',
    lastLsn: '2',
    checkpointLsn: '1',
    databaseBackupLsn: '0',
    bytes: 8192,
    major: 16,
    algorithm: null,
    thumbprint: null,
    files: ['E:\\Backup\\sales.bak'],
    media: 'disk',
    encryptor: null,
    databaseFiles: [
      { logical: 'Sales', kind: 'D', bytes: 8192 },
      { logical: 'Sales_log', kind: 'L', bytes: 8192 },
    ],
    ...changes,
  })
  type Drill = NonNullable<DrillFacts['drill']>
  const drillServer = (changes: Partial<Drill> = {}): Drill => ({
    ...server({ target: there, identity: thereIdentity, masterKey: read(null), certificates: read([]) }),
    userDatabases: read([]),
    account: read(null),
    logFolder: read(null),
    seen: { backup: read(true), data: read(true), log: read(true) },
    ekm: null,
    credentials: null,
    keyFolders: [],
    ...changes,
  })
  const withFiles = (files: readonly string[]): Drill =>
    drillServer({ keyFolders: [{ folder: 'D:\\Keys', seen: read(true), files: read(files) }] })
  const hiddenProtector = read([database({ tde: true, tdeThumbprint: null })])
  const drillFacts = (changes: Partial<DrillFacts> = {}): DrillFacts => ({
    source: server({ databases: hiddenProtector }),
    backups: read([full()]),
    sourceEkm: null,
    drill: drillServer(),
    kept: [],
    secrets: { 'h-key': { generation: 1, label: 'Key files' } },
    ...changes,
  })
  const planned = (answers: Parameters<typeof drillAnswers>[0], changes: Partial<DrillFacts> = {}) =>
    restoreDrill.plan(
      restoreDrill.parse(drillAnswers({ which: 'chosen', backups: [setId], ...answers })),
      drillFacts(changes),
      runId,
    )
  const noKeys = { keyFiles: 'none', keyPassword: null }

  it('of a database under TDE whose certificate is not visible is none of a database without key', () => {
    const without = planned(noKeys)
    expect(told(without)).toEqual([
      'The backups are encrypted and no key files are given: a certificate that is not visible for TDE of Sales',
    ])
    const given = planned({})
    expect(told(given)).toEqual([])
    for (const outcome of [without, given])
      expect(warned(outcome).join('\n')).toContain(
        'Sales: under TDE, and its certificate is not visible with this login',
      )
    const express = read({
      version: '16.0',
      major: 16,
      edition: 'Express Edition',
      engineEdition: 4,
      serverName: 'S',
    })
    expect(told(planned({}, { drill: drillServer({ server: express }) }))).toContain(
      'SQLDEST-01 can’t hold a database under TDE: Express Edition',
    )
    const clear = planned(noKeys, { source: server({ databases: read([database()]) }) })
    expect(told(clear)).toEqual([])
    expect(warned(clear).join('\n')).not.toContain('TDE')
  })

  it('suggests key files for it, and shows that it is not seen', () => {
    const { suggested, shown } = formFacts('keys', { which: 'latest' }, drillFacts(), [], facts().readAt)
    expect(suggested['keyFiles']?.value).toBe('search')
    expect(shown.map(({ label, value }) => `${label}: ${value}`)).toContain(
      'TDE needs, as of now: not visible with this login (Sales)',
    )
  })

  it('passes over no pair that the hidden certificate may be in', () => {
    const encrypted = { backups: read([full({ thumbprint: parseThumbprint('AB'.repeat(20)) })]) }
    const spares = (files: readonly string[]) =>
      planned({ keyFiles: 'search', keyFolder: 'D:\\Keys' }, { ...encrypted, drill: withFiles(files) })
        .plan.steps.filter(({ kind }) => kind === 'import-drill-certificate')
        .map(({ params }) => (params as { spare: boolean }).spare)
    const pairs = ['A.cer', 'A.pvk', 'B.cer', 'B.pvk']
    expect(spares(pairs)).toEqual([false, false])
    expect(spares([...pairs, 'C.cer', 'C.pvk'])).toEqual([true, true, true])
  })

  it('says where it was not read whether databases are under TDE, or certificates are still there', () => {
    const source = server({ databases: hidden, certificates: hidden })
    const said = warned(planned({}, { source, backups: read([full({ thumbprint: thumb })]) })).join('\n')
    expect(said).toContain(`Whether databases of SQLPROD-01 are under TDE was not read: ${hiddenWhy}`)
    expect(said).toContain(`Whether SQLPROD-01 still has the certificate ${thumb ?? ''} was not read`)
    expect(said).not.toContain('any more')
  })

  it('needs to have seen that the drill server has none of the certificates, and which files are there', () => {
    expect(told(planned({}, { drill: drillServer({ certificates: hidden }) }))).toEqual([
      named('Certificates of SQLDEST-01 were not read'),
    ])
    const keyFolders = [{ folder: 'D:\\Keys', seen: read(true), files: hidden }]
    expect(
      told(planned({ keyFiles: 'search', keyFolder: 'D:\\Keys' }, { drill: drillServer({ keyFolders }) })),
    ).toContain(named('The files in D:\\Keys were not listed'))
  })
})

describe('the log of a database', () => {
  const because = (logChains: Parameters<typeof remedyFor>[0]['logChains']) =>
    remedyFor({ databases: read([database()]), logChains }, 'Sales')

  it('is said to be a chain only where that was seen', () => {
    expect(because(read({ Sales: true }))).toEqual({
      remedy: 'log-backup',
      because: 'FULL recovery, with a log chain',
    })
    expect(because(hidden)).toEqual({
      remedy: 'log-backup',
      because: `FULL recovery, whether it has a log chain: ${hiddenWhy}`,
    })
    expect(because(read({ Other: true })).because).toContain('not shown')
    expect(because(read({ Sales: false })).remedy).toBe('checkpoint')
  })
})
