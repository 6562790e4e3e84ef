import type { Plan } from '../../shared/model/plan.ts'
import { holesOf } from '../../shared/model/script.ts'
import type { RandomSource } from '../platform/random.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'

/** Holes that no answer fills: the run makes these passwords itself and nobody ever learns them. */
export const throwAwayHoles = (plan: Plan): string[] => {
  const holes = plan.steps.flatMap(({ scripts }) => scripts.flatMap(holesOf))
  return [...new Set(holes.filter(({ purpose }) => purpose === 'run.throw-away').map(({ hole }) => hole))]
}

const alphabet = Buffer.from('abcdefghjkmnpqrsTUVWXYZ23456789-', 'ascii')

/** The kinds of characters that Windows password policies ask for, before 32 random ones of 5 bits each. */
export const throwAwayPassword = (random: RandomSource): SecretBytes => {
  const password = Buffer.concat([Buffer.from('aT2-', 'ascii'), random(32)])
  for (let at = 4; at < password.length; at += 1) password[at] = alphabet[(password[at] ?? 0) & 31] ?? 0
  return SecretBytes.take(password)
}
