import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { answersOfCreate, answersOfRenew, withVaultKey } from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { targetNamed } from '../support/job-answers.ts'
import { azureRefOf } from '../support/vault-answers.ts'
import { prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { lookAtAnswers, runThrough, seatAfresh } from './tour-run.ts'

const job = 'credential'

/** Answers about storage that bring fields of their own; nothing of them runs here. */
const storageDrafts = (target: string, azure: { id: string }): [name: string, answers: Answers][] => {
  const common = { target, use: 'storage', azureMode: 'connected', azure: azure.id }
  return [
    [
      'storage-create',
      { ...common, task: 'create-storage', accountMode: 'create', blobAccess: 'sas', tokenFrom: 'make' },
    ],
    ['storage-prove', { ...common, task: 'prove-storage' }],
  ]
}

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

  for (const [name, answers] of storageDrafts(
    await targetNamed(stage.ask, prodServer),
    await azureRefOf(stage.ask),
  )) {
    const draft = await saveDraft(stage.ask, answers, job)
    await lookAtAnswers(seat, { job, draft, name: `53-${name}`, screens: ['credential', 'identity'] })
  }

  // Afresh: the credential of the run before is for the same vault, and what it signs in with keeps the old secret there.
  const again = await seatAfresh(window, telling, profile)
  await withVaultKey(again.stage, prodServer, 'Sales')
  const renewed = await saveDraft(again.stage.ask, await answersOfRenew(again.stage, prodServer), job)
  await runThrough(again, {
    job,
    draft: renewed,
    name: '52-renewal',
    screens: ['credential', 'identity', 'use'],
  })
  telling.say(
    'Renewal: a new secret on the server, a restart, the database opens with it; the old secret goes last',
  )
}
