import type { Program } from '../../electron/program.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { answersOfKeyRotation, putUnderOldVersion } from '../support/vault-key-rotation-answers.ts'
import { localFolder, prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh } from './tour-run.ts'

const job = 'vault-key-rotation'

/** Two databases under the older version of the vault key, one of them put under a new one. Begins afresh. */
export const tourVaultKeyRotation = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { page, stage } = seat
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
  await runThrough(seat, {
    job,
    draft,
    name: `71-${job}`,
    onReview: /Still needed by: .*Payroll/,
    onResult: /is the TDE protector of/,
  })
  telling.say(
    'Rotation of a vault key: a new version, proven, under one database; the old one stays, and what still needs it is named',
  )
}
