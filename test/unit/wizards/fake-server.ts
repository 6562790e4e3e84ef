import { KeyturnError } from '../../../shared/errors/problem.ts'
import { displayScript, holesOf, type Script } from '../../../shared/model/script.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type {
  SqlExecuteOptions,
  SqlMessage,
  SqlRow,
  SqlServer,
  SqlSession,
} from '../../../electron/ports/sql-server.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { writePvk } from '../../../sandbox/sqlserver/files/index.ts'
import type { KeyPair } from './key-pair.ts'

export const target: TargetRef = {
  id: asTargetId('t-abcdefghijkm'),
  kind: 'sqlserver',
  name: 'SQLPROD-01',
  environment: 'test',
}

export interface FakeCertificate {
  subject: string
  thumbprint: Buffer
  expiry: Date
  privateKey: string
  lastExport: Date | null
}

export interface FakeBackup {
  path: string
  database: string
  description: string
  header: SqlRow
  record: SqlRow
}

/** A few statements of SQL Server over plain maps: enough to walk a plan, and to lie in one place at a time. */
export interface FakeState {
  masterKey: { guid: string; smk: boolean; password: string } | null
  certificates: Map<string, FakeCertificate>
  databases: Map<string, { certificates: Map<string, FakeCertificate>; masterKey: boolean }>
  files: Map<string, string>
  backups: FakeBackup[]
  pairs: KeyPair[]
  /** Answers that replace those of the maps, by the first pattern that fits the text. */
  lies: { when: RegExp; rows: SqlRow[] | Error }[]
  /** Called before a statement takes effect; throwing is a failure of the server. */
  before: (text: string) => void
  after: (text: string) => void
}

export const freshState = (pairs: KeyPair[]): FakeState => ({
  masterKey: null,
  certificates: new Map(),
  databases: new Map([['Sales', { certificates: new Map(), masterKey: false }]]),
  files: new Map(),
  backups: [],
  pairs,
  lies: [],
  before: () => undefined,
  after: () => undefined,
})

export interface FakeServer extends SqlServer {
  readonly state: FakeState
  readonly executed: string[]
  readonly queried: string[]
}

const sqlError = (
  number: number,
  code:
    | 'sql-refused'
    | 'sql-file-exists'
    | 'sql-wrong-password'
    | 'sql-file-not-read'
    | 'sql-file-wrong-password'
    | 'sql-exists'
    | 'sql-backup-damaged',
  text: string,
): KeyturnError =>
  new KeyturnError(
    code,
    { target: target.name, what: text, path: text, database: 'master' },
    { vendor: { system: 'sql', number, text } },
  )

const literal = (text: string, pattern: RegExp): string => {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`the fake server finds no ${String(pattern)} in ${text}`)
  return found.replaceAll("''", "'")
}
const named = (text: string, pattern: RegExp): string => literal(text, pattern).replaceAll(']]', ']')

const certificateRow = (name: string, c: FakeCertificate): SqlRow => ({
  name,
  subject: c.subject,
  thumbprint: c.thumbprint,
  start_date: new Date('2026-11-01T00:00:00Z'),
  expiry_date: c.expiry,
  private_key: c.privateKey,
  last_export: c.lastExport,
})

