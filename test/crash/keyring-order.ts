/** Where a passphrase change is killed: at a call of the file system, or after so many bytes of its longest write. */
export type KeyringKill = { at: 'before' | 'after'; call: number } | { at: 'within'; bytes: number }

export interface KillOrder {
  folder: string
  kill: KeyringKill | null
}

export const oldPassphrase = 'an owl counts seven keys'
export const newPassphrase = 'seven owls count one key'

/** Little work: what is killed is the writing, not the computing. */
export const keyringCrashPolicy = {
  minimumN: 2 ** 10,
  preferredMaximumN: 2 ** 10,
  maximumN: 2 ** 12,
  maximumP: 2,
  targetMs: 0,
}
