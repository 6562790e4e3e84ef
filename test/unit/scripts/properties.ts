import fc from 'fast-check'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { displayScript, type Script } from '../../../shared/model/script.ts'
import { backupDatabase } from '../../../electron/scripts/tsql/backup.ts'
import * as certificate from '../../../electron/scripts/tsql/certificate.ts'
import { agentStepsNaming } from '../../../electron/scripts/tsql/fact-queries.ts'
import * as drill from '../../../electron/scripts/tsql/drill.ts'
import { drillDatabase } from '../../../electron/scripts/tsql/drill-queries.ts'
import { leastPrivilegeLogin } from '../../../electron/scripts/tsql/least-privilege.ts'
import * as masterKey from '../../../electron/scripts/tsql/master-key.ts'
import {
  backupOnRecord,
  certificateNamed,
  certificatesIn,
  fileExists,
} from '../../../electron/scripts/tsql/queries.ts'
import { headerOnly, verifyOnly } from '../../../electron/scripts/tsql/restore.ts'
import * as tde from '../../../electron/scripts/tsql/tde.ts'
import {
  backupsOfDatabase,
  databaseKeyOf,
  encryptedFlag,
  logChainOf,
  replicaMovement,
} from '../../../electron/scripts/tsql/tde-queries.ts'
import { backupsOf, newestFullBackupOf } from '../../../electron/scripts/tsql/upgrade-queries.ts'
import { lex } from '../../../sandbox/sqlserver/sql/lexer.ts'
import { ekmCases } from './ekm-cases.ts'
import { storageCases } from './storage-cases.ts'
import { moveCases } from './move-cases.ts'
import { literals, names, skeleton, tokenize } from './tokens.ts'

/** Text as people and attackers write it: quotes, brackets, comments, line ends, half pairs, long, right to left. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 140 }),
  fc
    .array(
      fc.constantFrom(
        ']',
        ']]',
        "'",
        "''",
        ';--',
        '/*',
        '*/',
        '[',
        '"',
        '\\',
        '\n',
        '\r',
        '\0',
        'GO',
        '$(X)',
        '😀',
        'שלום',
        '\u202e',
        '\ud800',
        '«',
        'a',
        ' ',
        '%',
        '_',
        '@x',
        '\u2028',
        '\t',
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: fc.constantFrom(']', "'", 'a'), minLength: 120, maxLength: 4100 }),
)

export interface Case {
  /** Builds with the text in every place that takes one of this kind. */
  build: (text: string) => string
  reads: 'name' | 'literal'
  /** How often the text must come back. */
  times: number
  /** Where a place takes less than any name or literal. */
  takes?: (text: string) => boolean
  /** What the text stands behind in its literal. */
  prefix?: string
}

const shown = (script: Script): string => displayScript(script).replaceAll(/«\w+»/g, 'secret')
const pair = (path: string) => ({ certificate: path, privateKey: path })
/** Names that a drill gives; the builders take no other. */
const ours = { certificate: 'KT_drill_aaaaaaaa_c1', database: 'KT_drill_aaaaaaaa_d1' } as const
const onDisk = (path: string) => ({ kind: 'disk', paths: [path] }) as const
const backup = {
  database: 'd',
  device: { kind: 'disk', path: 'p' },
  encryptor: { kind: 'certificate', name: 'c' },
  algorithm: 'AES_256',
  copyOnly: true,
  checksum: true,
  compression: true,
  maxTransferSize: 131_072,
  name: 'n',
  description: 'x',
  stats: 5,
} as const

