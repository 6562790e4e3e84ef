import type { Evidence } from '../../../../shared/model/evidence.ts'
import { asHandleId, asPlanDigest, asRunId, asTargetId } from '../../../../shared/model/ids.ts'
import type {
  PlannedStep,
  ReviewedPlan,
  RunLook,
  RunView,
  StepRunView,
} from '../../../../shared/model/plan.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { TargetRef } from '../../../../shared/model/target.ts'

export const at = '2026-05-04T08:41:12.000Z'
export const digest = '9f3a77c0'.repeat(8)
export const server: TargetRef = {
  id: asTargetId('t-production'),
  kind: 'sqlserver',
  name: 'ktr-sql-01',
  environment: 'production',
}

const sql = (...parts: Script['parts']): Script => ({ language: 'tsql', parts })

export const evidence = (statement: string, value: string, source: string): Evidence => ({
  statement,
  value,
  source,
  at,
})

const step = (number: number, title: string, given: Partial<PlannedStep> = {}): PlannedStep => ({
  id: `s${String(number).padStart(2, '0')}`,
  kind: 'any',
  target: server,
  title,
  now: 'absent',
  after: 'there, read back from the catalog',
  scripts: [sql(`-- ${title}\nSELECT name FROM sys.certificates WHERE name = N'KT_Backup_2026';`)],
  params: null,
  permission: 'CONTROL on database master',
  undo: {
    can: true,
    action: 'drop it, if nothing used it',
    script: sql('DROP CERTIFICATE [KT_Backup_2026];'),
  },
  resume: 'named',
  stopNow: null,
  ...given,
})

export const steps: PlannedStep[] = [
  step(1, 'Create the database master key of master', {
    scripts: [
      sql(
        "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'",
        { hole: 'pw_master', purpose: 'sql.dmk-password' },
        "';",
      ),
    ],
  }),
  step(2, 'Create certificate KT_Backup_2026', {
    scripts: [
      sql(
        "CREATE CERTIFICATE [KT_Backup_2026]\n  WITH SUBJECT = N'Backup encryption ktr-sql-01 2026',\n  EXPIRY_DATE = N'20311231';",
      ),
    ],
  }),
  step(3, 'Write the certificate and its private key to D:\\Keys', {
    scripts: [
      sql(
        "BACKUP CERTIFICATE [KT_Backup_2026]\n  TO FILE = N'D:\\Keys\\KT_Backup_2026_ab12cd34.cer'\n  WITH PRIVATE KEY (\n    FILE = N'D:\\Keys\\KT_Backup_2026_ab12cd34.pvk',\n    ENCRYPTION BY PASSWORD = N'",
        { hole: 'pw_certificate_file', purpose: 'sql.key-file-password' },
        "'\n  );",
      ),
    ],
    undo: { can: false, because: 'the files stay on the server’s disk until someone deletes them there' },
  }),
  step(4, 'Open the key files in a scratch database'),
  step(5, 'Back up Sales to D:\\Backups', {
    scripts: [
      sql(
        "BACKUP DATABASE [Sales]\n  TO DISK = N'D:\\Backups\\Sales_20260504_ab12cd34.bak'\n  WITH COPY_ONLY, FORMAT, COMPRESSION, CHECKSUM, STATS = 5,\n  ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Backup_2026]);",
      ),
    ],
    undo: { can: false, because: 'a backup file is only deleted by a person' },
    stopNow: { leaves: 'an incomplete file that no restore accepts' },
    resume: 'marked',
  }),
  step(6, 'Verify the backup of Sales', {
    undo: { can: 'until', action: 'forget the verification', beforeStep: 6, script: sql('SELECT 1;') },
  }),
]

export const runId = asRunId('7f3ab2c4d5e6')

export const reviewed: ReviewedPlan = {
  plan: {
    format: 1,
    job: 'encrypted-backup',
    runId,
    title: 'Encrypted backup of Sales on ktr-sql-01',
    targets: [{ ref: server, identity: { serverName: 'ktr-sql-01' } }],
    steps,
    secrets: [
      {
        hole: 'pw_master',
        purpose: 'sql.dmk-password',
        target: server,
        handle: asHandleId('h-1'),
        generation: 1,
        label: 'Password of the new master key',
      },
    ],
    relied: [],
  },
  digest: asPlanDigest(digest),
  advice: {
    satisfied: [
      {
        title: 'Connection is encrypted and its certificate is the pinned one',
        evidence: evidence('encrypt_option', 'TRUE', 'ktr-sql-01, sys.dm_exec_connections'),
      },
    ],
    blockers: [],
    warnings: [
      {
        what: 'Two replicas need the certificate too: ktr-sql-02, ktr-sql-03',
        why: 'After a failover they take the backups, and can’t without it',
        screen: 'keys',
      },
    ],
    notes: [evidence('Free space on D:', '412 GB', 'ktr-sql-01, sys.dm_os_volume_stats')],
    factsAt: at,
  },
  validUntil: '2026-05-04T09:11:12.000Z',
}

