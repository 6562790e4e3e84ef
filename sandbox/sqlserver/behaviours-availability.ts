import type { Behaviour } from './behaviours.ts'

/** Availability groups: made by whoever owns the simulated servers, not by statement. */
export const AVAILABILITY_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'ag.views',
    certainty: 'documented',
    says: 'Groups, replicas and databases are listed on every node; the state views of a secondary show only itself.',
  },
  {
    id: 'ag.one-kind',
    certainty: 'assumed',
    says: 'All replicas commit synchronously, fail over by hand and are not readable as secondaries. CREATE and ALTER AVAILABILITY GROUP, listeners and readable secondaries are not simulated.',
  },
  {
    id: 'ag.vault-key',
    certainty: 'documented',
    says: 'Each replica opens a key of a vault through its own provider, credential, key object and login; a changed secret counts on a replica from the restart of that replica.',
  },
  {
    id: 'ag.not-readable',
    certainty: 'seen',
    says: 'A secondary database opens for nobody: statements and a login into it answer 976.',
    numbers: [976],
  },
  {
    id: 'ag.secondary-online',
    certainty: 'assumed',
    says: 'sys.databases shows a secondary database as ONLINE, also while data movement is suspended.',
  },
  {
    id: 'ag.drop',
    certainty: 'documented',
    says: 'A database of a group is not dropped.',
    numbers: [3752],
  },
  {
    id: 'ag.restore-over',
    certainty: 'documented',
    says: 'RESTORE over a database of a group is refused.',
    numbers: [3104],
  },
  {
    id: 'ag.alter',
    certainty: 'assumed',
    says: 'Name, state, access, recovery model and READ_ONLY of a database of a group are not altered, and it is not detached; the number is that of the message catalog, which of them raise it is a guess.',
    numbers: [1468],
  },
  {
    id: 'ag.key-travels',
    certainty: 'documented',
    says: 'The database encryption key of a primary reaches its secondaries; each opens it with the certificate in its own master.',
  },
  {
    id: 'ag.certificate-missing',
    certainty: 'assumed',
    says: 'A secondary without the certificate, or whose vault does not open the key, suspends data movement (SUSPEND_FROM_REDO, NOT SYNCHRONIZING) and keeps what it had; SET HADR RESUME goes on once that is mended, else it is suspended again.',
  },
  {
    id: 'ag.replica-behind',
    certainty: 'documented',
    says: 'The key of a primary is not altered or dropped while a secondary has not followed the last change.',
    numbers: [33123],
  },
  {
    id: 'ag.replica-behind-when',
    certainty: 'assumed',
    says: 'Behind is a secondary with another state, key or protector than the primary, or without the key once encryption is on; one that never got a key in state 1 is not.',
  },
  {
    id: 'ag.vault-asked',
    certainty: 'assumed',
    says: 'A secondary asks the vault once for each key or protector, when it reaches the secondary, and again after a restart of its service; until the answer it lags, and the primary answers 33123.',
    numbers: [33123],
  },
  {
    id: 'ag.failover-opens',
    certainty: 'assumed',
    says: 'The new primary opens database encryption keys anew: where that fails the database is RECOVERY_PENDING there, and comes up with the next start that opens it, or where the group fails over to.',
  },
  {
    id: 'ag.redo',
    certainty: 'assumed',
    says: 'A secondary follows at each commit; its files are brought along when a scan of the primary has ended and before it becomes the primary, so its percent is that of the primary.',
  },
  {
    id: 'ag.movement',
    certainty: 'documented',
    says: 'ALTER DATABASE SET HADR SUSPEND and RESUME work on a secondary database.',
  },
  {
    id: 'ag.backup-on-secondary',
    certainty: 'assumed',
    says: 'A backup on a secondary answers "not simulated"; a real one takes copy-only and log backups there.',
    numbers: [50000],
  },
  {
    id: 'ag.failover',
    certainty: 'assumed',
    says: 'An order of the control channel; sessions in the databases end. A real one would break off a backup that runs; here it is refused.',
  },
]
