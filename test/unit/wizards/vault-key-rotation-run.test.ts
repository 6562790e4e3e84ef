/** Whole runs of the job in a rehearsal: simulated servers whose connector asks the simulated vault. */
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId, runMark } from '../../../shared/model/ids.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import { pickFolder, saveDraft } from '../../support/encrypted-backup-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'
import {
  answersOfKeyRotation,
  putUnderOldVersion,
  versionsOfEstate,
  type KeyHouse,
} from '../../support/vault-key-rotation-answers.ts'

const server = 'ktr-sqlprod-01'
let rehearsal: TestRehearsal
let house: KeyHouse

beforeAll(async () => {
  rehearsal = await openRehearsal()
  house = rehearsal
  await putUnderOldVersion(house, server, ['Sales', 'Payroll'])
}, 120_000)
afterAll(() => rehearsal.end())

const answers = async (databases: string[], changes: Answers = {}): Promise<Answers> =>
  answersOfKeyRotation(house, {
    server,
    databases,
    place: await pickFolder(rehearsal.ask, 'escrow'),
    changes,
  })
const review = async (wish: Answers) =>
  rehearsal.ask('wizard.review', { draft: await saveDraft(rehearsal.ask, wish, 'vault-key-rotation') })
const run = async (wish: Answers): Promise<RunView> => {
  const { digest } = await review(wish)
  const { run: id } = await rehearsal.ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  return rehearsal.program.engine.settled(asRunId(id))
}

describe('one database of two', () => {
  it('is under the new version, and the other one is named as what keeps the old one needed', async () => {
    const wish = await answers(['Sales'])
    const { advice, plan } = await review(wish)
    expect(advice.blockers).toEqual([])
    console.log(plan.steps.map(({ kind, title, target }) => `${kind} | ${title} | ${target.name}`).join('\n'))
    console.log(advice.warnings.map(({ what, why }) => `${what} :: ${why}`).join('\n'))
    console.log(advice.notes.map(({ statement, value }) => `${statement} = ${value}`).join('\n'))
    const view = await run(wish)
    console.log(
      view.steps
        .map(
          (s) =>
            `${s.id} ${s.state} ${JSON.stringify(s.problem ?? '')}\n   ${s.evidence.map((e) => `${e.statement} = ${e.value}`).join('\n   ')}`,
        )
        .join('\n'),
    )
    expect(view.state).toBe('verified')
    const versions = await versionsOfEstate(house)
    expect(versions.map(({ mark, enabled }) => [mark, enabled])).toEqual([
      [null, true],
      [null, true],
      [runMark(asRunId(view.id)), true],
    ])
    expect(readdirSync(rehearsal.escrow).length).toBeGreaterThan(0)
  }, 120_000)
})