const waiting = (id: string): StepRunView => ({
  id,
  state: 'waiting',
  startedAt: null,
  endedAt: null,
  progress: null,
  evidence: [],
  proofs: [],
  messages: [],
  problem: null,
})

const verified = (id: string, given: Partial<StepRunView> = {}): StepRunView => ({
  ...waiting(id),
  state: 'verified',
  startedAt: '2026-05-04T08:41:12.000Z',
  endedAt: '2026-05-04T08:41:16.000Z',
  evidence: [
    evidence('Row in the catalog', 'thumbprint 9F3A1C22AB77C0D1E2F3', 'ktr-sql-01, sys.certificates'),
  ],
  ...given,
})

const base = (state: RunView['state']): RunView => ({
  id: runId,
  job: 'encrypted-backup',
  title: reviewed.plan.title,
  digest: reviewed.digest,
  state,
  ticket: 'CHG-20431',
  reason: 'Quarterly change of the backup certificate',
  operator: 'ANA\\aruiz',
  principal: 'kt_operator',
  startedAt: '2026-05-04T08:41:00.000Z',
  endedAt: null,
  plan: reviewed.plan,
  steps: steps.map(({ id }) => waiting(id)),
  notChecked: [],
  leftBecause: null,
  choices: [],
})

export const runningView: RunView = {
  ...base('running'),
  steps: steps.map(({ id }, index) =>
    index < 4
      ? verified(id)
      : index === 4
        ? {
            ...waiting(id),
            state: 'applying',
            startedAt: new Date().toISOString(),
            progress: { percent: 45, message: '45 percent processed.' },
            messages: ['5 percent processed.', '10 percent processed.', '45 percent processed.'],
          }
        : waiting(id),
  ),
  choices: ['stop-after-step', 'stop-now'],
}

export const failedView: RunView = {
  ...base('waiting-for-decision'),
  steps: steps.map(({ id }, index) =>
    index < 4
      ? verified(id)
      : index === 4
        ? {
            ...waiting(id),
            state: 'failed',
            startedAt: '2026-05-04T08:42:00.000Z',
            endedAt: '2026-05-04T08:43:10.000Z',
            messages: ['Msg 3202, Level 16, State 1: Write on "D:\\Backups\\Sales.bak" failed: 112'],
            problem: {
              code: 'internal',
              kind: 'refused',
              title: 'The backup of Sales was not written',
              unchanged: 'Steps 1 to 4 stay; the file is not complete',
              causes: ['The disk of D:\\Backups is full'],
              next: 'Free space on the server, then retry step 5',
              retrySafe: true,
              vendor: { system: 'sql', number: 3202, text: 'Write on "D:\\Backups\\Sales.bak" failed: 112' },
            },
          }
        : { ...waiting(id), state: 'not-reached' },
  ),
  choices: ['retry', 'undo', 'leave'],
}

export const interruptedView: RunView = {
  ...failedView,
  state: 'interrupted',
  steps: failedView.steps.map((one) =>
    one.state === 'failed' ? { ...one, state: 'not-verified', problem: null, endedAt: null } : one,
  ),
  choices: ['resume', 'undo', 'leave'],
}

/** What the target of the interrupted run says: the backup is not there. */
export const lookAtInterrupted: RunLook = {
  step: 5,
  target: server.name,
  at: '2026-05-04T09:41:00.000Z',
  found: 'not-there',
  problem: null,
  note: null,
}

export const verifiedView: RunView = {
  ...base('verified'),
  endedAt: '2026-05-04T08:58:00.000Z',
  steps: steps.map(({ id }, index) =>
    verified(id, {
      proofs:
        index === 3
          ? [
              {
                key: 'KT_Backup_2026',
                kind: 'certificate',
                location: 'D:\\Keys\\KT_Backup_2026_ab12cd34.pvk on ktr-sql-01',
                level: 'opened',
                by: 'server',
                at,
                thumbprint: '9F3A1C22AB77C0D1E2F39F3A1C22AB77C0D1E2F3',
                note: 'Imported into a scratch database under a throw-away password; the scratch database was dropped',
              },
              {
                key: 'service master key',
                kind: 'service-master-key',
                location: 'D:\\Keys\\smk_ab12cd34.key on ktr-sql-01',
                level: 'recorded',
                by: 'catalog',
                at,
                thumbprint: null,
                note: '',
              },
            ]
          : [],
    }),
  ),
  notChecked: [
    'The service master key file was not opened: no server can do that without replacing its own key.',
  ],
}
