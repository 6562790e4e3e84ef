import type { Answers } from '../../shared/forms/form.ts'
import type { RunId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { RunView } from '../../shared/model/plan.ts'
import type { Program } from '../../electron/program.ts'
import type { Ask } from '../support/ask.ts'
import type { Simulators } from '../support/simulators.ts'
import { backupCertificateRotation } from './scenarios/backup-certificate-rotation.ts'
import { certificateCopy, certificateImport } from './scenarios/certificate.ts'
import { credential } from './scenarios/credential.ts'
import { cleanUp } from './scenarios/ekm-clean-up.ts'
import { connectorUpgrade } from './scenarios/connector-upgrade.ts'
import { encryptedBackup } from './scenarios/encrypted-backup.ts'
import { encryptedBackupUrl } from './scenarios/encrypted-backup-url.ts'
import { escrowDrill } from './scenarios/escrow-drill.ts'
import { escrowRecoveryToken } from './scenarios/escrow-recovery-token.ts'
import { escrowExport } from './scenarios/escrow-export.ts'
import { escrowRewrap } from './scenarios/escrow-rewrap.ts'
import { hsmKey } from './scenarios/hsm-key.ts'
import { hsmKeyDestroyed, hsmKeyLabel } from './scenarios/hsm-key-care.ts'
import { keyImport } from './scenarios/key-import.ts'
import { masterKey } from './scenarios/master-key.ts'
import { tdeReplica } from './scenarios/tde-replica.ts'
import { tdeVaultKey } from './scenarios/tde-vault-key.ts'
import { tde } from './scenarios/tde.ts'
import { moveDatabase } from './scenarios/move-database.ts'
import { restoreDrill } from './scenarios/restore-drill.ts'
import { vault } from './scenarios/vault.ts'
import { vaultKeyRotation } from './scenarios/vault-key-rotation.ts'

/** A rehearsal in a temporary folder, as one life of the main process sees it. */
export interface Stage {
  program: Program
  ask: Ask
  simulators: Simulators
}

/** One job of the crash matrix: what it begins with, what it is asked, and what is compared in the end. */
export interface CrashScenario {
  job: JobId
  /** Tells two scenarios of one job apart; default: the job's id. */
  name?: string
  /** Servers whose state is compared. */
  servers: readonly string[]
  /** Brings a new rehearsal to where the job begins; made once, each trial gets a copy of it. */
  prepare?(stage: Stage): Promise<void>
  /** A complete draft. */
  answers(stage: Stage): Promise<Answers>
  /** A long operation to be killed in its middle. */
  middle: LongOperation | null
  /** More to compare than `endStateOf` asks each server: what → query. */
  questions?: Readonly<Record<string, string>>
  /** What is compared beside the servers: lines without ids and times. */
  endState?(stage: Stage, run: RunId): Promise<string[]>
  /** What a person does outside of the program when the run waits for it; told the code of the problem. Then it goes on. */
  help?(stage: Stage, code: string, run: RunView): Promise<void>
  /** It works on a token, and `hsm-kill.ts` is not about it: its module's process is killed at each kind of request. */
  killsModule?: true
  /** How many points the short form takes of it; default 6. */
  shortPoints?: number
}

export interface LongOperation {
  /** Steps of that kind tell its progress. */
  kind: string
  /** The server that works on it. */
  server: string
  /** The first words of the statement that begins it. */
  statement: string
  percents: readonly number[]
  /** Makes it long enough to be met where it has come so far. */
  slow(stage: Stage, percent: number): Promise<void>
  /** In the life that resumes: what `slow` holds on the server goes on. Absent: it holds nothing. */
  letGo?(stage: Stage): Promise<void>
}

/** Folder below the home folder that jobs may write to. */
export const localFolder = 'escrow'

export const scenarios: readonly CrashScenario[] = [
  encryptedBackup,
  encryptedBackupUrl,
  restoreDrill,
  masterKey,
  certificateCopy,
  certificateImport,
  backupCertificateRotation,
  tde,
  tdeReplica,
  moveDatabase,
  vault,
  credential,
  tdeVaultKey,
  vaultKeyRotation,
  cleanUp,
  connectorUpgrade,
  escrowExport,
  hsmKey,
  hsmKeyLabel,
  hsmKeyDestroyed,
  keyImport,
  escrowDrill,
  escrowRecoveryToken,
  escrowRewrap,
]

export const nameOf = ({ name, job }: CrashScenario): string => name ?? job

export const scenarioOf = (name: string): CrashScenario => {
  const found = scenarios.find((one) => nameOf(one) === name)
  if (!found) throw new Error(`no crash scenario ${name}`)
  return found
}
