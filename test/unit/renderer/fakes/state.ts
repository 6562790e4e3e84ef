import type {
  AppState,
  AuditRow,
  ConnectionView,
  DraftView,
  KeptSecretRow,
  KeyringBackupView,
  KeyRow,
  PageRequest,
  SqlConnection,
} from '../../../../shared/ipc/schemas.ts'
import type { Problem } from '../../../../shared/errors/problem.ts'
import { asTargetId } from '../../../../shared/model/ids.ts'
import { at, server } from './plan.ts'

export const unlocked: AppState = {
  version: '0.1.0',
  shell: 'chromium',
  profile: 'main',
  rehearsalsOnly: false,
  environment: 'production',
  keyring: { state: 'unlocked', waitSeconds: 0 },
  upkeep: {
    keyring: 'k3yr1ngk3yr1',
    secrets: 2,
    outerWrap: false,
    backup: {
      due: false,
      changes: 0,
      last: { at, name: 'keyturn-keyring-k3yr1ngk3yr1.json', folder: '/home/aruiz/Keys' },
    },
    sheet: { because: null, madeAt: at },
    replaced: [],
  },
  autoLock: { minutes: 15, warning: null, watches: 'window' },
  operator: 'ANA\\aruiz (Ana Ruiz)',
  rehearsalPassphrase: null,
  rehearsal: null,
  signIns: [],
  runs: [],
  openKeys: [],
  scheme: 'light',
}

export const inRehearsal: AppState = {
  ...unlocked,
  profile: 'rehearsal',
  environment: 'rehearsal',
  rehearsalPassphrase: 'practice makes permanent',
  rehearsal: {
    state: 'ready',
    servers: [
      { name: 'ktr-sql-01', note: 'Production-like: three databases, no master key yet' },
      { name: 'ktr-sql-02', note: 'Empty, for drills' },
    ],
    problem: null,
  },
}

export const keptSecrets: KeptSecretRow[] = [
  {
    id: 'h-used',
    label: 'KT_Backup_2026.pvk',
    purpose: 'sql.key-file-password',
    target: 'ktr-sql-01',
    generation: 1,
    keptAt: at,
    copies: [
      {
        key: 'KT_Backup_2026',
        kind: 'certificate',
        location: 'ktr-sql-01: D:\\Keys\\KT_Backup_2026.pvk',
        level: 'opened',
        thumbprint: 'ab12'.repeat(10),
        run: '7f3ab2c4',
        at,
        generation: 1,
      },
    ],
    uses: ['connection ktr-sql-01 signs in with it'],
  },
  {
    id: 'h-unused',
    label: 'Tried once',
    purpose: 'sql.dmk-password',
    target: null,
    generation: 2,
    keptAt: at,
    copies: [],
    uses: [],
  },
]

export const foundBackups: KeyringBackupView[] = [
  {
    name: 'keyturn-keyring-k3yr1ngk3yr1-2026-05-04T100000000Z.json',
    keyring: 'k3yr1ngk3yr1',
    at,
    secrets: 2,
    sameKeyring: true,
    gone: 1,
    goneLabels: ['later'],
    problem: null,
  },
  {
    name: 'keyring-broken.json',
    keyring: '',
    at,
    secrets: 0,
    sameKeyring: false,
    gone: 0,
    goneLabels: [],
    problem: {
      code: 'keyring-damaged',
      kind: 'broken',
      title: 'The keyring file does not fit together: the file is cut short',
      unchanged: 'The file is as it was',
      causes: [],
      next: 'Choose another one',
      retrySafe: true,
    },
  },
]

export const unreachable: Problem = {
  code: 'internal',
  kind: 'unreachable',
  title: 'ktr-sql-01 did not answer within 15 s (port 1433)',
  unchanged: 'Nothing was read or changed; last read 08:50',
  causes: ['A firewall drops the connection', 'The instance is stopped'],
  next: 'Check the firewall or the instance, then try again',
  retrySafe: true,
}

export const connection: ConnectionView & { connection: SqlConnection } = {
  connection: {
    id: server.id,
    kind: 'sqlserver',
    name: server.name,
    environment: 'production',
    host: 'ktr-sql-01.example.test',
    port: 1433,
    instanceName: null,
    certificateName: null,
    encryption: { mode: 'strict', trust: { kind: 'system' } },
    authentication: { kind: 'sql-login', user: 'kt_operator', password: null },
    identity: null,
  },
  state: 'connected',
  lastRead: at,
  problem: null,
  account: 'kt_operator',
  clockDifferenceSeconds: 1,
}

export const deadConnection: ConnectionView & { connection: SqlConnection } = {
  ...connection,
  connection: {
    ...connection.connection,
    id: asTargetId('t-dead'),
    name: 'SQLDR-01 with a rather long name that somebody gave it in the year of the merger',
  },
  state: 'unreachable',
  problem: unreachable,
}

export const draft: DraftView = {
  id: 'd-first',
  job: 'encrypted-backup',
  jobNoun: 'Encrypted backup',
  stop: 'About',
  answers: {},
  screen: 'intro',
  savedAt: at,
  savedBy: 'ANA\\aruiz',
  targetNames: [],
}

export const longName = `${'Zentralverwaltungs'.repeat(6)}‮datenbank\u0007`

export const keyRows: KeyRow[] = Array.from({ length: 1000 }, (_, index) => ({
  id: `k-${index}`,
  name: index === 3 ? longName : `KT_Backup_${String(index).padStart(4, '0')}`,
  kind: index % 4 === 0 ? 'database master key' : index % 4 === 3 ? 'backup' : 'certificate',
  target: server.name,
  environment: server.environment,
  state: index % 4 === 3 ? null : index % 5 === 0 ? 'deactivated' : 'active',
  thumbprint: index % 4 === 1 ? '9F3A1C22AB77C0D1E2F39F3A1C22AB77C0D1E2F3' : null,
  algorithm: 'RSA 2048',
  expires: index % 4 === 1 ? '2031-12-31T00:00:00.000Z' : null,
  lastExport: index % 3 === 0 ? null : at,
  changed: at,
  protects: [`Sales_${index}`],
  needs: ['master key of master'],
  readAt: at,
  source: 'ktr-sql-01, sys.certificates',
}))

export const auditRows: AuditRow[] = Array.from({ length: 300 }, (_, index) => ({
  seq: 300 - index,
  at,
  actor: 'ANA\\aruiz',
  sentence: `Step ${index} was verified on ktr-sql-01`,
  kind: 'step',
  outcome: index % 7 === 0 ? 'refused' : 'done',
  object: `run 7f3ab2c4, step ${index}`,
  hash: 'ab12'.repeat(16),
  previousHash: 'cd34'.repeat(16),
  body: { step: index },
}))

/** Search and paging as main does it, enough for the window's own tests. */
export const pageOf = <Row extends object>(rows: readonly Row[], page: PageRequest) => {
  const wanted = page.search.toLowerCase()
  const found = rows.filter(
    (row) =>
      JSON.stringify(row).toLowerCase().includes(wanted) &&
      page.filters.every(({ property, operator, value }) => {
        const has = String((row as Record<string, unknown>)[property] ?? '')
        return operator === 'is' ? has === value : operator === 'is-not' ? has !== value : has.includes(value)
      }),
  )
  return {
    rows: found.slice(page.offset, page.offset + page.limit),
    total: found.length,
    asOf: at,
    missing: [],
  }
}
