import {
  longestPassphrase,
  passphraseProblem,
  shortestPassphrase,
  type PassphraseProblem,
} from '../../shared/forms/passphrase.ts'
import type { RuleState } from '../fields/RuleList.tsx'

/** In the order in which the check looks: what stands behind a rule that is not met has not been looked at. */
const rules: readonly { problem: PassphraseProblem; text: string; always: boolean }[] = [
  { problem: 'not-text', text: 'Only characters that are text', always: false },
  {
    problem: 'too-short',
    text: `At least ${shortestPassphrase} characters; any language, spaces too`,
    always: true,
  },
  {
    problem: 'too-long',
    text: `At most ${longestPassphrase.toLocaleString('en-US')} bytes`,
    always: false,
  },
  { problem: 'one-character', text: 'At least two different characters', always: true },
  { problem: 'too-common', text: 'None of those that anyone would try first', always: true },
]

/** Each rule with met, not met, or not looked at. Rules that hardly ever matter appear when they are broken. */
export const passphraseRules = (text: string): RuleState[] => {
  const problem = text === '' ? null : passphraseProblem(text)
  const failedAt = problem === null ? rules.length : rules.findIndex((rule) => rule.problem === problem)
  return rules.flatMap((rule, index) => {
    if (!rule.always && rule.problem !== problem) return []
    const met = text === '' || index > failedAt ? null : index < failedAt
    return [{ text: rule.text, met }]
  })
}
