import type { Problem } from '../errors/problem.ts'
import { escrowLimits, type ShareMedium } from './escrow.ts'
import type { ShareGroupId } from './ids.ts'

/** What a person says before a ceremony begins. */
export interface CeremonyPlan {
  name: string
  /** M: how many shares join. */
  threshold: number
  /** In the order of their shares, from 1. */
  holders: readonly { name: string; medium: ShareMedium }[]
  /** Names of those who look on; they get no share. */
  witnesses: readonly string[]
  /** The group that this one takes the place of; null: none. */
  replaces: ShareGroupId | null
}

export const ceremonyLimits = { mostWitnesses: 8, longestReason: 400 } as const

/** What is proposed: any 3 of 5 people. */
export const suggested = { threshold: 3, members: 5 } as const

export const holderStates = ['waiting', 'written', 'read-back', 'failed', 'void'] as const
export type HolderState = (typeof holderStates)[number]

/** Why a ceremony is void. `interrupted`: the program ended in the middle; said at its next start. */
export const voidReasons = ['stopped', 'locked', 'closed', 'interrupted', 'failed'] as const
export type VoidReason = (typeof voidReasons)[number]

/** A sheet or file that holds a share and must not stay. */
export interface SheetToDestroy {
  number: number
  holder: string
  medium: ShareMedium
  /** Where it was written, as people call it; null: on a holder’s paper. */
  where: string | null
}

export interface CeremonyHolder {
  /** From 1. */
  number: number
  name: string
  medium: ShareMedium
  state: HolderState
  /** Of the share; it tells shares apart and opens nothing. */
  checkCode: string
  /** Where the newest sheet was written; null: not yet. */
  where: string | null
  readBackAt: string | null
  /** Why the share did not read back. */
  problem: Problem | null
}

/** A ceremony as the window may see it: no word of any share is in it. */
export interface CeremonyView {
  group: ShareGroupId
  name: string
  threshold: number
  holders: readonly CeremonyHolder[]
  witnesses: readonly string[]
  replaces: { id: ShareGroupId; name: string } | null
  began: string
  state: 'open' | 'active' | 'void'
  /** Open only: whose turn it is. `here`: that person left the hand-over page. */
  turn: { number: number; here: boolean } | null
  ended: string | null
  because: VoidReason | null
  /** After it ended: sheets that must not stay. */
  toDestroy: readonly SheetToDestroy[]
}

/** Names stand on sheets and terminals: no line ends, control or direction characters. */
export const printableName = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u

export interface PlanProblem {
  /** `name`, `threshold`, `holders`, `holder-1` …, `witnesses`. */
  field: string
  message: string
}

/** What keeps a plan from being begun; the window and main say the same. */
export const planProblems = (plan: CeremonyPlan): PlanProblem[] => {
  const problems: PlanProblem[] = []
  const say = (field: string, message: string): void => void problems.push({ field, message })
  const members = plan.holders.length
  const nameProblem = problemOfName(plan.name)
  if (nameProblem !== null) say('name', `Name of the group: ${nameProblem}`)
  if (members < escrowLimits.leastThreshold || members > escrowLimits.mostMembers)
    say(
      'holders',
      `Name ${escrowLimits.leastThreshold} to ${escrowLimits.mostMembers} holders, each with one share`,
    )
  if (!Number.isInteger(plan.threshold) || plan.threshold < escrowLimits.leastThreshold)
    say(
      'threshold',
      'At least 2 shares have to be needed together: with 1, each holder alone opens every package',
    )
  else if (members >= escrowLimits.leastThreshold && plan.threshold > members)
    say('threshold', `Choose at most ${members}: there are no more shares than holders`)
  const seen = new Set<string>()
  for (const [index, holder] of plan.holders.entries()) {
    const field = `holder-${index + 1}`
    const problem = problemOfName(holder.name)
    const key = holder.name.trim().toLowerCase()
    if (problem !== null) say(field, `Holder ${index + 1}: ${problem}`)
    else if (seen.has(key))
      say(field, `Holder ${index + 1}: this name is there already; one person holds one share`)
    seen.add(key)
  }
  if (plan.witnesses.length > ceremonyLimits.mostWitnesses)
    say('witnesses', `Name at most ${ceremonyLimits.mostWitnesses} witnesses`)
  for (const witness of plan.witnesses) {
    const problem = problemOfName(witness)
    if (problem !== null) say('witnesses', `Witnesses: ${problem}`)
  }
  return problems
}

/** What is allowed, and what it costs. */
export const planWarnings = (plan: Pick<CeremonyPlan, 'threshold' | 'holders'>): string[] =>
  plan.holders.length >= escrowLimits.leastThreshold && plan.threshold === plan.holders.length
    ? [
        `All ${plan.threshold} shares will be needed. When one of them is lost, every package of this group stays closed for good`,
      ]
    : []

const problemOfName = (name: string): string | null => {
  const text = name.trim()
  if (text === '') return 'enter a name'
  if (text.length > escrowLimits.longestName) return `use at most ${escrowLimits.longestName} characters`
  return printableName.test(text) ? null : 'leave out line ends and control characters'
}
