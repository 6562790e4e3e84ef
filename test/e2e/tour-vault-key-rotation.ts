import type { Program } from '../../electron/program.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { answersOfKeyRotation, putUnderOldVersion } from '../support/vault-key-rotation-answers.ts'
import { azureRefOf } from '../support/vault-answers.ts'
import { localFolder, prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh, type TourSeat } from './tour-run.ts'

const job = 'vault-key-rotation'

/** Pages that show the vault beside the servers: connections, one of Azure that is tested, keys and one version of them. */
const lookAround = async ({ page, stage, telling }: TourSeat): Promise<void> => {
  if (telling.look === undefined) return
  await visit(page, '#/connections', /^\d+ connections/)
  await telling.look(page, stage.ask, '72-connections')
  await visit(page, `#/connections/${(await azureRefOf(stage.ask)).id}`, /^ktr-subscription/)
  await page.getByRole('button', { name: /^Test ktr-subscription/ }).click()
  await page.getByText(/checks answered as needed/).waitFor()
  await telling.look(page, stage.ask, '72-connection-of-azure')
  await visit(page, '#/keys', /^Keys of/)
  await page.getByLabel('Search keys and backups').fill('ktr-tde-sql01')
  await page.getByText(/\d+ keys and backups match/).waitFor()
  await telling.look(page, stage.ask, '73-keys')
  await page
    .getByRole('gridcell', { name: /^ktr-vault-weu|ktr-tde-sql01/ })
    .first()
    .click()
  await page.getByRole('complementary').waitFor()
  await telling.look(page, stage.ask, '73-key-version')
}

/** Two databases under the older version of the vault key, one of them put under a new one. Begins afresh. */
export const tourVaultKeyRotation = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { page, stage } = seat
  await putUnderOldVersion(stage, prodServer, ['Sales', 'Payroll'])
  await lookAround(seat)
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
