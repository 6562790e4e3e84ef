import { asTargetId } from '../../../shared/model/ids.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { FactReader } from '../../engine/contract.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readSecrets,
  readServerFacts,
} from '../sqlserver/read-server.ts'
import type { Facts } from './facts-model.ts'

/**
 * Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial: what they do not
 * name yet is not read. A part that the login may not read says so, and the rest is still there.
 */
export const readFacts = async (answers: Answers, reader: FactReader): Promise<Facts> => {
  const id = asTargetId(String(answers['target'] ?? ''))
  // Only the id counts: name and environment come back from the connection itself.
  const sql = await reader.sqlServer({ id, kind: 'sqlserver', name: id, environment: 'production' })
  const now = (): string => reader.clock.now().toISOString()
  const common = await readServerFacts(sql, now)
  const folder = (answer: unknown) => readFolder(answer, majorOf(common), sql, partReader(sql, now))
  return {
    ...common,
    keyFolder: await folder(answers['keyFolder']),
    backupFolder: await folder(answers['backupFolder']),
    secrets: readSecrets(answers, secretFields, reader),
    localCopyLabel: readPlace(answers['localCopy'], reader),
  }
}

const secretFields = [
  'masterKeyPassword',
  'certificateFilePassword',
  'masterKeyFilePassword',
  'serviceMasterKeyFilePassword',
]
