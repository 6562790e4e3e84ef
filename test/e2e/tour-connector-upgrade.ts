import type { Program } from '../../electron/program.ts'
import { connectorUpgradeAnswers } from '../support/connector-upgrade-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { targetNamed } from '../support/job-answers.ts'
import { putUnderOldVersion } from '../support/vault-key-rotation-answers.ts'
import { prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh } from './tour-run.ts'

const job = 'connector-upgrade'

/**
 * The EKM doctor of a server with a database under a key of the vault, its answer to a code, and then the way back to an
 * older connector. On a rehearsal that begins afresh.
 */
export const tourConnectorUpgrade = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { page, stage } = seat
  await putUnderOldVersion(stage, prodServer, ['Sales'])
  const target = await targetNamed(stage.ask, prodServer)
  await visit(page, `#/connections/${target}/ekm`, /EKM doctor of/)
  await page.getByRole('heading', { level: 1, name: /needs? attention/ }).waitFor({ timeout: 60_000 })
  await telling.shot(page, '74-doctor')
  await telling.look?.(page, stage.ask, '74-doctor')
  await page
    .getByLabel('Code or error text')
    .fill("Msg 33049 Key with name 'k' does not exist … Provider error code: 2058. (Provider Error)")
  await page.getByRole('heading', { name: /^Code 2058 of the connector/ }).waitFor()
  await telling.shot(page, '75-doctor-code')
  await telling.look?.(page, stage.ask, '75-doctor-code')
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
  await telling.shot(page, '76-connector-answers')
  await runThrough(seat, {
    job,
    draft,
    name: '77-connector-upgrade',
    onResult: 'Opened with the other connector',
  })
  telling.say(
    'Connector upgrade: full backup, the service stopped, the other connector, the database ONLINE, thumbprints the same, full backup',
  )
}
