import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runMark } from '../../../shared/model/ids.ts'
import { pickFolder } from '../../support/encrypted-backup-answers.ts'
import { vaultAnswers, vaultEndState } from '../../support/vault-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

/** Everything new: no second key version and no secret without its value, whenever the process ends. */
export const vault: CrashScenario = {
  job: 'vault',
  servers: [],
  answers: async ({ ask }) => vaultAnswers(ask, await pickFolder(ask, localFolder)),
  endState: async ({ program, ask }, run) => [
    ...(await vaultEndState(program, ask, run)),
    ...readdirSync(join(homedir(), localFolder)).map(
      (name) => `local file: ${name.replaceAll(runMark(run), 'MARK')}`,
    ),
  ],
  middle: null,
  shortPoints: 3,
}