export const fakeServer = (state: FakeState): FakeServer => {
  const executed: string[] = []
  const queried: string[] = []

  const query = (sql: string): SqlRow[] => {
    queried.push(sql)
    const lie = state.lies.find(({ when }) => when.test(sql))
    if (lie !== undefined) {
      if (lie.rows instanceof Error) throw lie.rows
      return lie.rows
    }
    if (sql.includes('AS sees_all')) return [{ sees_all: 1 }]
    if (sql.includes('##MS_DatabaseMasterKey##')) {
      if (sql.includes('[master].sys.symmetric_keys')) {
        const key = state.masterKey
        return key === null
          ? []
          : [
              {
                key_guid: key.guid,
                algorithm_desc: 'AES_256',
                create_date: null,
                smk_copies: key.smk ? 1 : 0,
                password_copies: 1,
              },
            ]
      }
      const database = state.databases.get(named(sql, /FROM \[(.*)\]\.sys\.symmetric_keys/))
      return database?.masterKey === true ? [{ name: '##MS_DatabaseMasterKey##', create_date: null }] : []
    }
    if (sql.includes('is_master_key_encrypted_by_server')) return [{ opens: state.masterKey?.smk === true }]
    if (sql.includes('master.sys.certificates')) {
      const rows = [...state.certificates].map(([name, c]) => certificateRow(name, c))
      const wanted = /WHERE c\.name = N'((?:[^']|'')*)'/.exec(sql)?.[1]?.replaceAll("''", "'")
      return wanted === undefined ? rows : rows.filter((row) => row['name'] === wanted)
    }
    if (/\]\.sys\.certificates/.test(sql)) {
      const database = state.databases.get(named(sql, /FROM \[(.*)\]\.sys\.certificates/))
      if (database === undefined) throw sqlError(208, 'sql-refused', 'no such database')
      return [...database.certificates].map(([name, c]) => certificateRow(name, c))
    }
    if (/FROM sys\.databases AS d WHERE d\.name/.test(sql)) {
      const name = literal(sql, /d\.name = N'((?:[^']|'')*)'/)
      return state.databases.has(name) ? [{ name, state_desc: 'ONLINE', create_date: null }] : []
    }
    if (sql.includes('dm_os_file_exists')) {
      const path = literal(sql, /dm_os_file_exists\(N'((?:[^']|'')*)'\)/)
      return [{ file_exists: state.files.has(path) ? 1 : 0, file_is_a_directory: 0 }]
    }
    if (sql.startsWith('RESTORE HEADERONLY')) {
      const path = literal(sql, /DISK = N'((?:[^']|'')*)'/)
      const backup = state.backups.findLast((candidate) => candidate.path === path)
      if (backup === undefined) throw sqlError(3241, 'sql-backup-damaged', path)
      return [backup.header]
    }
    if (sql.includes('backupmediafamily')) {
      const path = literal(sql, /physical_device_name = N'((?:[^']|'')*)'/)
      return state.backups.filter((backup) => backup.path === path).map(({ record }) => record)
    }
    if (sql.includes('sys.dm_exec_requests')) return []
    throw new Error(`the fake server does not know: ${sql}`)
  }

  const write = (path: string, content: string): void => {
    if (state.files.has(path)) throw sqlError(15240, 'sql-file-exists', path)
    state.files.set(path, content)
  }

  const run = (
    text: string,
    secretOf: (hole: string) => string,
    say: (message: SqlMessage) => void,
  ): SqlRow[][] => {
    const body = text.replace(/^USE \[((?:[^\]]|\]\])*)\];\n/, '').replace(/\nUSE \[master\];$/, '')
    const current = named(text, /^USE \[((?:[^\]]|\]\])*)\]/)
    if (body.startsWith('CREATE MASTER KEY')) {
      if (state.masterKey !== null) throw sqlError(15578, 'sql-exists', 'master key')
      state.masterKey = {
        guid: 'A1B2C3D4-0000-4000-8000-000000000001',
        smk: true,
        password: secretOf('dmk_password'),
      }
    } else if (body.startsWith('DROP MASTER KEY')) {
      state.masterKey = null
    } else if (body.startsWith('OPEN MASTER KEY')) {
      if (state.masterKey?.password !== secretOf('dmk_password'))
        throw sqlError(15313, 'sql-wrong-password', 'master')
      if (body.includes('ADD ENCRYPTION')) state.masterKey.smk = true
    } else if (body.startsWith('ALTER MASTER KEY DROP')) {
      if (state.masterKey !== null) state.masterKey.smk = false
    } else if (body.startsWith('BACKUP MASTER KEY')) {
      write(literal(body, /FILE = N'((?:[^']|'')*)'/), `DMK ${secretOf('dmk_file_password')}`)
    } else if (body.startsWith('BACKUP SERVICE MASTER KEY')) {
      write(literal(body, /FILE = N'((?:[^']|'')*)'/), `SMK ${secretOf('smk_file_password')}`)
    } else if (body.startsWith('RESTORE MASTER KEY')) {
      const file = state.files.get(literal(body, /FILE = N'((?:[^']|'')*)'/))
      if (file !== `DMK ${secretOf('dmk_file_password')}`)
        throw sqlError(15466, 'sql-file-wrong-password', 'DMK')
      secretOf('throw_away_password')
      const database = state.databases.get(current)
      if (database !== undefined) database.masterKey = true
    } else if (body.startsWith('CREATE CERTIFICATE') && body.includes('FROM FILE')) {
      const [cer = '', pvk = ''] = [...body.matchAll(/FILE = N'((?:[^']|'')*)'/g)].map(
        (match) => match[1] ?? '',
      )
      const thumbprint = /^CER (\w+)$/.exec(state.files.get(cer) ?? '')?.[1]
      if (thumbprint === undefined) throw sqlError(15208, 'sql-file-not-read', cer)
      if (state.files.get(pvk) !== `PVK ${thumbprint} ${secretOf('certificate_file_password')}`) {
        throw sqlError(15465, 'sql-file-wrong-password', pvk)
      }
      secretOf('throw_away_password')
      state.databases.get(current)?.certificates.set(named(body, /CERTIFICATE \[(.*?)\]\n/), {
        subject: 'imported',
        thumbprint: Buffer.from(thumbprint, 'hex'),
        expiry: new Date(0),
        privateKey: 'PW',
        lastExport: null,
      })
    } else if (body.startsWith('CREATE CERTIFICATE')) {
      const name = named(body, /CERTIFICATE \[(.*?)\]\n/)
      if (state.certificates.has(name)) throw sqlError(15232, 'sql-exists', name)
      const day = literal(body, /EXPIRY_DATE = '(\d{8})'/)
      const pair = state.pairs[state.certificates.size]
      if (pair === undefined) throw new Error('no key pair left')
      state.certificates.set(name, {
        subject: literal(body, /SUBJECT = N'((?:[^']|'')*)'/),
        thumbprint: pair.thumbprint,
        expiry: new Date(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`),
        privateKey: 'MK',
        lastExport: null,
      })
    } else if (body.startsWith('DROP CERTIFICATE')) {
      state.certificates.delete(named(body, /CERTIFICATE \[(.*?)\];/))
    } else if (body.startsWith('BACKUP CERTIFICATE')) {
      const certificate = state.certificates.get(named(body, /CERTIFICATE \[(.*?)\]\n/))
      if (certificate === undefined) throw sqlError(15151, 'sql-refused', 'no certificate')
      const [cer = '', pvk = ''] = [...body.matchAll(/FILE = N'((?:[^']|'')*)'/g)].map(
        (match) => match[1] ?? '',
      )
      const hex = certificate.thumbprint.toString('hex')
      write(cer, `CER ${hex}`)
      write(pvk, `PVK ${hex} ${secretOf('certificate_file_password')}`)
      certificate.lastExport = new Date('2026-11-22T10:00:00Z')
    } else if (body.startsWith('CREATE DATABASE')) {
      state.databases.set(named(body, /DATABASE \[(.*?)\];/), { certificates: new Map(), masterKey: false })
    } else if (body.startsWith('DROP DATABASE')) {
      state.databases.delete(named(body, /DATABASE \[(.*?)\];/))
    } else if (body.startsWith('SELECT c.thumbprint')) {
      const certificate = state.certificates.get(literal(body, /c\.name = N'((?:[^']|'')*)'/))
      const pair = state.pairs.find(({ thumbprint }) => certificate?.thumbprint.equals(thumbprint))
      if (pair === undefined) return [[]]
      const privateKey = writePvk(pair.key, Buffer.from(secretOf('certificate_file_password')))
      return [[{ thumbprint: pair.thumbprint, certificate: pair.certificate, private_key: privateKey }]]
    } else if (body.startsWith('BACKUP DATABASE')) {
      backUp(body, say)
    } else if (body.startsWith('RESTORE VERIFYONLY')) {
      say({ number: 3262, state: 1, severity: 0, text: 'The backup set on file 1 is valid.', line: 1 })
    } else {
      throw new Error(`the fake server does not know: ${text}`)
    }
    return []
  }

  const backUp = (body: string, say: (message: SqlMessage) => void): void => {
    const path = literal(body, /DISK = N'((?:[^']|'')*)'/)
    const database = named(body, /DATABASE \[(.*?)\]\n/)
    const description = literal(body, /DESCRIPTION = N'((?:[^']|'')*)'/)
    const certificate = state.certificates.get(named(body, /SERVER CERTIFICATE = \[(.*?)\]\)/))
    const algorithm = literal(body, /ALGORITHM = (\w+)/)
    for (const percent of [5, 100]) {
      say({ number: 3211, state: 1, severity: 0, text: `${percent} percent processed.`, line: 1 })
    }
    state.files.set(path, 'BAK')
    const thumbprint = certificate?.thumbprint ?? null
    state.backups.push({
      path,
      database,
      description,
      header: {
        DatabaseName: database,
        BackupDescription: description,
        BackupFinishDate: new Date('2026-11-22T10:05:00Z'),
        KeyAlgorithm: algorithm.toLowerCase(),
        EncryptorThumbprint: thumbprint,
        EncryptorType: 'CERTIFICATE_OAEP_256',
        HasBackupChecksums: body.includes(' CHECKSUM'),
        IsCopyOnly: body.includes('COPY_ONLY'),
        IsDamaged: false,
      },
      record: {
        backup_set_id: state.backups.length + 1,
        database_name: database,
        encryptor_thumbprint: thumbprint,
      },
    })
  }

  const execute = async (script: Script, options: SqlExecuteOptions = {}) => {
    const text = displayScript(script)
    const messages: SqlMessage[] = []
    const say = (message: SqlMessage): void => {
      messages.push(message)
      options.onMessage?.(message)
    }
    const allowed = new Set(holesOf(script).map(({ hole }) => hole))
    const secretOf = (hole: string): string => {
      const secret = options.secrets?.get(hole)
      if (!allowed.has(hole) || secret === undefined) throw new KeyturnError('internal')
      return secret.use((bytes) => bytes.toString('utf8'))
    }
    state.before(text)
    executed.push(text)
    const lie = state.lies.find(({ when }) => when.test(text))
    if (lie?.rows instanceof Error) throw lie.rows
    const resultSets = lie === undefined || lie.rows instanceof Error ? run(text, secretOf, say) : [lie.rows]
    state.after(text)
    return { resultSets, messages }
  }

  return {
    ref: target,
    identity: {
      serverName: 'SQLPROD-01',
      machineName: 'SQLPROD-01',
      instanceName: 'MSSQLSERVER',
      certificateSha256: null,
    },
    principal: 'keyturn',
    state,
    executed,
    queried,
    query: async (sql) => query(sql),
    session: async (): Promise<SqlSession> => ({
      alive: true,
      spid: 51,
      execute,
      close: async () => undefined,
    }),
    close: async () => undefined,
  }
}
