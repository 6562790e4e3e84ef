import type { Answer, Asker } from './answer.ts'
import { differencesOf, isNotSimulated, type Difference } from './compare.ts'
import type { Question } from './question.ts'
import type { ScratchLife } from './questions-write.ts'

export interface Findings {
  asked: number
  differences: Difference[]
  /** Questions that the simulator said it can't answer. */
  notSimulated: string[]
}

/** Asks both the same, one question after the other. Throws when a session is lost. */
export const converse = async (
  questions: readonly Question[],
  real: Asker,
  simulated: Asker,
): Promise<Findings> => {
  const findings: Findings = { asked: 0, differences: [], notSimulated: [] }
  for (const question of questions) {
    const [one, other]: Answer[] = await Promise.all([
      real.ask(question.batch),
      simulated.ask(question.batch),
    ])
    if (one === undefined || other === undefined) throw new Error('an answer is missing')
    findings.asked += 1
    findings.differences.push(...differencesOf(question, one, other))
    if (other.messages.some(isNotSimulated)) findings.notSimulated.push(question.id)
  }
  return findings
}

/**
 * A life of scratch objects on both. Nothing of it is asked unless both sessions say that they are in the scratch
 * database, so that a server that did not make it keeps its own keys. What was made is dropped in any case.
 */
export const live = async (life: ScratchLife, real: Asker, simulated: Asker): Promise<Findings> => {
  const created = await converse([life.create], real, simulated)
  try {
    for (const asker of [real, simulated]) {
      await asker.ask(`USE [${life.name}];`)
      const { sets } = await asker.ask('SELECT DB_NAME() AS place;')
      if (sets[0]?.rows[0]?.[0] !== life.name)
        throw new Error(`the scratch database was not made, so nothing was written. ${whyNot(created)}`)
    }
    const inside = await converse(life.inside, real, simulated)
    return together([created, inside, await converse([life.drop], real, simulated)])
  } catch (error) {
    await Promise.allSettled([real.ask(life.drop.batch), simulated.ask(life.drop.batch)])
    throw error
  }
}

const whyNot = ({ differences }: Findings): string => differences.map(({ real }) => real).join('; ')

export const together = (parts: readonly Findings[]): Findings => ({
  asked: parts.reduce((total, { asked }) => total + asked, 0),
  differences: parts.flatMap(({ differences }) => differences),
  notSimulated: parts.flatMap(({ notSimulated }) => notSimulated),
})

export const differenceLines = (difference: Difference): string[] => [
  `${difference.certainty.padEnd(10)} ${difference.question}`,
  `           ${difference.what}`,
  `             real       ${difference.real}`,
  `             simulated  ${difference.simulated}`,
]
