import { randomBytes } from 'node:crypto'
import { idFromBytes } from '../../shared/model/ids.ts'

/** Gives that many unpredictable bytes. Passed in, so that tests can repeat a run exactly. */
export type RandomSource = (count: number) => Buffer

export const systemRandom: RandomSource = (count) => randomBytes(count)

/** The 12 characters of a new id (60 bits); the caller adds its prefix and brand. */
export const newIdText = (random: RandomSource): string => idFromBytes(random(12))
