import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { Stage } from '../crash/scenario.ts'
import { askOf } from '../support/ask.ts'
import { answersOfCreate, answersOfRenew, withVaultKey } from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { prodServer, visit } from './house.ts'
import { reason, ticket, type Seat, type Telling } from './scenario.ts'

/** A credential made and proven, then its secret renewed; on a rehearsal that begins afresh. */
export const tourCredential = async (
  { page, program }: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(profile) }
  await stage.ask('rehearsal.reset', {})
  await withVaultKey(stage, prodServer, 'Sales')
  telling.say('The rehearsal starts afresh: a server with the connector, a database under a key of the vault')

  const created = await saveDraft(stage.ask, await answersOfCreate(stage, prodServer), 'credential')
  await visit(page, `#/setup/credential/${created}/identity`, 'Which application, and which secret?')
  await page.getByText('First of them ends').first().waitFor()
  await telling.shot(page, '50-credential-identity')
  await runThrough({ page, stage, telling }, created, '51-credential')
  telling.say(
    'Credential: the application proves itself in Azure, then the credential on the server; it is taken back',
  )

  const renewed = await answersOfRenew(stage, prodServer)
  await runThrough({ page, stage, telling }, await draftOf(stage, renewed), '53-renewal')
  telling.say(
    'Renewal: a new secret on the server, a restart, the database opens with it; the old secret goes last',
  )
}

const draftOf = (stage: Stage, answers: Answers) => saveDraft(stage.ask, answers, 'credential')

/** Review, approval, run and result, each with the heading that a person sees. */
export const runThrough = async (
  { page, stage, telling }: { page: Seat['page']; stage: Stage; telling: Telling },
  draft: string,
  name: string,
  of: JobId = 'credential',
): Promise<void> => {
  await visit(page, `#/setup/${of}/${draft}/review`, 'Is this what should run?')
  const button = page.getByRole('button', { name: /^Run \d+ step/ })
  await button.waitFor()
  await telling.shot(page, `${name}-review`)
  await page.getByLabel('Ticket number').fill(ticket)
  await page.getByLabel('Reason', { exact: true }).fill(reason)
  await button.click()
  await page
    .getByText(/Step \d+ of \d+/)
    .first()
    .waitFor()
  const [run] = (await stage.ask('runs.list', {}))
    .filter(({ job }) => job === of)
    .toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
  if (run === undefined) throw new Error('no run of the job')
  const { state, steps } = await stage.program.engine.settled(asRunId(run.id))
  if (state !== 'verified')
    throw new Error(JSON.stringify(steps.map(({ problem }) => problem?.title ?? null)))
  await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
  await telling.shot(page, `${name}-result`)
}
