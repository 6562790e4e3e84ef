import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { moveDatabase } from '../crash/scenarios/move-database.ts'
import type { Stage } from '../crash/scenario.ts'
import { answersOfCertificate, answersOfRotation } from '../support/certificate-answers.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { generated, targetNamed } from '../support/job-answers.ts'
import { answersOfRestoreDrill, backupsToDrill } from '../support/restore-drill-answers.ts'
import { answersOfTde } from '../support/tde-answers.ts'
import { vaultAnswers } from '../support/vault-answers.ts'
import { localFolder, prodServer } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh } from './tour-run.ts'

interface ShownJob {
  job: JobId
  says: string
  answers(stage: Stage): Promise<Answers>
  /** What a person does outside when the run waits for it. */
  help?(stage: Stage, code: string, run: RunView): Promise<void>
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
    // An administrator lets the other server's account read the file.
    help: async (stage, code, run) => moveDatabase.help?.(stage, code, run),
  },
  {
    job: 'vault',
    says: 'A vault in the simulated Azure: vault, application and key, the key’s backup first; then the application uses it',
    answers: async ({ ask }) => vaultAnswers(ask, await pickFolder(ask, localFolder)),
  },
]

/** Every other job by its review and its result, on a rehearsal that begins afresh. */
export const otherJobs = async (
  window: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<void> => {
  const seat = await seatAfresh(window, telling, profile)
  const { stage } = seat
  await backupsToDrill(stage)
  telling.say('The rehearsal starts afresh, with backups under a certificate and its files on a share')
  for (const [index, { job, says, answers, help }] of shownJobs.entries()) {
    const draft = await saveDraft(stage.ask, await answers(stage), job)
    await runThrough(seat, {
      job,
      draft,
      name: `${30 + index}-${job}`,
      ...(help === undefined ? {} : { help: (code, run) => help(stage, code, run) }),
    })
    telling.say(says)
  }
}
