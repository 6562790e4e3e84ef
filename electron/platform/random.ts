import { randomBytes } from 'node:crypto'
import { idFromBytes } from '../../shared/model/ids.ts'

/** Gives that many unpredictable bytes. Passed in, so that tests can repeat a run exactly. */
export type RandomSource = (count: number) => Buffer

export const systemRandom: RandomSource = (count) => randomBytes(count)

/** The 12 characters of a new id (60 bits); the caller adds its prefix and brand. */
export const newIdText = (random: RandomSource): string => idFromBytes(random(12))

const passwordAlphabet = Buffer.from('abcdefghjkmnpqrsTUVWXYZ23456789-', 'ascii')
/** One of each kind that Windows policies ask for; they take the last four places, so that a letter comes first. */
const passwordKinds = ['abcdefgh', 'STUVWXYZ', '23456789', '-+=.:_#~'].map((kind) =>
  Buffer.from(kind, 'ascii'),
)

/**
 * A password of printable ASCII that needs no quoting in T-SQL, sqlcmd or a shell argument list, without letters that
 * look alike. The first 28 of 32 characters hold 5 random bits each, the last four 3 each: 152 bits. The caller wipes it.
 */
export const newPasswordBytes = (random: RandomSource, length = 32): Buffer => {
  const password = Buffer.from(random(length))
  for (let at = 0; at < length; at += 1) {
    const kind = passwordKinds[at - (length - passwordKinds.length)]
    const byte = password[at] ?? 0
    password[at] = (kind === undefined ? passwordAlphabet[byte & 31] : kind[byte & 7]) ?? 0
  }
  return password
}
