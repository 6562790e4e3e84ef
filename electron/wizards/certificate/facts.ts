import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { readLocalKeyFiles } from '../sqlserver/read-local-files.ts'
import { findReplicas } from '../sqlserver/read-replicas.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readSecrets,
  readServerFacts,
  serverRef,
} from '../sqlserver/read-server.ts'
import type { Facts, OtherServer } from './facts-model.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const now = (): string => reader.clock.now().toISOString()
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const common = await readServerFacts(sql, reader)
  const task = answers['task']
  const chosen = answers['replicas']
  const others: OtherServer[] = []
  for (const id of task === 'copy' && Array.isArray(chosen) ? chosen : []) {
    others.push(await readOther(serverRef(id), reader))
  }
  return {
    ...common,
    keyFolder: await readFolder(answers['keyFolder'], majorOf(common), sql, partReader(sql, now)),
    local:
      task === 'import-local' || task === 'compare'
        ? await readLocalKeyFiles(
            {
              folder: answers['sourceFolder'],
              certificate: answers['sourceCertificateFile'],
              privateKey: answers['sourcePrivateKeyFile'],
            },
            reader,
          )
        : null,
    others,
    replicasNamed: task === 'copy' ? await findReplicas(common, null, reader) : [],
    secrets: readSecrets(answers, ['certificateFilePassword'], reader),
    localCopyLabel: readPlace(answers['localCopy'], reader),
  }
}

/** One that does not answer is named on the review; it does not hide what the others said. */
const readOther = async (target: TargetRef, reader: PlanReader): Promise<OtherServer> => {
  try {
    return { answered: true, facts: await readServerFacts(await reader.sqlServer(target), reader) }
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind === 'bug') throw error
    return { answered: false, target, problem }
  }
}
