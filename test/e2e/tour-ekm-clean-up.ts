import type { Program } from '../../electron/program.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { Stage } from '../crash/scenario.ts'
import { askOf } from '../support/ask.ts'
import { answersOfCleanUp, deleteRegistryKey } from '../support/clean-up-answers.ts'
import { withKeyOfVault } from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { prodServer, visit } from './house.ts'
import { reason, ticket, type Seat, type Telling } from './scenario.ts'

const job = 'ekm-clean-up'

/** A key with everything that hangs on it goes; the run waits until the registry key was deleted. Begins afresh. */
export const tourCleanUp = async (
  { page, program }: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(profile) }
  await stage.ask('rehearsal.reset', {})
  await withKeyOfVault(stage, prodServer)
  telling.say('The rehearsal starts afresh: a server with a key of the vault that no database needs')

  const draft = await saveDraft(stage.ask, await answersOfCleanUp(stage, prodServer), job)
  await visit(page, `#/setup/${job}/${draft}/loss`, 'Who still needs it, and what may be lost?')
  await page
    .getByText(/nobody that was found in/)
    .first()
    .waitFor()
  await telling.shot(page, '60-clean-up-loss')
  await visit(page, `#/setup/${job}/${draft}/review`, 'Is this what should run?')
  const button = page.getByRole('button', { name: /^Run \d+ step/ })
  await button.waitFor()
  await telling.shot(page, '61-clean-up-review')
  await page.getByLabel('Ticket number').fill(ticket)
  await page.getByLabel('Reason', { exact: true }).fill(reason)
  await button.click()
  await page.waitForURL(/#\/runs\/[^/]+$/)
  const run = (await stage.ask('runs.list', {})).find((one) => one.job === job)
  if (run === undefined) throw new Error('no run of the job')
  const { state, steps } = await stage.program.engine.settled(asRunId(run.id))
  const problem = steps.find((step) => step.problem !== null)?.problem
  if (state !== 'waiting-for-decision' || problem?.code !== 'registry-by-hand') {
    throw new Error(`${state}: ${problem?.title ?? 'no problem'}`)
  }
  telling.say('Clean up: the registry key was exported and waits for a person to delete it')
  await deleteRegistryKey(stage, prodServer)
  await page.getByRole('button', { name: /^Retry/ }).click()
  await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
  await telling.shot(page, '62-clean-up-result')
  telling.say('Clean up: the key in the vault that this server no longer uses is named, and left as it is')
}
