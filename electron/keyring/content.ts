import { KeyturnError } from '../../shared/errors/problem.ts'
import { asHandleId, asTargetId } from '../../shared/model/ids.ts'
import type { Binding, HandleInfo } from '../ports/keyring.ts'
import { limits, type KeyringContent, type StoredRun, type StoredSet } from './file.ts'

/** Pure edits and look-ups of what a keyring holds. */

export const findSet = (content: KeyringContent, id: string): StoredSet => {
  const set = content.sets.find((one) => one.id === id)
  if (set === undefined) throw new KeyturnError('handle-unknown', { handle: id })
  return set
}

export const findRun = (content: KeyringContent, id: string): StoredRun => {
  const run = content.runs.find((one) => one.run === id)
  if (run === undefined) throw new KeyturnError('run-secrets-unknown', { run: id })
  return run
}

/** A courtesy with a clear answer: the associated data holds the same line by itself. */
export const assertBinding = (set: StoredSet, { purpose, target }: Binding): void => {
  if (set.purpose !== purpose || set.target !== target)
    throw new KeyturnError('handle-not-for-this', { handle: set.id })
}

export const withSet = (content: KeyringContent, set: StoredSet): KeyringContent => {
  const others = content.sets.filter((one) => one.id !== set.id)
  if (others.length >= limits.secrets) throw full()
  return { ...content, sets: [...others, set] }
}

export const withRun = (content: KeyringContent, run: StoredRun): KeyringContent => {
  const others = content.runs.filter((one) => one.run !== run.run)
  if (others.length >= limits.secrets || run.secrets.length > limits.secrets) throw full()
  return { ...content, runs: [...others, run] }
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
