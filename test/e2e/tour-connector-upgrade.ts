import type { Program } from '../../electron/program.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { Stage } from '../crash/scenario.ts'
import { askOf } from '../support/ask.ts'
import { connectorUpgradeAnswers } from '../support/connector-upgrade-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { targetNamed } from '../support/job-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { putUnderOldVersion } from '../support/vault-key-rotation-answers.ts'
import { prodServer, visit } from './house.ts'
import { reason, ticket, type Seat, type Telling } from './scenario.ts'

const job = 'connector-upgrade'

/**
 * The EKM doctor of a server with a database under a key of the vault, its answer to a code, and then the way back to an
 * older connector. On a rehearsal that begins afresh.
 */
export const tourConnectorUpgrade = async (
  { page, program }: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(profile) }
  await stage.ask('rehearsal.reset', {})
  await putUnderOldVersion(stage, prodServer, ['Sales'])
  const target = await targetNamed(stage.ask, prodServer)
  await visit(page, `#/connections/${target}/ekm`, /EKM doctor of/)
  await page.getByRole('heading', { level: 1, name: /needs? attention/ }).waitFor({ timeout: 60_000 })
  await telling.shot(page, '80-doctor')
  await page
    .getByLabel('Code or error text')
    .fill("Msg 33049 Key with name 'k' does not exist … Provider error code: 2058. (Provider Error)")
  await page.getByRole('heading', { name: /^Code 2058 of the connector/ }).waitFor()
  await telling.shot(page, '81-doctor-code')
  telling.say('EKM doctor: what was read of server, host and vault, what needs attention, and what 2058 says')

  const answers = await connectorUpgradeAnswers(stage.ask, {
    server: prodServer,
    task: 'back',
    version: '15.0.2000.367',
  })
  const draft = await saveDraft(stage.ask, answers, job)
  await visit(page, `#/setup/${job}/${draft}/connector`, 'Which setup is run on the host?')
  await page
    .getByText(/installed: SQL Server Connector/)
    .first()
    .waitFor()
  await telling.shot(page, '82-connector-answers')
  await visit(page, `#/setup/${job}/${draft}/review`, 'Is this what should run?')
  const button = page.getByRole('button', { name: /^Run \d+ step/ })
  await button.waitFor()
  await telling.shot(page, '83-connector-review')
  await page.getByLabel('Ticket number').fill(ticket)
  await page.getByLabel('Reason', { exact: true }).fill(reason)
  await button.click()
  await page.waitForURL(/#\/runs\/[^/]+$/)
  const run = (await stage.ask('runs.list', {})).find((one) => one.job === job)
  if (run === undefined) throw new Error('no run of the job')
  const { state, steps } = await program.engine.settled(asRunId(run.id))
  if (state !== 'verified')
    throw new Error(JSON.stringify(steps.map(({ problem }) => problem?.title ?? null)))
  await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
  await page.getByText('Opened with the other connector').first().waitFor()
  await telling.shot(page, '84-connector-result')
  telling.say(
    'Connector upgrade: full backup, the service stopped, the other connector, the database ONLINE, thumbprints the same, full backup',
  )
}
