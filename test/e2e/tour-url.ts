import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { withConnector } from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { targetNamed } from '../support/job-answers.ts'
import { answersOfContainer, withBackupKey } from '../support/url-answers.ts'
import { prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh } from './tour-run.ts'

const drillServer = 'ktr-sqlempty-01'
const key = 'KT_Backup_Key'

/** A backup into two blobs under a key of the vault, and its drill on another server; on a rehearsal that begins afresh. */
export const tourUrl = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { page, stage } = seat
  for (const server of [prodServer, drillServer]) {
    await withConnector(stage, server)
    await withBackupKey(stage, server, key)
  }
  telling.say('The rehearsal starts afresh: two servers whose connector reaches a key of the vault')

  const target = await targetNamed(stage.ask, prodServer)
  const backup: Answers = {
    target,
    databases: ['Sales'],
    encryptor: 'asymmetric-key',
    asymmetricKeyName: key,
    destination: 'url',
    ...(await answersOfContainer(stage, target)),
    stripes: 2,
    algorithm: 'AES_256',
    compression: false,
    checksum: true,
    copyOnly: true,
    verifyAfter: true,
    stats: 20,
  }
  const draft = await saveDraft(stage.ask, backup, 'encrypted-backup')
  await visit(
    page,
    `#/setup/encrypted-backup/${draft}/destination`,
    'Where do the backups go, and how are they written?',
  )
  await page.getByText('Credentials for containers on the server').first().waitFor()
  await telling.shot(page, '80-backup-url-destination')
  await runThrough(seat, {
    job: 'encrypted-backup',
    draft,
    name: '81-backup-url',
    screens: ['keys', 'destination'],
  })
  telling.say('Backup to URL: two blobs under a key of the vault; the server reads them again to their end')

  const drillTarget = await targetNamed(stage.ask, drillServer)
  const folder = (await stage.ask('serverFiles.list', { target: drillTarget, path: '' })).path
  const drill: Answers = {
    target,
    which: 'chosen',
    backups: [],
    follow: false,
    drillTarget,
    filesWhere: 'same',
    ...(await answersOfContainer(stage, drillTarget)),
    dataFolder: folder,
    logFolder: folder,
    masterKeyMode: 'throw-away',
    keyFiles: 'none',
    consistency: true,
    stats: 20,
  }
  const looked = await saveDraft(stage.ask, drill, 'restore-drill')
  const { options } = await stage.ask('wizard.facts', { draft: looked, screen: 'backup', again: true })
  // The list begins with the newest.
  const newest = options['backups']?.[0]?.value ?? ''
  const drilled = await saveDraft(stage.ask, { ...drill, backups: [newest] }, 'restore-drill')
  await runThrough(seat, {
    job: 'restore-drill',
    draft: drilled,
    name: '82-drill-url',
    screens: ['server', 'keys'],
  })
  telling.say(
    'Restore drill from URL: restored with the key of the vault on the other server, and removed again',
  )
}
