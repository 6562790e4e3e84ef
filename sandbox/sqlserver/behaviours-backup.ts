import type { Behaviour } from './behaviours.ts'

/** Chains of backups, media sets, files of databases and who may read them. */
export const BACKUP_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'chain.lsn',
    certainty: 'documented',
    says: 'Each log backup begins where the one before ended; a differential names checkpoint and GUID of its base.',
  },
  {
    id: 'chain.models',
    certainty: 'documented',
    says: 'No log backup in the simple recovery model, nor before a data backup; no differential without a full backup; master takes full backups only.',
    numbers: [4208, 4214, 3035, 3024, 4212],
  },
  {
    id: 'chain.copy-only',
    certainty: 'documented',
    says: 'A copy-only backup moves neither the differential base nor the log chain, and is no base itself.',
  },
  {
    id: 'chain.gap',
    certainty: 'documented',
    says: 'A log that begins behind the restored point, or ends before it, is refused with both LSNs in the text.',
    numbers: [4305, 4326],
  },
  {
    id: 'chain.wrong-base',
    certainty: 'documented',
    says: 'A differential applies only to a database restored from its own base.',
    numbers: [3136],
  },
  {
    id: 'chain.not-restoring',
    certainty: 'documented',
    says: 'Differential and log backups apply to a database that is restoring, and never create one.',
    numbers: [3117, 3118],
  },
  {
    id: 'chain.wrong-statement',
    certainty: 'assumed',
    says: 'A log backup under RESTORE DATABASE, or a data backup under RESTORE LOG, answers 3135.',
    numbers: [3135],
  },
  {
    id: 'chain.fork',
    certainty: 'assumed',
    says: 'Each recovery begins a new path; a log of another path answers 4330, one that spans the fork applies.',
    numbers: [4330],
  },
  {
    id: 'chain.older-differential',
    certainty: 'assumed',
    says: 'A differential behind the restored point answers 3120; MOVE in a later step 3174.',
    numbers: [3120, 3174],
  },
  {
    id: 'chain.after-restore',
    certainty: 'assumed',
    says: 'A restored database continues its chain: its log can be backed up, and differentials build on the restored backup.',
  },
  {
    id: 'chain.stopat',
    certainty: 'documented',
    says: 'STOPAT stops between two changes; a point behind the backup leaves the database restoring; a point that is passed is refused.',
    numbers: [4322, 4335, 4338, 3145],
  },
  {
    id: 'chain.stopat-catalog',
    certainty: 'assumed',
    says: 'At a point within a log backup, keys, users and rights are those of the backup before: only rows are in log records here.',
  },
  {
    id: 'chain.tail',
    certainty: 'documented',
    says: 'BACKUP LOG WITH NORECOVERY needs the database to itself and leaves it restoring.',
    numbers: [3101],
  },
  {
    id: 'chain.waits',
    certainty: 'assumed',
    says: 'INSERT waits while a backup of its database runs; the real engine lets both work and puts the log of that time into the backup.',
  },
  {
    id: 'chain.options',
    certainty: 'assumed',
    says: 'DIFFERENTIAL for a log, NORECOVERY for a data backup: 3032 before anything runs. MAXTRANSFERSIZE is a multiple of 64 KB up to 4 MB, else 3217.',
    numbers: [3032, 3217],
  },
  {
    id: 'rows.table',
    certainty: 'assumed',
    says: 'dbo.RehearsalRows is the one user table, in every user database; INSERT ... VALUES is the one change. Its rows are on the pages of the data file.',
    numbers: [1105, 824, 515, 2628, 3906],
  },
  {
    id: 'stripe.all-members',
    certainty: 'documented',
    says: 'VERIFYONLY and RESTORE need every member of a media set; 64 devices at most.',
    numbers: [3132, 3205],
  },
  {
    id: 'stripe.one-member',
    certainty: 'assumed',
    says: 'HEADERONLY, FILELISTONLY and LABELONLY read any one member.',
  },
  {
    id: 'stripe.mixed',
    certainty: 'documented',
    says: 'A file of another media set is refused, so is the same member twice, and another number of devices than the media were formatted for.',
    numbers: [3258, 3227, 3231],
  },
  {
    id: 'stripe.mirror',
    certainty: 'documented',
    says: 'MIRROR TO needs WITH FORMAT and an Enterprise edition; beyond that it is not simulated.',
    numbers: [3215, 3218, 3214],
  },
  {
    id: 'restore.existing-file',
    certainty: 'documented',
    says: 'A file that is there already needs REPLACE or MOVE; one of another database is never overwritten.',
    numbers: [3142, 1834, 3156, 3119],
  },
  {
    id: 'restore.own-session',
    certainty: 'documented',
    says: 'A session that is in the database itself can not restore it.',
    numbers: [3102],
  },
  {
    id: 'restore.version',
    certainty: 'documented',
    says: 'A backup of a newer version is refused; FILELISTONLY and VERIFYONLY refuse it too (assumed), HEADERONLY reads it.',
    numbers: [3169],
  },
  {
    id: 'restore.history',
    certainty: 'documented',
    says: 'RESTORE writes restorehistory and restorefile, and a backupset row for a backup that another server took.',
  },
  {
    id: 'restore.tde-replay',
    certainty: 'assumed',
    says: 'A log in which the encryption changed brings all pages to its end at once; a differential after a scan holds every page.',
  },
  {
    id: 'backup.tde-compression',
    certainty: 'documented',
    says: 'COMPRESSION shrinks a backup of an encrypted database only with MAXTRANSFERSIZE above 64 KB, which 2019 (CU5) and later raise by themselves: pages are decrypted, compressed and encrypted again. Else they go as they are on disk.',
  },
  {
    id: 'attach.files',
    certainty: 'documented',
    says: 'sp_detach_db leaves the files; FOR ATTACH opens them where they are, with rows, master key and certificates. The master key opens by password only on another server.',
    numbers: [15010, 7940, 3703],
  },
  {
    id: 'attach.refused',
    certainty: 'documented',
    says: 'A file that can not be opened, is in use, is no primary file, or is of a newer version is refused.',
    numbers: [5120, 5171, 948, 1813],
  },
  {
    id: 'attach.missing-certificate',
    certainty: 'documented',
    says: 'An encrypted database is attached only where the certificate of its protector is.',
    numbers: [33111, 1813],
  },
  {
    id: 'attach.layout',
    certainty: 'assumed',
    says: 'A closed data file carries what is not on its pages in an end of our own layout.',
  },
  {
    id: 'state.offline',
    certainty: 'documented',
    says: 'OFFLINE waits for others, ends them (ROLLBACK IMMEDIATE) or refuses (NO_WAIT); ONLINE needs every file, else the database stays as it was.',
    numbers: [5060, 5070, 5069, 5120, 5181, 5058],
  },
  {
    id: 'state.single-user',
    certainty: 'documented',
    says: 'One session at a time is in a SINGLE_USER database.',
    numbers: [924],
  },
  {
    id: 'check.pages',
    certainty: 'assumed',
    says: 'CHECKDB reads every page of every file, log files too, and names each damaged one with 8928; 8989 counts them.',
    numbers: [8928, 8989, 2528],
  },
]
