import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runMark } from '../../../shared/model/ids.ts'
import { pickFolder } from '../../support/encrypted-backup-answers.ts'
import {
  answersOfKeyRotation,
  keyChainQuestions,
  keyEndState,
  putUnderOldVersion,
} from '../../support/vault-key-rotation-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const server = 'ktr-sqlprod-01'

/** A new version for one database of two: never a second version, and the old chain as it was, whenever the process ends. */
export const vaultKeyRotation: CrashScenario = {
  job: 'vault-key-rotation',
  servers: [server],
  prepare: (stage) => putUnderOldVersion(stage, server, ['Sales', 'Payroll']),
  answers: async (stage) =>
    answersOfKeyRotation(stage, {
      server,
      databases: ['Sales'],
      place: await pickFolder(stage.ask, localFolder),
    }),
  questions: keyChainQuestions,
  endState: async (stage, run) => [
    ...(await keyEndState(stage, run)),
    ...readdirSync(join(homedir(), localFolder)).map(
      (name) => `local file: ${name.replaceAll(runMark(run), 'MARK')}`,
    ),
  ],
  middle: null,
  shortPoints: 2,
}
