import type { Behaviour } from './behaviours.ts'

/** Transparent data encryption, its keys, and what a restart does to them. */
export const ENCRYPTION_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'dek.statements',
    certainty: 'documented',
    says: 'CREATE, ALTER and DROP DATABASE ENCRYPTION KEY work on the current database and refuse what is there already or is not there.',
    numbers: [33103, 33104],
  },
  {
    id: 'dek.protector',
    certainty: 'documented',
    says: 'The protector is a certificate of master whose private key opens without a session.',
    numbers: [15151, 33101, 15581],
  },
  {
    id: 'dek.protector-size',
    certainty: 'assumed',
    says: 'Certificates above 3456 bits (3072 on 2025) or below 512 protect no database; the number is a guess.',
    numbers: [15464],
  },
  {
    id: 'dek.warns-not-exported',
    certainty: 'documented',
    says: 'CREATE warns while the private key of the protector was never exported; ALTER ... ENCRYPTION BY too.',
    numbers: [33091],
  },
  {
    id: 'dek.deprecated-algorithm',
    certainty: 'documented',
    says: 'TRIPLE_DES_3KEY needs compatibility level 120 or lower.',
    numbers: [33128],
  },
  {
    id: 'dek.drop-in-use',
    certainty: 'documented',
    says: 'Only a key in state 1 can be dropped, and its certificate only after that.',
    numbers: [33105, 33127],
  },
  {
    id: 'dek.scan-in-progress',
    certainty: 'documented',
    says: 'During states 2, 4 and 5 neither the switch nor the key can be changed; during 6 not the key.',
    numbers: [33109, 33110, 33145],
  },
  {
    id: 'dek.scan-in-progress-text',
    certainty: 'assumed',
    says: 'Texts of 33110 and 33145, and that the switch answers 33109 also during a protector change.',
    numbers: [33110, 33145, 33109],
  },
  {
    id: 'dek.third-change',
    certainty: 'documented',
    says: 'The third change of a key that is in use needs a log backup first.',
    numbers: [33122],
  },
  {
    id: 'dek.changes-counted',
    certainty: 'assumed',
    says: 'REGENERATE and ENCRYPTION BY count, the switch does not; CHECKPOINT resets the count in the simple model; a copy-only log backup does not.',
  },
  {
    id: 'dek.serialized',
    certainty: 'documented',
    says: 'Changes of the key and the switch wait for no backup: they are refused while one runs.',
    numbers: [3023],
  },
  {
    id: 'tde.edition',
    certainty: 'documented',
    says: 'Enterprise and Developer have it, Standard from 2019, Express and Web never, not even to restore.',
    numbers: [33117],
  },
  {
    id: 'tde.system-databases',
    certainty: 'documented',
    says: 'System databases are not encrypted by statement.',
    numbers: [33102],
  },
  {
    id: 'tde.switch',
    certainty: 'documented',
    says: 'SET ENCRYPTION needs a key and says when nothing would change.',
    numbers: [33106, 33107, 33108],
  },
  {
    id: 'tde.alter-failed',
    certainty: 'assumed',
    says: 'Every failure of SET ENCRYPTION and SET ONLINE is followed by 5069.',
    numbers: [5069],
  },
  {
    id: 'tde.read-only',
    certainty: 'documented',
    says: 'A read-only database, or one with a read-only file group, is not encrypted, decrypted or given another key.',
    numbers: [33118, 33119],
  },
  {
    id: 'tde.suspend',
    certainty: 'documented',
    says: 'From 2019 a scan is suspended and resumed, and stays suspended over a restart.',
  },
  {
    id: 'tde.suspend-nothing',
    certainty: 'assumed',
    says: 'SUSPEND without a running scan and RESUME without a suspended one answer 5069 alone.',
    numbers: [5069],
  },
  {
    id: 'tde.scan',
    certainty: 'documented',
    says: 'SET ENCRYPTION returns at once, is_encrypted changes at once, a background scan does the work and goes on after a restart.',
  },
  {
    id: 'tde.scan-waits',
    certainty: 'assumed',
    says: 'A scan rests while a backup, a restore or DBCC CHECKDB reads the pages.',
  },
  {
    id: 'tde.log-pages',
    certainty: 'assumed',
    says: 'The scan rewrites the log file too; the engine encrypts only what is logged from then on.',
  },
  {
    id: 'tde.page-format',
    certainty: 'seen',
    says: 'AES-CBC over bytes 96 to 8191 of each page, with page and file number as initial value; what is in the pages is ours.',
  },
  {
    id: 'tde.tempdb',
    certainty: 'documented',
    says: 'tempdb is encrypted with the first database.',
  },
  {
    id: 'tde.tempdb-row',
    certainty: 'assumed',
    says: 'tempdb stays encrypted until the next start; its row has an empty thumbprint and the type ASYMMETRIC KEY, and is_encrypted stays 0.',
  },
  {
    id: 'tde.dmv-2025-type',
    certainty: 'assumed',
    says: 'On 2025 encryptor_type is CERTIFICATE_OAEP_256 in sys.dm_database_encryption_keys too.',
  },
  {
    id: 'tde.restart',
    certainty: 'documented',
    says: 'A start that can not open the protector leaves the database RECOVERY_PENDING.',
  },
  {
    id: 'tde.recovery-pending-use',
    certainty: 'assumed',
    says: 'What needs a RECOVERY_PENDING database answers 945.',
    numbers: [945],
  },
  {
    id: 'tde.set-online',
    certainty: 'assumed',
    says: 'SET ONLINE of a database whose protector does not open answers the reason, 5181 and 5069, and changes nothing.',
    numbers: [5181, 5069],
  },
  {
    id: 'tde.restore-needs-protectors',
    certainty: 'documented',
    says: 'A backup needs the protector of its database and every one that its log was written under.',
    numbers: [33111],
  },
  {
    id: 'tde.backup-of-unencrypted',
    certainty: 'assumed',
    says: 'A backup of a database that has a key but is switched off needs the protector as well.',
    numbers: [33111],
  },
]
