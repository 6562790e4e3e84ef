import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import { moveDatabase } from '../crash/scenarios/move-database.ts'
import type { Stage } from '../crash/scenario.ts'
import { askOf } from '../support/ask.ts'
import { answersOfCertificate, answersOfRotation } from '../support/certificate-answers.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { generated, targetNamed } from '../support/job-answers.ts'
import { answersOfRestoreDrill, backupsToDrill } from '../support/restore-drill-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { answersOfTde } from '../support/tde-answers.ts'
import { vaultAnswers } from '../support/vault-answers.ts'
import { localFolder, prodServer, visit } from './house.ts'
import { reason, ticket, type Seat, type Telling } from './scenario.ts'

interface ShownJob {
  job: JobId
  says: string
  answers(stage: Stage): Promise<Answers>
}

const emptyServer = 'ktr-sqlempty-01'
const certificate = 'KT_Drill'

/** In an order in which each finds what it needs: the drill wants a server without databases. */
const shownJobs: readonly ShownJob[] = [
  {
    job: 'restore-drill',
    says: 'Restore drill: the other server restores a chain of backups from files alone, checks it, and is left as it was',
    answers: (stage) => answersOfRestoreDrill(stage),
  },
  {
    job: 'master-key',
    says: 'Master key: created, exported, and its file opened on the server',
    answers: async ({ ask }) => {
      const target = await targetNamed(ask, emptyServer)
      return {
        target,
        key: 'database',
        database: 'master',
        act: 'create',
        newPassword: await generated(ask, target, 'sql.dmk-password', 'New password'),
        filePassword: await generated(ask, target, 'sql.key-file-password', 'Key files'),
        keyFolder: (await ask('serverFiles.list', { target, path: '' })).path,
        proveOnServer: true,
      }
    },
  },
  {
    job: 'certificate',
    says: 'Certificate: the same key on a second server, over the two connections, without files',
    answers: async ({ ask }) =>
      answersOfCertificate(
        ask,
        { server: prodServer, localFolder: null },
        { task: 'copy', certificateName: certificate, replicas: [await targetNamed(ask, emptyServer)] },
      ),
  },
  {
    job: 'backup-certificate-rotation',
    says: 'Rotation of the backup certificate: a new one, proven; the old one stays, with what still needs it',
    answers: ({ ask }) =>
      answersOfRotation(ask, { server: prodServer, localFolder, oldCertificate: certificate }),
  },
  {
    job: 'tde',
    says: 'TDE: the certificate proven first, then the key, then the scan to its end',
    answers: ({ ask }) =>
      answersOfTde(ask, { server: prodServer, databases: ['Payroll'], folder: localFolder }),
  },
  {
    job: 'move-database',
    says: 'A database moves: certificate first, thumbprints compared; the run waits for a right that only an administrator gives',
    answers: async (stage) => ({ ...(await moveDatabase.answers(stage)), backupCertificate: certificate }),
  },
  {
    job: 'vault',
    says: 'A vault in the simulated Azure: vault, application and key, the key’s backup first; then the application uses it',
    answers: async ({ ask }) => vaultAnswers(ask, await pickFolder(ask, localFolder)),
  },
]

/** Every other job by its review and its result, on a rehearsal that begins afresh. */
export const otherJobs = async (
  { page, program }: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(profile) }
  await stage.ask('rehearsal.reset', {})
  await backupsToDrill(stage)
  telling.say('The rehearsal starts afresh, with backups under a certificate and its files on a share')
  for (const [index, { job, says, answers }] of shownJobs.entries()) {
    const draft = await saveDraft(stage.ask, await answers(stage), job)
    await visit(page, `#/setup/${job}/${draft}/review`, 'Is this what should run?')
    const button = page.getByRole('button', { name: /^Run \d+ step/ })
    await button.waitFor()
    await telling.shot(page, `${30 + 2 * index}-${job}-review`)
    await page.getByLabel('Ticket number').fill(ticket)
    await page.getByLabel('Reason', { exact: true }).fill(reason)
    await button.click()
    // The run's page, not one of its states: a short run is through before the window shows a step of it.
    await page.waitForURL(/#\/runs\/[^/]+$/)
    await decide(page, stage, job)
    await page.getByRole('heading', { name: 'Not checked' }).waitFor({ timeout: 120_000 })
    telling.say(says)
    await telling.shot(page, `${31 + 2 * index}-${job}-result`)
  }
}

/** The move waits until an administrator lets the other server's account read the file; then the person retries. */
const decide = async (page: Seat['page'], stage: Stage, job: JobId): Promise<void> => {
  const run = (await stage.ask('runs.list', {})).find((one) => one.job === job)
  if (run === undefined) throw new Error(`no run of ${job}`)
  const view = await stage.program.engine.settled(asRunId(run.id))
  if (view.state !== 'waiting-for-decision') return
  const problem = view.steps.find((step) => step.problem !== null)?.problem
  await moveDatabase.help?.(stage, problem?.code ?? view.state, view)
  await page.getByRole('button', { name: /^Retry/ }).click()
}
