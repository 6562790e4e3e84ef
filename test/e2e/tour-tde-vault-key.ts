import type { Program } from '../../electron/program.ts'
import { asRunId } from '../../shared/model/ids.ts'
import { askOf } from '../support/ask.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { vaultKeyAnswers, withoutConnector } from '../support/vault-key-answers.ts'
import { prodServer, visit } from './house.ts'
import { reason, ticket, type Seat, type Telling } from './scenario.ts'

/** From a server without a connector to a database under a key of a vault; on a rehearsal that begins afresh. */
export const tourTdeVaultKey = async (
  { page, program }: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const ask = askOf(program)
  await ask('rehearsal.reset', {})
  await withoutConnector(simulatorsOf(profile), prodServer)
  const answers = await vaultKeyAnswers(program, ask, { server: prodServer, databases: ['Sales'] })
  const draft = await saveDraft(ask, answers, 'tde-vault-key')
  await visit(page, `#/setup/tde-vault-key/${draft}/host`, 'Where is SQL Server’s connector?')
  await page.getByText('Reading …').first().waitFor({ state: 'detached' })
  await telling.shot(page, '60-vault-key-host')
  await visit(page, `#/setup/tde-vault-key/${draft}/review`, 'Is this what should run?')
  const button = page.getByRole('button', { name: /^Run \d+ step/ })
  await button.waitFor()
  await telling.shot(page, '61-vault-key-review')
  await page.getByLabel('Ticket number').fill(ticket)
  await page.getByLabel('Reason', { exact: true }).fill(reason)
  await button.click()
  await page
    .getByText(/Step \d+ of \d+/)
    .first()
    .waitFor()
  const [run] = (await ask('runs.list', {})).filter(({ job }) => job === 'tde-vault-key')
  if (run === undefined) throw new Error('no run of the job')
  const { state, steps } = await program.engine.settled(asRunId(run.id))
  if (state !== 'verified')
    throw new Error(JSON.stringify(steps.map(({ problem }) => problem?.title ?? null)))
  await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
  await page.getByText('TDE is on for').first().waitFor()
  await telling.shot(page, '62-vault-key-result')
  telling.say(
    'TDE with a vault key: connector, registry and restart on the simulated host, a scratch database first, then Sales; three places name one key',
  )
}
