import { KeyturnError } from '../../shared/errors/problem.ts'
import { asHandleId, asTargetId } from '../../shared/model/ids.ts'
import type { Binding, HandleInfo } from '../ports/keyring.ts'
import type { KeyringContent } from './file.ts'
import { limits } from './limits.ts'
import type { StoredRun, StoredSet } from './schema.ts'

/**
 * Content that is being changed: several edits on one copy, so that secrets that are kept at once cost one write. Each
 * edit either throws before it changes anything here or takes effect as a whole.
 */
export class ContentDraft {
  readonly sets: Map<string, StoredSet>
  readonly runs: Map<string, StoredRun>
  readonly #before: KeyringContent
  #changes = 0
  #edited = false

  constructor(before: KeyringContent) {
    this.#before = before
    this.sets = new Map(before.sets)
    this.runs = new Map(before.runs)
  }

  keep(set: StoredSet): void {
    if (!this.sets.has(set.id) && this.sets.size >= limits.secrets) throw full()
    this.sets.set(set.id, set)
    this.#changes += 1
    this.#edited = true
  }

  /** How many were dropped. */
  dropWhere(unwanted: (set: StoredSet) => boolean): number {
    const dropped = [...this.sets.values()].filter(unwanted)
    for (const { id } of dropped) this.sets.delete(id)
    this.#changes += dropped.length
    this.#edited ||= dropped.length > 0
    return dropped.length
  }

  sealRun(run: StoredRun): void {
    if (run.secrets.length > limits.secrets || (!this.runs.has(run.run) && this.runs.size >= limits.secrets))
      throw full()
    this.runs.set(run.run, run)
    this.#edited = true
  }

  eraseRun(run: string): void {
    this.#edited = this.runs.delete(run) || this.#edited
  }

  /** Null: nothing is to be written. */
  finished(): KeyringContent | null {
    if (!this.#edited) return null
    const { revision, changes } = this.#before
    const { sets, runs } = this
    return { ...this.#before, revision: revision + 1, changes: changes + this.#changes, sets, runs }
  }
}

export const findSet = ({ sets }: Pick<KeyringContent, 'sets'>, id: string): StoredSet => {
  const set = sets.get(id)
  if (set === undefined) throw new KeyturnError('handle-unknown', { handle: id })
  return set
}

export const findRun = ({ runs }: Pick<KeyringContent, 'runs'>, id: string): StoredRun => {
  const run = runs.get(id)
  if (run === undefined) throw new KeyturnError('run-secrets-unknown', { run: id })
  return run
}

/** A courtesy with a clear answer: the associated data holds the same line by itself. */
export const assertBinding = (set: StoredSet, { purpose, target }: Binding): void => {
  if (set.purpose !== purpose || set.target !== target)
    throw new KeyturnError('handle-not-for-this', { handle: set.id })
}

export const infoOf = ({ id, generation, purpose, target, label, keptAt }: StoredSet): HandleInfo => ({
  id: asHandleId(id),
  generation,
  purpose,
  target: target === null ? null : asTargetId(target),
  label,
  keptAt,
})

const forbidden = /[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u

/** Labels are shown and printed: no line breaks, no change of writing direction. Throws `label-refused`. */
export const assertLabel = (label: string): void => {
  const characters = Array.from(label).length
  if (characters < 1 || characters > limits.labelCharacters || forbidden.test(label)) {
    throw new KeyturnError('label-refused')
  }
}

/** Throws `secret-refused` for nothing at all and for what can't be a password or client secret. */
export const assertSecretSize = (bytes: number): void => {
  if (bytes < 1 || bytes > limits.secretBytes) {
    throw new KeyturnError('secret-refused', { bytes, limit: limits.secretBytes })
  }
}

const full = (): KeyturnError => new KeyturnError('keyring-full', { limit: `${limits.secrets} secrets` })
