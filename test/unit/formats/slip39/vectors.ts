import { readFileSync } from 'node:fs'

/** One official vector: `secret` is null where joining has to fail. */
export interface Vector {
  what: string
  shares: string[]
  secret: string | null
}

export const vectorPassphrase = 'TREZOR'

export const vectors: readonly Vector[] = (
  JSON.parse(readFileSync(new URL('../../../vectors/slip39/vectors.json', import.meta.url), 'utf8')) as [
    string,
    string[],
    string,
    string,
  ][]
).map(([what, shares, secret]) => ({ what, shares, secret: secret === '' ? null : secret }))