/** Every place of every statement where something that a person typed, or a server named, ends up. */
export const cases: Readonly<Record<string, Case>> = {
  ...moveCases(),
  ...ekmCases(),
  ...storageCases(),
  'backup: database': {
    build: (text) => shown(backupDatabase({ ...backup, database: text })),
    reads: 'name',
    times: 1,
  },
  'backup: certificate': {
    build: (text) => shown(backupDatabase({ ...backup, encryptor: { kind: 'certificate', name: text } })),
    reads: 'name',
    times: 1,
  },
  'backup: path': {
    build: (text) => shown(backupDatabase({ ...backup, device: { kind: 'disk', path: text } })),
    reads: 'literal',
    times: 1,
  },
  'backup: name': {
    build: (text) => shown(backupDatabase({ ...backup, name: text })),
    reads: 'literal',
    times: 1,
  },
  'backup: description': {
    build: (text) => shown(backupDatabase({ ...backup, description: text })),
    reads: 'literal',
    times: 1,
  },
  'certificate: name': {
    build: (text) => shown(certificate.createCertificate({ name: text, subject: 's', expiry: '2031-12-31' })),
    reads: 'name',
    times: 1,
  },
  'certificate: subject': {
    build: (text) => shown(certificate.createCertificate({ name: 'n', subject: text, expiry: '2031-12-31' })),
    reads: 'literal',
    times: 1,
  },
  'certificate: drop': { build: (text) => shown(certificate.dropCertificate(text)), reads: 'name', times: 1 },
  'certificate: export name': {
    build: (text) => shown(certificate.backupCertificate(text, pair('p'))),
    reads: 'name',
    times: 1,
  },
  'certificate: export path': {
    build: (text) => shown(certificate.backupCertificate('n', pair(text))),
    reads: 'literal',
    times: 2,
  },
  'certificate: import database': {
    build: (text) => shown(certificate.importCertificateInto(text, 'n', pair('p'))),
    reads: 'name',
    times: 1,
  },
  'certificate: import path': {
    build: (text) => shown(certificate.importCertificateInto('d', 'n', pair(text))),
    reads: 'literal',
    times: 2,
  },
  'certificate: export path, .pfx': {
    build: (text) => shown(certificate.backupCertificate('n', { certificate: text, privateKey: null })),
    reads: 'literal',
    times: 1,
  },
  'certificate: import path, .pfx': {
    build: (text) =>
      shown(certificate.importCertificateInto('d', 'n', { certificate: text, privateKey: null })),
    reads: 'literal',
    times: 1,
  },
  'certificate: import to master, name': {
    build: (text) => shown(certificate.importCertificateFiles(text, pair('p'))),
    reads: 'name',
    times: 1,
  },
  'certificate: import to master, path': {
    build: (text) => shown(certificate.importCertificateFiles('n', pair(text))),
    reads: 'literal',
    times: 2,
  },
  'certificate: import bytes': {
    build: (text) => shown(certificate.importCertificateBytes(text)),
    reads: 'name',
    times: 1,
  },
  'certificate: fetch for a copy': {
    build: (text) => shown(certificate.fetchKeyPairOnce(text)),
    reads: 'literal',
    times: 1,
  },
  'certificate: public half': {
    build: (text) => shown(certificate.showPublicCertificate(text)),
    reads: 'literal',
    times: 1,
  },
  'read: job steps that name': { build: agentStepsNaming, reads: 'literal', times: 2 },
  'certificate: fetch': {
    build: (text) => shown(certificate.fetchKeyPair(text)),
    reads: 'literal',
    times: 1,
  },
  'master key: export': {
    build: (text) => shown(masterKey.backupMasterKey(text)),
    reads: 'literal',
    times: 1,
  },
  'service master key: export': {
    build: (text) => shown(masterKey.backupServiceMasterKey(text)),
    reads: 'literal',
    times: 1,
  },
  'master key: restore path': {
    build: (text) => shown(masterKey.restoreMasterKeyInto('d', text)),
    reads: 'literal',
    times: 1,
  },
  'drill: key file': {
    build: (text) => shown(drill.importDrillCertificate(ours.certificate, pair(text), 0)),
    reads: 'literal',
    times: 2,
  },
  'drill: .pfx file': {
    build: (text) => shown(drill.importDrillCertificate(ours.certificate, { pfx: text }, 1)),
    reads: 'literal',
    times: 1,
  },
  'drill: restore': {
    build: (text) =>
      shown(
        drill.restoreDrill({
          kind: 'full',
          database: ours.database,
          device: { kind: 'disk', paths: [text, text] },
          position: 1,
          moves: [{ logical: text, to: text }],
          last: true,
          checksum: true,
          stats: 5,
        }),
      ),
    reads: 'literal',
    times: 4,
  },
  'read: drill header': { build: (text) => drill.drillHeader(onDisk(text)), reads: 'literal', times: 1 },
  'read: drill files': { build: (text) => drill.drillFileList(onDisk(text), 2), reads: 'literal', times: 1 },
  'read: drill label': { build: (text) => drill.drillLabel(onDisk(text)), reads: 'literal', times: 1 },
  'read: drill database': { build: drillDatabase, reads: 'literal', times: 1 },
  'read: certificate': { build: certificateNamed, reads: 'literal', times: 1 },
  'read: certificates of': { build: certificatesIn, reads: 'name', times: 1 },
  'read: backup': { build: (text) => backupOnRecord(text, text), reads: 'literal', times: 2 },
  'read: file, function': {
    build: (text) => fileExists('dm_os_file_exists', text),
    reads: 'literal',
    times: 1,
  },
  'read: file, procedure': { build: (text) => fileExists('xp_fileexist', text), reads: 'literal', times: 1 },
  'read: header': {
    build: (text) => headerOnly({ kind: 'disk', paths: [text] }),
    reads: 'literal',
    times: 1,
  },
  'read: verify': {
    build: (text) => shown(verifyOnly({ kind: 'disk', paths: [text] }, true, 5)),
    reads: 'literal',
    times: 1,
  },
  'TDE: key, database and certificate': {
    build: (text) => shown(tde.createDatabaseKey(text, 'AES_256', { certificate: text })),
    reads: 'name',
    times: 2,
  },
  'TDE: protector': {
    build: (text) => shown(tde.changeProtector(text, { certificate: text })),
    reads: 'name',
    times: 2,
  },
  'TDE: regenerate': {
    build: (text) => shown(tde.regenerateDatabaseKey(text, 'AES_128')),
    reads: 'name',
    times: 1,
  },
  'TDE: drop': { build: (text) => shown(tde.dropDatabaseKey(text)), reads: 'name', times: 1 },
  'TDE: switch': { build: (text) => shown(tde.setEncryption(text, 'OFF')), reads: 'name', times: 1 },
  'TDE: full backup': {
    build: (text) =>
      shown(tde.fullBackup({ database: 'd', path: text, name: text, description: text, stats: 5 })),
    reads: 'literal',
    times: 3,
  },
  'TDE: log backup': {
    build: (text) =>
      shown(tde.logBackup({ database: 'd', path: text, name: text, description: text, stats: 5 })),
    reads: 'literal',
    times: 3,
  },
  'TDE: checkpoint': { build: (text) => shown(tde.checkpoint(text)), reads: 'name', times: 1 },
  'TDE: read log chain': { build: logChainOf, reads: 'literal', times: 1 },
  'TDE: read key': { build: (text) => databaseKeyOf(text, true), reads: 'literal', times: 1 },
  'TDE: read replica': { build: replicaMovement, reads: 'literal', times: 1 },
  'TDE: read flag': { build: encryptedFlag, reads: 'literal', times: 1 },
  'TDE: read backups': { build: backupsOfDatabase, reads: 'literal', times: 1 },
  'connector: read newest full backup': { build: newestFullBackupOf, reads: 'literal', times: 1 },
  'connector: read backups': { build: (text) => backupsOf([text]), reads: 'literal', times: 1 },
  'login: create': {
    build: (text) =>
      shown(leastPrivilegeLogin(text)[0] ?? { language: 'tsql', parts: [] }).replace(/^-- .*\n/, ''),
    reads: 'name',
    times: 1,
  },
}

