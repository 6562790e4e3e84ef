import type { TokenReadings } from '../../electron/ports/token-readings.ts'

const none = (): Promise<never> => Promise.reject(new Error('no tokens'))

/** For tests of a world without tokens. */
export const noReadings: TokenReadings = {
  last: () => null,
  shown: none,
  whole: none,
  careful: none,
  forget: () => undefined,
}
