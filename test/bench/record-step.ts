/**
 * What the record costs one step of a run.
 *
 * Ours: the two transitions that the engine makes durable for a step (intent before the effect, outcome after it) by
 * way of `LiveRun`, in a run of 13 steps: each writes the run, the step and one chained entry, flushed.
 * Reference: two transactions of bare `node:sqlite` (WAL, synchronous=FULL, same folder) that insert one row each, as
 * long as an entry's body. Files are opened and made before the clock starts; single steps of both sides alternate, so
 * that a disk that gets slower hits both alike.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { LiveRun } from '../../electron/engine/live-run.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import { createRecord } from '../../electron/record/record.ts'
import { sampleRun, stepTitle } from './sample-run.ts'
import { inTurns, median, type Measured } from './report.ts'

const stepsPerRun = 13
const runs = 12

export const measureRecordStep = async (): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-record-'))
  try {
    const ours = openRuns(folder)
    const bare = openBare(folder)
    const times = await inTurns(runs * stepsPerRun, ours.step, bare.step)
    ours.close()
    bare.close()
    return {
      name: 'record-step',
      value: median(times.ours),
      unit: 'ms',
      reference: { name: 'sqlite-two-commits', value: median(times.theirs) },
      goal: { word: '<=', ratio: 3 },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Side {
  /** Milliseconds of one step. */
  step(): Promise<number>
  close(): void
}

const openRuns = (folder: string): Side => {
  const record = createRecord({
    file: join(folder, 'record.db'),
    clock: systemClock,
    operator: { account: 'bench', name: 'bench' },
  })
  let live: LiveRun
  let ordinal = stepsPerRun
  return {
    step: async () => {
      if (ordinal === stepsPerRun) {
        live = new LiveRun({
          record,
          clock: systemClock,
          changed: () => undefined,
          ...sampleRun(stepsPerRun),
        })
        live.commit({ entries: [], takeLocks: [] })
        ordinal = 0
      }
      return timed(() => oneStep(live, ordinal++))
    },
    close: () => record.close(),
  }
}

const oneStep = (live: LiveRun, ordinal: number): void => {
  const { id, title } = live.planned(ordinal)
  live.commit({
    entries: [{ kind: 'step-intent', body: { step: id, title, attempt: 1, before: null }, ordinal }],
    steps: new Map([[ordinal, { state: 'applying', effect: 'open', attempt: 1, before: null }]]),
  })
  live.commit({
    entries: [
      {
        kind: 'step-outcome',
        body: { step: id, title, attempt: 1, how: 'applied', evidence: [], proofs: [], messages },
        ordinal,
      },
    ],
    steps: new Map([[ordinal, { state: 'verified', effect: 'ours', endedAt: new Date().toISOString() }]]),
  })
}

const messages = ['100 percent processed.', 'BACKUP DATABASE processed 130 pages in 0.012 seconds.']

const openBare = (folder: string): Side => {
  const db = new DatabaseSync(join(folder, 'bare.db'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
  const insert = db.prepare('INSERT INTO entry (body) VALUES (?)')
  const body = JSON.stringify({ step: 's01', title: stepTitle(0), attempt: 1, how: 'applied', messages })
  const commit = (): void => {
    db.exec('BEGIN IMMEDIATE')
    insert.run(body)
    db.exec('COMMIT')
  }
  return {
    step: async () =>
      timed(() => {
        commit()
        commit()
      }),
    close: () => db.close(),
  }
}

const timed = (work: () => void): number => {
  const from = performance.now()
  work()
  return performance.now() - from
}
