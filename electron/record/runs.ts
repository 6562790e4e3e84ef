import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { RunId, TargetId } from '../../shared/model/ids.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { Json, RunState, RunView, StepRunView } from '../../shared/model/plan.ts'
import { prepared } from './prepared.ts'

/** Which way a run goes through its steps. */
export type Direction = 'forward' | 'back'

/**
 * What is known about a step's effect on its target. `open`: an intent is recorded and no outcome, so it may or may
 * not be there. `undo-open`: the same for its undo. `not-ours`: it was there before this run. `kept`: it stays.
 */
export type StepEffect = 'none' | 'open' | 'ours' | 'not-ours' | 'undo-open' | 'undone' | 'kept'

type RunDocument = Omit<RunView, 'id' | 'state' | 'startedAt' | 'endedAt' | 'steps' | 'choices'>

export interface StoredRun extends RunDocument {
  id: RunId
  state: RunState
  direction: Direction
  startedAt: string
  endedAt: string | null
}

export interface StoredStep extends Omit<StepRunView, 'progress'> {
  effect: StepEffect
  /** How often an intent was recorded. */
  attempt: number
  /** What `check` read before the last intent. */
  before: Json
}

export interface RunWithSteps {
  run: StoredRun
  steps: StoredStep[]
}

export const writeRun = (db: DatabaseSync, run: StoredRun): void => {
  const { id, state, direction, startedAt, endedAt, plan, ...document } = run
  prepared(
    db,
    `INSERT INTO run (id, state, direction, started_at, ended_at, document) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, direction = excluded.direction,
       ended_at = excluded.ended_at, document = excluded.document`,
  ).run(id, state, direction, startedAt, endedAt, JSON.stringify(document))
  if (prepared(db, 'SELECT 1 FROM run_plan WHERE run_id = ?').get(id) === undefined) {
    prepared(db, 'INSERT INTO run_plan (run_id, plan) VALUES (?, ?)').run(id, JSON.stringify(plan))
  }
}

export const writeStep = (db: DatabaseSync, runId: RunId, ordinal: number, step: StoredStep): void => {
  const { effect, attempt, before, state, ...document } = step
  prepared(
    db,
    `INSERT INTO run_step (run_id, ordinal, effect, attempt, before, state, document) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run_id, ordinal) DO UPDATE SET effect = excluded.effect, attempt = excluded.attempt,
       before = excluded.before, state = excluded.state, document = excluded.document`,
  ).run(runId, ordinal, effect, attempt, JSON.stringify(before), state, JSON.stringify(document))
}

export const takeLocks = (db: DatabaseSync, runId: RunId, targets: readonly TargetId[], at: string): void => {
  const insert = prepared(db, 'INSERT INTO target_lock (target_id, run_id, taken_at) VALUES (?, ?, ?)')
  for (const target of targets) insert.run(target, runId, at)
}

export const releaseLocks = (db: DatabaseSync, runId: RunId): void => {
  prepared(db, 'DELETE FROM target_lock WHERE run_id = ?').run(runId)
}

export const lockHolder = (db: DatabaseSync, target: TargetId): RunId | null => {
  const row = db.prepare('SELECT run_id FROM target_lock WHERE target_id = ?').get(target)
  return row === undefined ? null : asRunId(String(row.run_id))
}

export const readRun = (db: DatabaseSync, id: RunId): RunWithSteps | null => {
  const row = db.prepare('SELECT * FROM run WHERE id = ?').get(id)
  return row === undefined ? null : withSteps(db, row)
}

export const readRuns = (db: DatabaseSync, which: 'all' | 'undecided'): RunWithSteps[] =>
  db
    .prepare(
      `SELECT * FROM run ${which === 'undecided' ? 'WHERE ended_at IS NULL' : ''} ORDER BY started_at DESC, id`,
    )
    .all()
    .map((row) => withSteps(db, row))

/** Newest first. Reads no document, so it costs little however long the history is. */
export const readRunIds = (db: DatabaseSync): RunId[] =>
  db
    .prepare('SELECT id FROM run ORDER BY started_at DESC, id')
    .all()
    .map(({ id }) => asRunId(String(id)))

type Row = Record<string, SQLOutputValue>

const withSteps = (db: DatabaseSync, row: Row): RunWithSteps => {
  const document = JSON.parse(String(row.document)) as Omit<RunDocument, 'plan'>
  const planned = db.prepare('SELECT plan FROM run_plan WHERE run_id = ?').get(String(row.id))
  const run: StoredRun = {
    ...document,
    plan: JSON.parse(String(planned?.plan)) as RunDocument['plan'],
    id: asRunId(String(row.id)),
    state: String(row.state) as RunState,
    direction: String(row.direction) as Direction,
    startedAt: String(row.started_at),
    endedAt: row.ended_at === null ? null : String(row.ended_at),
  }
  const rows = db.prepare('SELECT * FROM run_step WHERE run_id = ? ORDER BY ordinal').all(run.id)
  return { run, steps: rows.map(stepFrom) }
}

const stepFrom = (row: Row): StoredStep => ({
  ...(JSON.parse(String(row.document)) as Omit<StoredStep, 'effect' | 'attempt' | 'before' | 'state'>),
  effect: String(row.effect) as StepEffect,
  attempt: Number(row.attempt),
  before: JSON.parse(String(row.before)) as Json,
  state: String(row.state) as StoredStep['state'],
})
