/** What the doctor's tests hold a reading against. */

/** Seconds: tokens of Entra are refused from about five minutes on. */
export const mostClockSeconds = 300
/** Days before the end of a secret or key from which on it is told. */
export const secretDays = 30
export const keyDays = 60
/** The engine's own. */
export const longestLibraryPath = 256
/** How far back the event log is read. */
export const eventHours = 24
/** Entries that are read at most; the newest are shown. */
export const mostEvents = 100

export const clockText = (seconds: number, other: string): string => {
  if (seconds === 0) return `the same as ${other}, to the second`
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ${other}`
}

export const clockLimit = `at most ${mostClockSeconds} s apart`
