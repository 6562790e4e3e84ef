import { describe, expect, it } from 'vitest'
import { drops, planSentence, stepsByTarget } from '../../../renderer/wizard/review/plan-words.ts'
import { stateWords } from '../../../renderer/wizard/run/run-words.ts'
import type { PlannedStep, ReviewedPlan, UndoNote } from '../../../shared/model/plan.ts'
import { isLasting, undoWords } from '../../../shared/model/undo-words.ts'

const script = { language: 'tsql', parts: ['DROP'] } as const
const undoable: UndoNote = { can: true, action: 'Drop it', script }
const lasting: UndoNote = { can: false, because: 'T-SQL can’t delete files' }
const reading: UndoNote = { can: false, because: 'It changes nothing', leaves: 'nothing' }

const step = (id: string, target: string, undo: UndoNote = undoable): PlannedStep =>
  ({ id, title: id, target: { id: target, name: target }, undo }) as unknown as PlannedStep

describe('steps on the review', () => {
  it('stand in the order in which they run, also where the plan goes back to a target', () => {
    const groups = stepsByTarget([step('s01', 'A'), step('s02', 'B'), step('s03', 'B'), step('s04', 'A')])
    expect(groups.map(({ target, steps }) => [target.name, ...steps.map(({ number }) => number)])).toEqual([
      ['A', 1],
      ['B', 2, 3],
      ['A', 4],
    ])
  })
})

describe('a run that drops something', () => {
  const plan = (kind: string, undo: UndoNote) =>
    ({ plan: { steps: [{ ...step('s01', 'A', undo), kind }] } }) as unknown as ReviewedPlan
  it.each([
    ['what was there before is gone', 'drop-asymmetric-key', undoable, true],
    ['also where nothing brings it back', 'drop-ekm-credential', lasting, true],
    ['a key that is destroyed', 'destroy-hsm-half', lasting, true],
    ['what the run itself made is nothing that is lost', 'drop-scratch', reading, false],
    ['anything else drops nothing', 'create-certificate', undoable, false],
  ] as const)('%s', (_name, kind, undo, expected) => {
    expect(drops(plan(kind, undo))).toBe(expected)
  })
})

describe('the undo mark', () => {
  it('tells what can’t be undone from what leaves nothing to undo', () => {
    expect([undoable, lasting, reading].map(undoWords)).toEqual([
      'Undo: Drop it',
      'Cannot be undone: T-SQL can’t delete files',
      'Nothing to undo: It changes nothing',
    ])
    expect([undoable, lasting, reading].map(isLasting)).toEqual([false, true, false])
  })

  it('is counted in the sentence of the plan', () => {
    const plan = (...undos: UndoNote[]) =>
      ({
        plan: {
          targets: [{ ref: { name: 'SQL-1' } }],
          steps: undos.map((undo, index) => step(`s${index}`, 'SQL-1', undo)),
        },
      }) as unknown as ReviewedPlan
    expect(planSentence(plan(undoable, lasting, reading, reading))).toBe(
      '4 steps on SQL-1: 1 can be undone, 1 cannot, 2 have nothing to undo. No restart.',
    )
    expect(planSentence(plan(undoable))).toBe('1 step on SQL-1: 1 can be undone, 0 cannot. No restart.')
    const restarted = plan(reading, reading)
    const steps = restarted.plan.steps.map((one, index) =>
      index === 0 ? { ...one, kind: 'restart-service' } : one,
    )
    expect(planSentence({ ...restarted, plan: { ...restarted.plan, steps } })).toBe(
      '2 steps on SQL-1: 0 can be undone, 0 cannot, 2 have nothing to undo. Restart of SQL-1.',
    )
  })

  it('a change of the connector restarts the service, too; other work on the host does not', () => {
    const onHost = (purpose: string) =>
      ({
        plan: {
          targets: [{ ref: { name: 'SQL-1' } }],
          steps: [{ ...step('s1', 'SQL-1', reading), kind: 'run-on-host', params: { purpose } }],
        },
      }) as unknown as ReviewedPlan
    expect(planSentence(onHost('replace-connector'))).toMatch(/ Restart of SQL-1\.$/)
    expect(planSentence(onHost('registry'))).toMatch(/ No restart\.$/)
    expect(planSentence(onHost('connector'))).toMatch(/ No restart\.$/)
  })

  it('after an undo: a refused one stays trouble, a step that had nothing to undo is none', () => {
    expect(stateWords({ undo: undoable }, 'cannot-be-undone')).toEqual({
      mark: 'attention',
      word: 'Cannot be undone',
    })
    expect(stateWords({ undo: lasting }, 'cannot-be-undone').mark).toBe('attention')
    expect(stateWords({ undo: reading }, 'cannot-be-undone')).toEqual({
      mark: 'skipped',
      word: 'Nothing to undo',
    })
    expect(stateWords({ undo: reading }, 'verified').word).toBe('Verified')
  })
})
