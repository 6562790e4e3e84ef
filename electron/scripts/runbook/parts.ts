import { asTargetId, type TargetId } from '../../../shared/model/ids.ts'
import type { Plan, PlannedStep, PlanTarget } from '../../../shared/model/plan.ts'
import { guardsOf, type StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'

/** What of a step runs on one server, in a runbook. */
export interface Piece {
  step: PlannedStep
  /** Of the step, from 1. */
  number: number
  scripts: PlannedStep['scripts']
  guards: StepGuards
  /** Lines for the person who runs it. */
  hint: readonly string[]
}

/** Pieces that follow each other on one server. */
export interface Part {
  target: PlanTarget
  pieces: Piece[]
}

/** The steps in their order, gathered by the server that each statement runs on. One server: one part, and one for each restart. */
export const partsOf = (plan: Plan): Part[] => {
  const parts: Part[] = []
  const firstServer = plan.targets.find(({ ref }) => ref.kind === 'sqlserver')?.ref.id
  plan.steps.forEach((step, index) => {
    for (const { on: own, ...piece } of piecesOf(step, index + 1)) {
      const last = parts.at(-1)
      // What is done in Azure stands as a remark where the person is at that moment.
      const on = step.target.kind === 'sqlserver' ? own : (last?.target.ref.id ?? firstServer ?? own)
      // A restart cuts the connection on which the file runs: what follows it is a part of its own.
      if (last?.target.ref.id === on && step.kind !== 'restart-service') {
        last.pieces.push(piece)
        continue
      }
      const target = plan.targets.find(({ ref }) => ref.id === on)
      // A step on a server that is no target of the plan can't be: the engine would refuse it too.
      if (target !== undefined) parts.push({ target, pieces: [piece] })
    }
  })
  const [first] = plan.targets
  return parts.length === 0 && first !== undefined ? [{ target: first, pieces: [] }] : parts
}

type Placed = Piece & { on: TargetId }

const noGuards: StepGuards = { stopIfBefore: null, stopIfAfter: null, show: [] }

const piecesOf = (step: PlannedStep, number: number): Placed[] => {
  const whole: Placed = {
    step,
    number,
    on: step.target.id,
    scripts: step.scripts,
    guards: guardsOf(step),
    hint: [],
  }
  if (step.target.kind !== 'sqlserver') {
    return [{ ...whole, scripts: [], guards: noGuards, hint: azureHint(step) }]
  }
  switch (step.kind) {
    case 'fetch-certificate-pair':
      return [{ ...whole, hint: fetchHint }]
    case 'copy-certificate':
      return [
        {
          ...whole,
          on: asTargetId(readParams('copy-certificate', step.params).from),
          scripts: step.scripts.slice(0, 1),
          guards: noGuards,
          hint: copyHint,
        },
        { ...whole, scripts: step.scripts.slice(1) },
      ]
    case 'restore-moved-database':
      // The second statement is for a run that was broken off; a runbook begins from a server without the database.
      return [{ ...whole, scripts: step.scripts.slice(0, 1) }]
    default:
      return [whole]
  }
}

const azureHint = ({ target }: PlannedStep): string[] => [
  `Not on this server: done in Azure (${target.name}), before the file goes on. The plan as Markdown has the calls.`,
]

const fetchHint = [
  'Shows the pair as binary values, for a copy that never was on the server’s disk. Write the bytes of',
  '"certificate" to a .cer file and those of "private_key" to a .pvk file, then open both with the password.',
  'Treat the output as a key: whoever has it and the password can restore the backups.',
]

const copyHint = [
  'Shows the pair as binary values. Give them, without 0x, to the next part as CERTIFICATE_DER and PRIVATE_KEY_PVK,',
  'with the same THROW_AWAY_PASSWORD.',
  'Treat the output as a key: whoever has it and the password can open what the certificate encrypts.',
]