/** What the rules of the builders say about a text: a second statement of them, made for this test. */
const mayBe = (text: string, reads: 'name' | 'literal'): boolean => {
  const longest = reads === 'name' ? 128 : 4000
  if (reads === 'name' && text.length === 0) return false
  if (text.length > longest) return false
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f) || unit === 0x2028 || unit === 0x2029) return false
    if (unit >= 0xdc00 && unit <= 0xdfff) return false
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(index + 1)
      if (!(next >= 0xdc00 && next <= 0xdfff)) return false
      index += 1
    }
  }
  return true
}

const mayBePut = ({ reads, takes }: Case, text: string): boolean =>
  mayBe(text, reads) && (takes?.(text) ?? true)

/** The same values by the lexer of the simulated server: a second reader that was written apart from both. */
const simulatedServerReads = (built: string, reads: 'name' | 'literal'): string[] =>
  lex(built)
    .filter(({ kind }) => kind === (reads === 'name' ? 'quoted' : 'string'))
    .map(({ value }) => value)

const marker = 'keyturn0plain0marker'

/**
 * For any text in any place: it is refused by name, or tokenizing the statement gives back exactly that text, as often
 * as it was put in, and a statement around it that is the same as for a plain word.
 */
export const textComesBack =
  (one: Case) =>
  (runs: number): void => {
    const expected = skeleton(tokenize(one.build(marker)))
    const prefix = one.prefix ?? ''
    const marked = `${prefix}${marker}`
    fc.assert(
      fc.property(hostile, (text) => {
        let built: string
        try {
          built = one.build(text)
        } catch (error) {
          if (!(error instanceof KeyturnError) || error.code !== 'answers-incomplete') throw error
          return !mayBePut(one, text) && (error.problem.fields?.length ?? 0) > 0
        }
        if (!mayBePut(one, text)) return false
        const tokens = tokenize(built)
        const values = one.reads === 'name' ? names(tokens) : literals(tokens)
        const usual = (one.reads === 'name' ? names : literals)(tokenize(one.build(marker)))
        return (
          simulatedServerReads(built, one.reads).join('\0') === values.join('\0') &&
          skeleton(tokens) === expected &&
          values.length === usual.length &&
          values.every(
            (value, index) => value === (usual[index] === marked ? `${prefix}${text}` : usual[index]),
          ) &&
          usual.filter((value) => value === marked).length === one.times
        )
      }),
      { numRuns: runs },
    )
  }

/** By name, for `npm run fuzz`: each takes the number of cases. */
export const properties: Readonly<Record<string, (runs: number) => void>> = Object.fromEntries(
  Object.entries(cases).map(([name, one]) => [`T-SQL ${name}`, textComesBack(one)]),
)
