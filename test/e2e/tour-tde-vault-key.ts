import type { Program } from '../../electron/program.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { vaultKeyAnswers, withoutConnector } from '../support/vault-key-answers.ts'
import { prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh } from './tour-run.ts'

const job = 'tde-vault-key'

/** From a server without a connector to a database under a key of a vault; on a rehearsal that begins afresh. */
export const tourTdeVaultKey = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { page, stage } = seat
  await withoutConnector(stage.simulators, prodServer)
  const answers = await vaultKeyAnswers(stage.program, stage.ask, {
    server: prodServer,
    databases: ['Sales'],
  })
  const draft = await saveDraft(stage.ask, answers, job)
  await visit(page, `#/setup/${job}/${draft}/host`, 'Where is SQL Server’s connector?')
  await page.getByText('Reading …').first().waitFor({ state: 'detached' })
  await telling.shot(page, '60-vault-key-host')
  await runThrough(seat, { job, draft, name: '61-vault-key', onResult: 'TDE is on for' })
  telling.say(
    'TDE with a vault key: connector, registry and restart on the simulated host, a scratch database first, then Sales; three places name one key',
  )
}
