import type { Answers } from '../../../shared/forms/form.ts'
import { generated, runJob, targetNamed } from '../../support/job-answers.ts'
import type { CrashScenario, Stage } from '../scenario.ts'

const server = 'ktr-sqlempty-01'

const answers = async ({ ask }: Stage, act: string): Promise<Answers> => {
  const target = await targetNamed(ask, server)
  return {
    target,
    key: 'database',
    database: 'master',
    act,
    newPassword: await generated(ask, target, 'sql.dmk-password', 'New password'),
    filePassword: await generated(ask, target, 'sql.key-file-password', 'Key files'),
    keyFolder: (await ask('serverFiles.list', { target, path: '' })).path,
    proveOnServer: true,
  }
}

/** Regenerates a key that an earlier run made: the act that has no undo. */
export const masterKey: CrashScenario = {
  job: 'master-key',
  servers: [server],
  prepare: async (stage) => {
    const { state } = await runJob(stage.program, 'master-key', await answers(stage, 'create'))
    if (state !== 'verified') throw new Error(`the first key: ${state}`)
  },
  answers: (stage) => answers(stage, 'regenerate'),
  middle: null,
  shortPoints: 5,
}
