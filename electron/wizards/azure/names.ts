import { createHash } from 'node:crypto'
import { runMark, type RunId } from '../../../shared/model/ids.ts'

/** Names that a run gives: each holds its mark, so that a resumed run finds its own again. */

/** The same run makes the same id for the same purpose: a role assignment is recognized by it. Form of a version 8 UUID. */
export const idOfRun = (run: RunId, purpose: string): string => {
  const hex = createHash('sha256').update(`keyturn ${run} ${purpose}`).digest('hex').slice(0, 32)
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

export const nameOfRun = (what: string, run: RunId): string => `${what}-${runMark(run)}`

/** What the keyring calls a secret that this run had made: how a resumed run finds its value. */
export const secretLabel = (application: string, run: RunId): string =>
  `Secret of ${application}, ${runMark(run)}`.slice(-200)

/** Name of the file with a key's backup. */
export const keyBackupFile = (vault: string, key: string, run: RunId): string =>
  `${vault}-${key}-${runMark(run)}.keybackup`

/** Months later, at the end of a shorter month where the day does not exist. */
export const monthsLater = (iso: string, months: number): string => {
  const from = new Date(iso)
  const wanted = from.getUTCMonth() + months
  const later = new Date(from)
  later.setUTCMonth(wanted)
  if (later.getUTCMonth() !== wanted % 12) later.setUTCDate(0)
  later.setUTCMilliseconds(0)
  return later.toISOString()
}
