import { readFileSync, writeFileSync } from 'node:fs'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import type { Simulated } from '../wizards/simulated.ts'

/** The machine that the cases reach into. */
export interface Lab {
  simulated: Simulated
  run(sql: string): Promise<void>
  stateOf(database: string, state: number): Promise<void>
  /** A scan that stops at that percentage; null: that goes to its end. */
  held(percent: number | null): void
  /** Where a file of the simulated server really is. */
  real(path: string): string
  /** One byte in the middle of a file is another one. */
  damage(path: string): void
}

/**
 * The numbers of SQL Server that a job on master keys, certificates, TDE, backups, restores, drills and moves can meet:
 * each is answered by the simulator once, and read by the product's own adapter as the error that a person sees.
 *
 * Of `sqlserver.md` 3.1 are left out:
 * - EKM, credentials and vault keys (15535 to 15541, 33022 to 33058, 33067, 33081 to 33089, 33120, 33121, 33249:
 *   ekm-readings.test.ts and ekm-steps.test.ts) and
 *   URL devices (3072, 3220, 3225, 3288 to 3298): other jobs;
 * - symmetric and asymmetric keys of a database (15282, 15288, 15315, 15396, 15530): no job makes or opens one; the
 *   simulator has none;
 * - what only a statement that is built wrong can meet (3031, 3032, 3217, 15253, 15283, 33069, 33161): the builders are
 *   property-tested against it; 15281 (xp_cmdshell and the like): no job uses them;
 * - versions before 2016 (3099), the machine key of the service master key (15448, 15451, 15455), start-up lines of the
 *   error log (33094, 33096, 33112 to 33114, 33124, 3041): no statement is answered with them;
 * - 3009: the backup succeeded; that its row is missing is read back from msdb by the step itself;
 * - 15584, 15585, 15588: words beside a FORCE or a restore that worked; the simulator's own tests have them;
 * - 3199 (a restore that needs a MAXTRANSFERSIZE): the simulator has no such buffers. It is told in the server's words.
 * 948, 3136, 4305, 4326 and 4330, which are not in 3.1, are met in the simulator's own tests.
 * 3013 and 5069 follow another number, which is the one that is told; 3156 and 3119 follow 3142 or 5133.
 */
export interface Case {
  number: number
  code: ErrorCode
  /** Statements before it; each must work. */
  first?: string
  ask: string
  /** Reaches into the machine: files, faults, the state of a scan. */
  arrange?: () => void | Promise<void>
  /** The simulator has no way of its own to it: it is told to answer such a statement with this number. */
  ordered?: string
}

export const P = 'Some-good-pass-1'
export const q = (path: string): string => `N'D:\\Backup\\${path}'`
export const key = (name: string): string => `D:\\Keys\\${name}`
export const exported = (name: string): string =>
  `BACKUP CERTIFICATE ${name} TO FILE = '${key(name)}.cer' WITH PRIVATE KEY (FILE = '${key(name)}.pvk', ENCRYPTION BY PASSWORD = '${P}');`
const moved = (name: string): string =>
  `MOVE 'Sales' TO 'D:\\Backup\\${name}.mdf', MOVE 'Sales_log' TO 'D:\\Backup\\${name}.ldf'`
export const dek = (by: string, algorithm = 'AES_128'): string =>
  `CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = ${algorithm} ENCRYPTION BY SERVER CERTIFICATE ${by};`

const onKey = {
  ask: 'USE Enc; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128',
  ordered: 'ALTER DATABASE ENCRYPTION KEY',
}
const onBackup = {
  ask: `BACKUP DATABASE Sales TO DISK = ${q('o.bak')} WITH FORMAT`,
  ordered: 'BACKUP DATABASE',
}
const onRestore = {
  ask: `RESTORE DATABASE Fresh FROM DISK = ${q('plain.bak')} WITH ${moved('Fresh')}`,
  ordered: 'RESTORE DATABASE',
}
const onVerify = { ask: `RESTORE VERIFYONLY FROM DISK = ${q('plain.bak')}`, ordered: 'RESTORE VERIFYONLY' }

