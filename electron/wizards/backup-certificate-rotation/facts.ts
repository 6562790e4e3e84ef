import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'
import { readAgentSteps, type AgentStep } from '../sqlserver/read-certificate-users.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readSecrets,
  readServerFacts,
  serverRef,
} from '../sqlserver/read-server.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  keyFolder: Read<boolean> | null
  /** Job steps that name the old certificate; null: none is chosen yet. */
  agentSteps: Read<readonly AgentStep[]> | null
  secrets: SecretFacts
  /** Label of the local folder; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const now = (): string => reader.clock.now().toISOString()
  const common = await readServerFacts(sql, reader)
  const part = partReader(sql, now)
  const old = answers['oldCertificate']
  return {
    ...common,
    keyFolder: await readFolder(answers['keyFolder'], majorOf(common), sql, part),
    agentSteps:
      typeof old === 'string' && old !== '' && old.length <= 128
        ? await part('msdb.dbo.sysjobsteps', () => readAgentSteps(sql, old))
        : null,
    secrets: readSecrets(answers, ['certificateFilePassword'], reader),
    localCopyLabel: readPlace(answers['localCopy'], reader),
  }
}
