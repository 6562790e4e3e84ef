import type { Plan, PlannedStep } from '../../shared/model/plan.ts'
import { canonicalJson } from './canonical.ts'

const mostNamed = 5

/** What differs between the approved plan and the one that the targets give now, in words for a person. Pure. */
export const describeDrift = (approved: Plan, now: Plan): string => {
  const all = [
    ...driftOfFacts(approved, now),
    ...driftOfTargets(approved, now),
    ...driftOfSteps(approved.steps, now.steps),
    ...driftOfSecrets(approved, now),
  ]
  if (all.length === 0) return 'the plan is another one'
  const named = all.slice(0, mostNamed).join('; ')
  return all.length > mostNamed ? `${named}; and ${all.length - mostNamed} more` : named
}

const driftOfFacts = (approved: Plan, now: Plan): string[] =>
  compare(
    new Map(approved.relied.map((one) => [`${one.fact} of ${one.target}`, one.value])),
    new Map(now.relied.map((one) => [`${one.fact} of ${one.target}`, one.value])),
    (name, was, is) => `${name} was ${was ?? 'not there'}, is ${is ?? 'not there'}`,
  )

const driftOfTargets = (approved: Plan, now: Plan): string[] =>
  compare(
    new Map(approved.targets.map((one) => [one.ref.name, canonicalJson(one)])),
    new Map(now.targets.map((one) => [one.ref.name, canonicalJson(one)])),
    (name) => `identity of ${name}`,
  )

const driftOfSteps = (approved: readonly PlannedStep[], now: readonly PlannedStep[]): string[] => {
  if (approved.length !== now.length) return [`${approved.length} steps were planned, now ${now.length}`]
  return approved.flatMap((step, index) => {
    const other = now[index]
    return other !== undefined && canonicalJson(step) !== canonicalJson(other) ? [`step “${step.title}”`] : []
  })
}

const driftOfSecrets = (approved: Plan, now: Plan): string[] =>
  compare(
    new Map(approved.secrets.map((one) => [one.label, canonicalJson(one)])),
    new Map(now.secrets.map((one) => [one.label, canonicalJson(one)])),
    (name) => `kept secret ${name}`,
  )

const compare = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  say: (name: string, was: string | undefined, is: string | undefined) => string,
): string[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => say(name, before.get(name), after.get(name)))