export const numberCases = (lab: () => Lab): Case[] => [
  { number: 15151, code: 'sql-permission', ask: 'DROP CERTIFICATE Nowhere' },
  { number: 15208, code: 'sql-file-not-read', ask: `CREATE CERTIFICATE n FROM FILE = '${key('no')}.cer'` },
  { number: 15212, code: 'sql-subject-length', ask: "CREATE CERTIFICATE n WITH SUBJECT = ''" },
  { number: 15232, code: 'sql-exists', ask: "CREATE CERTIFICATE Bak WITH SUBJECT = 'x'" },
  { number: 15240, code: 'sql-file-exists', ask: exported('Bak') },
  {
    number: 15246,
    code: 'sql-no-private-key',
    ask: `BACKUP CERTIFICATE Half TO FILE = '${key('h')}.cer' WITH PRIVATE KEY (FILE = '${key('h')}.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
  },
  {
    number: 15563,
    code: 'sql-no-private-key',
    ask: `ALTER CERTIFICATE Half WITH PRIVATE KEY (ENCRYPTION BY PASSWORD = '${P}')`,
  },
  {
    number: 15342,
    code: 'sql-no-private-key',
    ask: exported('Half').replace(/Half\.(cer|pvk)/g, 'new.$1'),
    ordered: 'BACKUP CERTIFICATE',
  },
  { number: 15297, code: 'sql-key-file-data', ask: 'CREATE CERTIFICATE n FROM BINARY = 0x0102' },
  {
    number: 15299,
    code: 'sql-key-file-data',
    arrange: () => {
      const path = lab().real(`${key('Torn')}.cer`)
      const bytes = readFileSync(path)
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
      writeFileSync(path, bytes)
    },
    ask: `CREATE CERTIFICATE n FROM FILE = '${key('Torn')}.cer'`,
  },
  {
    number: 15464,
    code: 'sql-key-file-data',
    ask: `CREATE CERTIFICATE n FROM FILE = '${key('Other')}.cer' WITH PRIVATE KEY (FILE = '${key('Other')}.cer', DECRYPTION BY PASSWORD = '${P}')`,
    first: 'DROP CERTIFICATE Other',
  },
  {
    number: 15474,
    code: 'sql-pair-mismatch',
    ask: `CREATE CERTIFICATE n FROM FILE = '${key('Other')}.cer' WITH PRIVATE KEY (FILE = '${key('Tde')}.pvk', DECRYPTION BY PASSWORD = '${P}')`,
  },
  {
    number: 15465,
    code: 'sql-file-wrong-password',
    ask: `CREATE CERTIFICATE n FROM FILE = '${key('Other')}.cer' WITH PRIVATE KEY (FILE = '${key('Other')}.pvk', DECRYPTION BY PASSWORD = 'another')`,
  },
  {
    number: 15466,
    code: 'sql-wrong-password',
    ask: "USE master; OPEN MASTER KEY DECRYPTION BY PASSWORD = 'another'",
  },
  {
    number: 15313,
    code: 'sql-wrong-password',
    ask: "ALTER MASTER KEY DROP ENCRYPTION BY PASSWORD = 'another'",
  },
  {
    number: 15317,
    code: 'sql-file-not-read',
    ask: `RESTORE MASTER KEY FROM FILE = '${key('no')}.dmk' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
  },
  {
    number: 15329,
    code: 'sql-old-key-fails',
    first: `USE Closed; CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY`,
    ask: `USE Closed; ALTER MASTER KEY REGENERATE WITH ENCRYPTION BY PASSWORD = '${P}2'`,
  },
  {
    number: 15320,
    code: 'sql-old-key-fails',
    ask: 'ALTER SERVICE MASTER KEY REGENERATE',
    ordered: 'ALTER SERVICE MASTER KEY',
  },
  {
    number: 15334,
    code: 'sql-key-under-password',
    ask: `BACKUP CERTIFICATE Pw TO FILE = '${key('p')}.cer' WITH PRIVATE KEY (FILE = '${key('p')}.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
  },
  {
    number: 15397,
    code: 'sql-key-under-password',
    ask: `BACKUP CERTIFICATE Bak TO FILE = '${key('b')}.cer' WITH PRIVATE KEY (FILE = '${key('b')}.pvk', ENCRYPTION BY PASSWORD = '${P}', DECRYPTION BY PASSWORD = '${P}')`,
  },
  {
    number: 15556,
    code: 'sql-key-under-password',
    ask: `BACKUP CERTIFICATE Pw TO FILE = '${key('p')}.cer' WITH PRIVATE KEY (FILE = '${key('p')}.pvk', ENCRYPTION BY PASSWORD = '${P}', DECRYPTION BY PASSWORD = 'another')`,
  },
  { number: 15352, code: 'sql-still-used', ask: 'DROP CERTIFICATE Bak', ordered: 'DROP CERTIFICATE' },
  {
    number: 15507,
    code: 'sql-key-damaged',
    ask: 'ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY',
    ordered: 'ALTER MASTER KEY',
  },
  {
    number: 15508,
    code: 'sql-key-damaged',
    ask: `USE Plain; CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'`,
    ordered: 'CREATE MASTER KEY',
  },
  {
    number: 33095,
    code: 'sql-key-damaged',
    ask: `BACKUP SERVICE MASTER KEY TO FILE = '${key('smk')}' ENCRYPTION BY PASSWORD = '${P}'`,
    ordered: 'BACKUP SERVICE MASTER KEY',
  },
  { number: 15578, code: 'sql-exists', ask: `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'` },
  {
    number: 15579,
    code: 'sql-copy-exists',
    ask: `ALTER MASTER KEY ADD ENCRYPTION BY PASSWORD = '${P}'`,
  },
  { number: 15580, code: 'sql-still-used', ask: 'DROP MASTER KEY' },
  {
    number: 15581,
    code: 'sql-master-key-closed',
    ask: "USE Plain; CREATE CERTIFICATE n WITH SUBJECT = 'n'",
  },
  { number: 33127, code: 'sql-still-used', ask: 'DROP CERTIFICATE Tde' },
  {
    number: 33062,
    code: 'sql-password-policy',
    ask: "USE Plain; CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'Ab1'",
  },
  {
    number: 33063,
    code: 'sql-password-policy',
    ask: `USE Plain; CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${'Ab1-'.repeat(33)}'`,
  },
  {
    number: 33064,
    code: 'sql-password-policy',
    ask: "USE Plain; CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'onlylowercase'",
  },
  { number: 33101, code: 'sql-key-not-for-server', ask: `USE Plain; ${dek('Pw')}` },
  { number: 33102, code: 'tde-database-refused', ask: `USE msdb; ${dek('Tde')}` },
  { number: 33103, code: 'sql-exists', ask: `USE Enc; ${dek('Tde')}` },
  { number: 33104, code: 'tde-no-key', ask: 'USE Plain; DROP DATABASE ENCRYPTION KEY' },
  { number: 33105, code: 'tde-key-in-use', ask: 'USE Enc; DROP DATABASE ENCRYPTION KEY' },
  { number: 33106, code: 'tde-no-key', ask: 'ALTER DATABASE Plain SET ENCRYPTION ON' },
  { number: 33107, code: 'tde-already', ask: 'ALTER DATABASE Enc SET ENCRYPTION ON' },
  {
    number: 33108,
    code: 'tde-already',
    first: `USE Plain; ${dek('Tde')} USE master`,
    ask: 'ALTER DATABASE Plain SET ENCRYPTION OFF',
  },
  { number: 33128, code: 'tde-algorithm', ask: `USE Chain; ${dek('Tde', 'TRIPLE_DES_3KEY')}` },
  {
    number: 33118,
    code: 'tde-database-refused',
    ask: `USE Archive; ${dek('Tde')}`,
  },
  {
    number: 33109,
    code: 'tde-scan-running',
    arrange: async () => {
      lab().held(30)
      await lab().run(
        'USE Held; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master',
      )
      await lab().stateOf('Held', 4)
    },
    ask: 'ALTER DATABASE Held SET ENCRYPTION OFF',
  },
  {
    number: 33110,
    code: 'tde-scan-running',
    ask: 'USE Held; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_256',
  },
  { number: 33119, code: 'tde-database-refused', ask: 'ALTER DATABASE Held SET READ_ONLY' },
  {
    number: 33145,
    code: 'tde-scan-running',
    arrange: async () => {
      lab().held(null)
      await lab().stateOf('Held', 3)
      lab().held(0)
      await lab().run(
        'USE Held; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE Bak; USE master',
      )
    },
    ask: 'USE Held; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE Tde',
  },
  {
    number: 33122,
    code: 'tde-log-backup-first',
    arrange: async () => {
      lab().held(null)
      await lab().stateOf('Held', 3)
    },
    ask: 'USE Held; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_256',
  },
  { number: 33123, code: 'tde-replica-behind', ...onKey },
  { number: 33115, code: 'tde-serialized', ...onKey },
  { number: 33116, code: 'tde-serialized', ...onKey },
  { number: 33126, code: 'tde-key-damaged', ...onKey },
  { number: 33175, code: 'tde-algorithm', ...onKey },
  { number: 33111, code: 'sql-key-missing', ask: `RESTORE FILELISTONLY FROM DISK = ${q('gone.bak')}` },
  {
    number: 3021,
    code: 'sql-in-transaction',
    ask: `BEGIN TRANSACTION; BACKUP DATABASE Sales TO DISK = ${q('t.bak')} WITH FORMAT`,
  },
  {
    number: 3023,
    code: 'tde-serialized',
    arrange: () => {
      const { instance } = lab().simulated
      instance.busy.set(instance.databaseNamed('Plain')?.id ?? '', 'BACKUP DATABASE')
    },
    ask: 'ALTER DATABASE Plain SET ENCRYPTION ON',
  },
  {
    number: 3095,
    code: 'sql-media-not-fresh',
    ask: `BACKUP DATABASE Sales TO DISK = ${q('plain.bak')} WITH ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Bak)`,
  },
  { number: 3097, code: 'sql-media-not-fresh', ...onBackup },
  { number: 3098, code: 'sql-media-not-fresh', ...onBackup },
  {
    number: 3096,
    code: 'sql-certificate-expired',
    ask: `BACKUP DATABASE Sales TO DISK = ${q('old.bak')} WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Old)`,
  },
  {
    number: 3102,
    code: 'sql-database-in-use',
    ask: `USE Sales; RESTORE DATABASE Sales FROM DISK = ${q('plain.bak')} WITH REPLACE`,
  },
  { number: 3101, code: 'sql-database-in-use', ...onRestore },
  { number: 3141, code: 'sql-restore-over', ...onRestore },
  {
    number: 3142,
    code: 'sql-restore-over',
    ask: `RESTORE DATABASE Fresh FROM DISK = ${q('plain.bak')} WITH MOVE 'Sales' TO 'D:\\Backup\\plain.bak', MOVE 'Sales_log' TO 'D:\\Backup\\f.ldf'`,
  },
  {
    number: 5133,
    code: 'sql-restore-over',
    ask: `RESTORE DATABASE Fresh FROM DISK = ${q('plain.bak')} WITH MOVE 'Sales' TO 'D:\\No\\f.mdf', MOVE 'Sales_log' TO 'D:\\No\\f.ldf'`,
  },
  {
    number: 3154,
    code: 'sql-restore-over',
    ask: `RESTORE DATABASE Chain FROM DISK = ${q('plain.bak')}`,
  },
  {
    number: 3159,
    code: 'sql-restore-over',
    ask: `RESTORE DATABASE Sales FROM DISK = ${q('plain.bak')}`,
  },
  { number: 3117, code: 'sql-restore-order', ask: `RESTORE LOG Sales FROM DISK = ${q('log.trn')}` },
  { number: 3118, code: 'sql-restore-order', ask: `RESTORE LOG Fresh FROM DISK = ${q('log.trn')}` },
  { number: 3132, code: 'sql-stripes-missing', ask: `RESTORE VERIFYONLY FROM DISK = ${q('s1.bak')}` },
  { number: 3133, code: 'sql-stripes-missing', ...onRestore },
  { number: 3169, code: 'sql-newer-version', ...onRestore },
  {
    number: 3187,
    code: 'sql-no-checksums',
    ask: `RESTORE VERIFYONLY FROM DISK = ${q('plain.bak')} WITH CHECKSUM`,
  },
  {
    number: 3189,
    code: 'sql-backup-damaged',
    arrange: () => lab().damage('D:\\Backup\\torn.bak'),
    ask: `RESTORE VERIFYONLY FROM DISK = ${q('torn.bak')}`,
  },
  {
    number: 3183,
    code: 'sql-backup-damaged',
    ask: `RESTORE DATABASE Fresh FROM DISK = ${q('torn.bak')} WITH ${moved('Fresh')}`,
  },
  { number: 3203, code: 'sql-backup-damaged', ...onVerify },
  { number: 3271, code: 'sql-file-not-read', ...onVerify },
  {
    number: 3241,
    code: 'sql-backup-damaged',
    ask: `RESTORE HEADERONLY FROM DISK = N'${key('Tde')}.cer'`,
  },
  { number: 3201, code: 'sql-file-not-read', ask: `RESTORE HEADERONLY FROM DISK = ${q('no.bak')}` },
  { number: 4214, code: 'sql-no-log-chain', ask: `BACKUP LOG Chain TO DISK = ${q('c.trn')} WITH FORMAT` },
  {
    number: 4208,
    code: 'sql-no-log-chain',
    first: 'ALTER DATABASE Chain SET RECOVERY SIMPLE',
    ask: `BACKUP LOG Chain TO DISK = ${q('c.trn')} WITH FORMAT`,
  },
  {
    number: 3202,
    code: 'sql-backup-device',
    arrange: () => void lab().simulated.instance.disk.forcedFree.set('D', 50_000),
    ask: `BACKUP DATABASE Sales TO DISK = ${q('full.bak')} WITH FORMAT`,
  },
]
