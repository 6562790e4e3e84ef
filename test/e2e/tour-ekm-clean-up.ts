import type { Program } from '../../electron/program.ts'
import { answersOfCleanUp, deleteRegistryKey } from '../support/clean-up-answers.ts'
import { withKeyOfVault } from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh } from './tour-run.ts'

const job = 'ekm-clean-up'

/** A key with everything that hangs on it goes; the run waits until the registry key was deleted. Begins afresh. */
export const tourCleanUp = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { page, stage } = seat
  await withKeyOfVault(stage, prodServer)
  telling.say('The rehearsal starts afresh: a server with a key of the vault that no database needs')

  const draft = await saveDraft(stage.ask, await answersOfCleanUp(stage, prodServer), job)
  await visit(page, `#/setup/${job}/${draft}/loss`, 'Who still needs it, and what may be lost?')
  await page
    .getByText(/nobody that was found in/)
    .first()
    .waitFor()
  await telling.shot(page, '90-clean-up-loss')
  await runThrough(seat, {
    job,
    draft,
    name: '91-clean-up',
    help: async (code) => {
      if (code !== 'registry-by-hand') throw new Error(`the clean-up waits for ${code}`)
      telling.say('Clean up: the registry key was exported and waits for a person to delete it')
      await deleteRegistryKey(stage, prodServer)
    },
  })
  telling.say('Clean up: the key in the vault that this server no longer uses is named, and left as it is')
}
