import type { Program } from '../../electron/program.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { Stage } from '../crash/scenario.ts'
import { askOf } from '../support/ask.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { answersOfKeyRotation, putUnderOldVersion } from '../support/vault-key-rotation-answers.ts'
import { localFolder, prodServer, visit } from './house.ts'
import { reason, ticket, type Seat, type Telling } from './scenario.ts'

const job = 'vault-key-rotation'
const heading = /is the TDE protector of|verified/i

/**
 * The job "Rotation of a vault key" in the window of the tour's rehearsal, which begins afresh: two databases under the
 * older version of the vault key, one of them put under a new one. Pictures: an answer screen, review, result.
 */
export const tourVaultKeyRotation = async (
  { page, program }: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(profile) }
  await stage.ask('rehearsal.reset', {})
  await putUnderOldVersion(stage, prodServer, ['Sales', 'Payroll'])
  const answers = await answersOfKeyRotation(stage, {
    server: prodServer,
    databases: ['Sales'],
    place: await pickFolder(stage.ask, localFolder),
  })
  const draft = await saveDraft(stage.ask, answers, job)
  await visit(page, `#/setup/${job}/${draft}/key`, 'What are the databases to hang on?')
  await page
    .getByText(/Rotation policy of/)
    .first()
    .waitFor()
  await telling.shot(page, `70-${job}-answers`)
  await visit(page, `#/setup/${job}/${draft}/review`, 'Is this what should run?')
  const button = page.getByRole('button', { name: /^Run \d+ step/ })
  await button.waitFor()
  await page
    .getByText(/Still needed by: .*Payroll/)
    .first()
    .waitFor()
  await telling.shot(page, `71-${job}-review`)
  await page.getByLabel('Ticket number').fill(ticket)
  await page.getByLabel('Reason', { exact: true }).fill(reason)
  await button.click()
  await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  const run = (await stage.ask('runs.list', {})).find((one) => one.job === job)
  const state = run === undefined ? 'none' : stage.program.engine.get(asRunId(run.id)).state
  if (state !== 'verified') throw new Error(`the run of ${job}: ${state}`)
  telling.say(
    'Rotation of a vault key: a new version, proven, under one database; the old one stays, and what still needs it is named',
  )
  await telling.shot(page, `72-${job}-result`)
}
