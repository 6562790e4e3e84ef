/**
 * `refused`: a rule of Keyturn or of the target said no. `not-mine`: the thing is there but belongs to another
 * (key, run, target). `broken`: damaged or not what it claims. `cancelled`: somebody stopped it. `unreachable`: no
 * answer. `bug`: Keyturn itself is wrong.
 */
export type ErrorKind = 'input' | 'refused' | 'not-mine' | 'broken' | 'cancelled' | 'unreachable' | 'bug'

/** One row of the closed catalogue. «name» is filled with a parameter. Wording: title says what did not happen. */
export interface CatalogueEntry {
  kind: ErrorKind
  title: string
  unchanged: string
  causes: readonly string[]
  next: string
  /** True only if doing the same again can't do harm or make a second one of anything. */
  retrySafe: boolean
}

/** Keeps the codes as literal types, so that the catalogue stays closed. */
export const defineErrors = <const Entries extends Record<string, CatalogueEntry>>(
  entries: Entries,
): Entries => entries
