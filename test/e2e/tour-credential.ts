import type { Program } from '../../electron/program.ts'
import { answersOfCreate, answersOfRenew, withVaultKey } from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh } from './tour-run.ts'

const job = 'credential'

/** A credential made and proven, then its secret renewed; on a rehearsal that begins afresh. */
export const tourCredential = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { page, stage } = seat
  await withVaultKey(stage, prodServer, 'Sales')
  telling.say('The rehearsal starts afresh: a server with the connector, a database under a key of the vault')

  const created = await saveDraft(stage.ask, await answersOfCreate(stage, prodServer), job)
  await visit(page, `#/setup/credential/${created}/identity`, 'Which application, and which secret?')
  await page.getByText('First of them ends').first().waitFor()
  await telling.shot(page, '50-credential-identity')
  await runThrough(seat, { job, draft: created, name: '51-credential' })
  telling.say(
    'Credential: the application proves itself in Azure, then the credential on the server; it is taken back',
  )

  const renewed = await saveDraft(stage.ask, await answersOfRenew(stage, prodServer), job)
  await runThrough(seat, { job, draft: renewed, name: '52-renewal' })
  telling.say(
    'Renewal: a new secret on the server, a restart, the database opens with it; the old secret goes last',
  )
}
