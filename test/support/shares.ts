import { randomBytes } from 'node:crypto'
import { KeyturnError, type Problem } from '../../shared/errors/problem.ts'
import { joinShares, splitSecret } from '../../electron/formats/slip39/index.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { seeded } from './seeded.ts'

/** A set for tests, as text: its secret is in hex. */
export interface TestSet {
  secret: string
  shares: string[]
}

export const textOf = (words: SecretBytes): string => words.use((bytes) => bytes.toString('utf8'))

export const makeSet = (
  threshold: number,
  members: number,
  secret: Uint8Array = randomBytes(32),
  random: (bytes: number) => Uint8Array = randomBytes,
): TestSet => ({
  secret: Buffer.from(secret).toString('hex'),
  shares: splitSecret(SecretBytes.take(Buffer.from(secret)), { threshold, members }, random).map(textOf),
})

/** The same set in every run. */
export const fixedSet = (threshold: number, members: number, seed: number): TestSet => {
  const below = seeded(seed)
  const random = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, () => below(256)))
  return makeSet(threshold, members, random(32), random)
}

export const joinTexts = (shares: readonly string[]): string =>
  joinShares(shares.map((words) => SecretBytes.fromText(words))).use((bytes) => bytes.toString('hex'))

/** The problem that this is refused with; everything else that happens is a fault of the program. */
export const problemFrom = (act: () => unknown): Problem => {
  try {
    act()
  } catch (error) {
    if (error instanceof KeyturnError && error.code !== 'internal') return error.problem
    throw error
  }
  throw new Error('this was taken, and had to be refused')
}

/** The words of a share with one of them replaced; positions are from 0. */
export const withWord = (share: string, position: number, word: string): string =>
  share
    .split(' ')
    .map((own, at) => (at === position ? word : own))
    .join(' ')
