import { AVAILABILITY_BEHAVIOURS } from './behaviours-availability.ts'
import { BACKUP_BEHAVIOURS } from './behaviours-backup.ts'
import { EKM_BEHAVIOURS } from './behaviours-ekm.ts'
import { URL_BEHAVIOURS } from './behaviours-url.ts'
import { ENCRYPTION_BEHAVIOURS } from './behaviours-encryption.ts'
import { WINDOWS_BEHAVIOURS } from './behaviours-windows.ts'

/**
 * How sure we are of each simulated behaviour. `documented`: public documentation or message catalog says so; `seen`:
 * in public code or a practitioner's page; `assumed`: expert knowledge or a choice of ours. `npm run conformance` asks
 * a real server the same questions and prints the differences.
 */
export type Certainty = 'documented' | 'seen' | 'assumed'

export interface Behaviour {
  id: string
  certainty: Certainty
  /** What the simulator does. */
  says: string
  /** Error or message numbers that belong to it. */
  numbers?: readonly number[]
  /** A question for a real server, when one statement can ask it. */
  probe?: string
}

export const BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'dmk.create-twice',
    certainty: 'documented',
    says: 'A second master key in a database is refused.',
    numbers: [15578],
  },
  {
    id: 'dmk.smk-copy',
    certainty: 'documented',
    says: 'CREATE MASTER KEY also keeps a copy under the service master key, in the database and in master.',
  },
  {
    id: 'dmk.password-policy',
    certainty: 'assumed',
    says: 'Passwords of keys and key files need 8 to 128 characters of three kinds, whatever the host policy says.',
    numbers: [33062, 33063, 33064],
  },
  {
    id: 'dmk.open-wrong-password',
    certainty: 'assumed',
    says: 'OPEN MASTER KEY with a wrong password answers 15466.',
    numbers: [15466],
  },
  {
    id: 'dmk.missing',
    certainty: 'documented',
    says: 'What needs the master key and finds none, or one that does not open, answers 15581.',
    numbers: [15581],
  },
  {
    id: 'dmk.drop-in-use',
    certainty: 'documented',
    says: 'A master key that encrypts a private key can not be dropped.',
    numbers: [15580],
  },
  {
    id: 'dmk.drop-missing-encryption',
    certainty: 'assumed',
    says: 'DROP ENCRYPTION BY for a copy that is not there answers 15313.',
    numbers: [15313],
  },
  {
    id: 'dmk.restore-without-smk-copy',
    certainty: 'assumed',
    says: 'RESTORE MASTER KEY into a database without one makes no copy under the service master key.',
  },
  {
    id: 'dmk.identical',
    certainty: 'documented',
    says: 'Restoring the key that is there already says so and changes nothing.',
    numbers: [15588],
  },
  {
    id: 'dmk.force',
    certainty: 'documented',
    says: 'FORCE loses what the old key does not open, and names it.',
    numbers: [15584, 15329],
  },
  {
    id: 'dmk.file-format',
    certainty: 'assumed',
    says: 'Files of master keys have a layout of our own and say so in their first line.',
    numbers: [15317],
  },
  {
    id: 'smk.regenerate',
    certainty: 'documented',
    says: 'Regenerating or restoring the service master key re-encrypts the master key copies under it.',
    numbers: [15320],
  },
  {
    id: 'smk.backup-permission',
    certainty: 'assumed',
    says: 'Backup and restore of the service master key need CONTROL SERVER.',
    numbers: [15247],
  },
  {
    id: 'cert.default-expiry',
    certainty: 'documented',
    says: 'Without dates a certificate is valid from now for one year.',
  },
  {
    id: 'cert.default-size',
    certainty: 'documented',
    says: 'Generated keys have 2048 bits up to 2019 and 3072 from 2022.',
  },
  {
    id: 'cert.same-thumbprint',
    certainty: 'documented',
    says: 'A certificate that is in the database under another name is refused.',
    numbers: [15232],
  },
  {
    id: 'cert.bad-file',
    certainty: 'documented',
    says: 'A missing, unreadable or wrong file answers the same number.',
    numbers: [15208],
  },
  {
    id: 'cert.wrong-file-password',
    certainty: 'documented',
    says: 'A wrong password of a private key file.',
    numbers: [15465],
  },
  {
    id: 'cert.dates-warn',
    certainty: 'documented',
    says: 'Dates that make no sense are warnings, not errors.',
    numbers: [15213, 15214, 15215],
  },
  {
    id: 'cert.never-overwrites',
    certainty: 'documented',
    says: 'Key files are never written over existing files.',
    numbers: [15240],
  },
  {
    id: 'cert.last-backup-date',
    certainty: 'assumed',
    says: 'Only an export with the private key sets pvt_key_last_backup_date; CERTPRIVATEKEY does not.',
  },
  {
    id: 'cert.functions-answer-null',
    certainty: 'documented',
    says: 'CERTENCODED and CERTPRIVATEKEY answer NULL, not an error, when they can not or may not.',
  },
  {
    id: 'cert.drop-needed-by-backups',
    certainty: 'documented',
    says: 'DROP CERTIFICATE works although backup files need the key.',
  },
  {
    id: 'cert.password-bytes',
    certainty: 'assumed',
    says: 'Passwords of .pvk and .pfx files are taken as UTF-8 bytes.',
  },
  {
    id: 'cert.subject-length',
    certainty: 'documented',
    says: 'Subjects have 1 to 128 characters.',
    numbers: [15212],
  },
  {
    id: 'backup.warns-not-exported',
    certainty: 'seen',
    says: 'BACKUP WITH ENCRYPTION warns while the private key was never exported.',
    numbers: [33091],
  },
  {
    id: 'backup.expired',
    certainty: 'documented',
    says: 'An expired certificate encrypts no new backup.',
    numbers: [3096],
  },
  {
    id: 'backup.expired-restore',
    certainty: 'documented',
    says: 'An expired certificate still opens old backups.',
  },
  {
    id: 'backup.append-encrypted',
    certainty: 'documented',
    says: 'An encrypted set is never appended.',
    numbers: [3095],
  },
  {
    id: 'backup.init-encrypted',
    certainty: 'assumed',
    says: 'INIT without FORMAT does not make room for an encrypted set either.',
    numbers: [3095],
  },
  {
    id: 'backup.password-protected-key',
    certainty: 'documented',
    says: 'A private key under a password, or absent, can not encrypt backups.',
    numbers: [33101],
  },
  {
    id: 'backup.dmk-opened-by-session',
    certainty: 'assumed',
    says: 'A master key that only the session opened does not help a backup.',
    numbers: [15581],
  },
  {
    id: 'backup.terminates',
    certainty: 'documented',
    says: 'Every failure of BACKUP and RESTORE is followed by 3013.',
    numbers: [3013],
  },
  {
    id: 'backup.terminates-name',
    certainty: 'assumed',
    says: 'Names in 3013: BACKUP DATABASE, BACKUP LOG, RESTORE DATABASE, RESTORE HEADERONLY, RESTORE FILELIST, RESTORE LABELONLY, VERIFY DATABASE.',
  },
  {
    id: 'backup.in-transaction',
    certainty: 'documented',
    says: 'Refused inside a transaction.',
    numbers: [3021],
  },
  {
    id: 'backup.serialized',
    certainty: 'documented',
    says: 'One backup, restore or file change at a time for a database.',
    numbers: [3023],
  },
  {
    id: 'backup.progress',
    certainty: 'documented',
    says: 'STATS sends a message for each step; without STATS there is none.',
    numbers: [3211],
  },
  {
    id: 'backup.end-messages',
    certainty: 'seen',
    says: '4035 for each file, then 3014.',
    numbers: [4035, 3014],
  },
  {
    id: 'backup.aborted',
    certainty: 'assumed',
    says: 'A cancelled backup answers 3204 and 3013 and leaves a file that reads as damaged.',
    numbers: [3204],
  },
  {
    id: 'backup.disk-full',
    certainty: 'documented',
    says: 'A full disk is 3202 with operating system error 112.',
    numbers: [3202],
  },
  { id: 'backup.encryptor-type', certainty: 'seen', says: 'CERTIFICATE, and CERTIFICATE_OAEP_256 on 2025.' },
  {
    id: 'backup.file-format',
    certainty: 'assumed',
    says: 'Backup files have a layout of our own and say so in their first line.',
  },
  {
    id: 'restore.header-without-key',
    certainty: 'seen',
    says: 'HEADERONLY reads an encrypted backup without its key.',
  },
  {
    id: 'restore.missing-key',
    certainty: 'documented',
    says: 'FILELISTONLY, VERIFYONLY and RESTORE name the missing thumbprint.',
    numbers: [33111],
  },
  {
    id: 'restore.damage',
    certainty: 'assumed',
    says: 'A damaged end or header is 3241; a damaged page 3189 in VERIFYONLY and 3183 in RESTORE.',
    numbers: [3241, 3189, 3183],
  },
  {
    id: 'restore.tail',
    certainty: 'documented',
    says: 'Restoring over a database in full recovery without REPLACE is refused.',
    numbers: [3159],
  },
  {
    id: 'restore.other-database',
    certainty: 'documented',
    says: 'Restoring another database over an existing one needs REPLACE.',
    numbers: [3154],
  },
  {
    id: 'restore.carries-dmk',
    certainty: 'documented',
    says: 'A database brings its master key and certificates; the service copy is useless elsewhere.',
  },
  {
    id: 'restore.permission',
    certainty: 'documented',
    says: 'RESTORE and its read-only forms need CREATE DATABASE.',
    numbers: [262],
  },
  {
    id: 'file.owner',
    certainty: 'documented',
    says: 'Key files, backups and data files that a server writes are readable by its service account only; others get operating system error 5 until an administrator grants it.',
    numbers: [3201, 15208, 15240],
  },
  {
    id: 'file.overwrite',
    certainty: 'assumed',
    says: 'A service neither overwrites nor deletes the file of another; the right to read does not change that.',
    numbers: [3201],
  },
  {
    id: 'file.share',
    certainty: 'assumed',
    says: 'A shared folder is reached by UNC name: unknown server 53, unknown share 67. Copies that an administrator makes keep the rights of the original.',
  },
  {
    id: 'path.relative',
    certainty: 'documented',
    says: 'Bare names go to the data folder (key files) and the backup folder (backups).',
  },
  {
    id: 'path.device-names',
    certainty: 'assumed',
    says: 'Windows device names, NUL too, and alternate streams are refused with operating system error 123.',
  },
  {
    id: 'catalog.by-version',
    certainty: 'documented',
    says: 'Columns exist from the version that brought them; a missing one fails the batch before it runs.',
    numbers: [207],
  },
  {
    id: 'agent.rows-only',
    certainty: 'assumed',
    says: 'SQL Server Agent jobs are rows of msdb that nothing runs; whoever may read msdb sees all of them.',
  },
  { id: 'catalog.hidden', certainty: 'documented', says: 'Metadata that a login may not see is absent.' },
  {
    id: 'catalog.dmv-permission',
    certainty: 'documented',
    says: 'Server views need VIEW SERVER STATE.',
    numbers: [300, 297],
  },
  {
    id: 'catalog.lock-description',
    certainty: 'seen',
    says: 'Application locks show the first 32 characters of the resource and a hash; the hash is ours.',
  },
  {
    id: 'batch.compile',
    certainty: 'documented',
    says: 'A batch with a syntax error does not begin.',
    numbers: [102, 105, 137],
  },
  {
    id: 'batch.deferred-names',
    certainty: 'documented',
    says: 'A missing object is found when its statement runs, and ends the batch.',
    numbers: [208],
  },
  {
    id: 'batch.not-simulated',
    certainty: 'assumed',
    says: 'What is not simulated answers 50000 "not simulated: ..." and nothing of its batch runs. A real server has no such message.',
    numbers: [50000],
  },
  {
    id: 'collation',
    certainty: 'assumed',
    says: 'One collation, SQL_Latin1_General_CP1_CI_AS; text compares without regard to case and trailing spaces.',
  },
  {
    id: 'lock.session',
    certainty: 'documented',
    says: 'sp_getapplock with owner Session lasts until released or until the connection is gone.',
    numbers: [1223],
  },
  { id: 'clock.utc', certainty: 'assumed', says: 'The server lives in UTC: GETDATE() equals GETUTCDATE().' },
  ...ENCRYPTION_BEHAVIOURS,
  ...BACKUP_BEHAVIOURS,
  ...AVAILABILITY_BEHAVIOURS,
  ...EKM_BEHAVIOURS,
  ...URL_BEHAVIOURS,
  ...WINDOWS_BEHAVIOURS,
]
