import type { PlannedStep } from '../../shared/model/plan.ts'
import { asPlanDigest, asRunId, asTargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import { randomUUID } from 'node:crypto'
import type { RunWithSteps } from '../../electron/record/runs.ts'

const target: TargetRef = {
  id: asTargetId('t-bench'),
  kind: 'sqlserver',
  name: 'ktr-bench-01',
  environment: 'rehearsal',
}

export const stepTitle = (ordinal: number): string => `Back up Sales_${ordinal} with AES_256`

const planned = (_none: unknown, ordinal: number): PlannedStep => ({
  id: `s${String(ordinal + 1).padStart(2, '0')}`,
  kind: 'back-up-database',
  target,
  title: stepTitle(ordinal),
  now: 'No file of this run',
  after: `D:\\Backup\\Sales_${ordinal}_20261122_080000.bak, encrypted under certificate KT_Backup_2026`,
  scripts: [{ language: 'tsql', parts: [backupText(ordinal)] }],
  params: { database: `Sales_${ordinal}`, certificate: 'KT_Backup_2026', checksum: true, stats: 5 },
  permission: `BACKUP DATABASE on Sales_${ordinal}; VIEW DEFINITION on certificate KT_Backup_2026`,
  undo: { can: false, because: 'T-SQL can’t delete files' },
  resume: 'marked',
  stopNow: { leaves: 'A partial file, which no restore can read' },
})

const backupText = (ordinal: number): string =>
  `BACKUP DATABASE [Sales_${ordinal}] TO DISK = N'D:\\Backup\\Sales_${ordinal}_20261122_080000.bak'
WITH COPY_ONLY, FORMAT, INIT, COMPRESSION, CHECKSUM, STATS = 5, NAME = N'Keyturn', DESCRIPTION = N'keyturn:run',
ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Backup_2026]);`

/** A run that has just begun, with a plan as long as that of one encrypted backup. */
export const sampleRun = (steps: number): RunWithSteps => ({
  run: {
    id: asRunId(randomUUID()),
    job: 'encrypted-backup',
    title: 'Encrypted backup on ktr-bench-01',
    digest: asPlanDigest('0'.repeat(64)),
    state: 'running',
    direction: 'forward',
    ticket: 'BENCH-1',
    reason: 'benchmark',
    operator: 'bench',
    principal: 'sa',
    startedAt: new Date().toISOString(),
    endedAt: null,
    plan: {
      format: 1,
      job: 'encrypted-backup',
      runId: asRunId('bench'),
      title: 'Encrypted backup on ktr-bench-01',
      targets: [{ ref: target, identity: null }],
      steps: Array.from({ length: steps }, planned),
      secrets: [],
      relied: [],
    },
    notChecked: [],
    leftBecause: null,
  },
  steps: Array.from({ length: steps }, (_none, ordinal) => ({
    id: planned(null, ordinal).id,
    state: 'waiting' as const,
    startedAt: null,
    endedAt: null,
    evidence: [],
    proofs: [],
    messages: [],
    problem: null,
    effect: 'none' as const,
    attempt: 0,
    before: null,
  })),
})
