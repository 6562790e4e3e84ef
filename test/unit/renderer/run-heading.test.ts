import { describe, expect, it } from 'vitest'
import { headingOf } from '../../../renderer/wizard/run/run-words.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { RunView, StepRunView } from '../../../shared/model/plan.ts'

const at = '2026-05-04T10:41:00.000Z'

const step = (id: string, ...evidence: Partial<Evidence>[]): StepRunView => ({
  id,
  state: 'verified',
  startedAt: at,
  endedAt: at,
  progress: null,
  evidence: evidence.map((line) => ({ statement: 's', value: 'v', source: 'SQLPROD-01, view', at, ...line })),
  proofs: [],
  messages: [],
  problem: null,
})

const on = (subject: string): Partial<Evidence> => ({
  data: { headline: 'TDE is on for', subject, fact: 'encryption state 3' },
})

const run = (...steps: StepRunView[]): RunView =>
  ({
    state: 'verified',
    endedAt: at,
    steps,
    plan: { targets: [{ ref: { name: 'SQLPROD-01' } }] },
  }) as unknown as RunView

describe('the heading of a result', () => {
  it('is the fact that the run was made for, its subjects joined', () => {
    expect(headingOf(run(step('s01'), step('s02', on('Sales')), step('s03', on('HR'), {})))).toMatch(
      /^TDE is on for Sales(, | and )HR: encryption state 3, read from SQLPROD-01 on /,
    )
  })

  it('names each subject and each server once, where one fact was read from several', () => {
    const copied = (server: string): Partial<Evidence> => ({
      source: `${server}, master.sys.certificates`,
      data: { headline: 'Certificate', subject: 'KT_A', fact: 'there' },
    })
    expect(headingOf(run(step('s01', copied('SQL-1')), step('s02', copied('SQL-2'))))).toMatch(
      /^Certificate KT_A: there, read from SQL-1 and SQL-2 on /,
    )
  })

  it('counts steps where none of them names one, and before the end', () => {
    expect(headingOf(run(step('s01')))).toMatch(/^1 of 1 step verified on SQLPROD-01/)
    expect(headingOf({ ...run(step('s01', on('Sales'))), state: 'left' })).toMatch(/^Left as it is/)
  })
})
