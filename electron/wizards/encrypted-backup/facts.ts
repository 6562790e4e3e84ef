import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../engine/contract.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readSecrets,
  readServerFacts,
  serverRef,
} from '../sqlserver/read-server.ts'
import { readCredentials, readEkm } from '../sqlserver/read-ekm.ts'
import type { Facts } from './facts-model.ts'

/**
 * Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial: what they do not
 * name yet is not read. A part that the login may not read says so, and the rest is still there.
 */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const now = (): string => reader.clock.now().toISOString()
  const common = await readServerFacts(sql, reader)
  const folder = (answer: unknown) => readFolder(answer, majorOf(common), sql, partReader(sql, now))
  return {
    ...common,
    keyFolder: answers['encryptor'] === 'asymmetric-key' ? null : await folder(answers['keyFolder']),
    backupFolder: answers['destination'] === 'url' ? null : await folder(answers['backupFolder']),
    ekm: answers['encryptor'] === 'asymmetric-key' ? await readEkm(sql, reader) : null,
    credentials: answers['destination'] === 'url' ? await readCredentials(sql, partReader(sql, now)) : null,
    secrets: readSecrets(answers, secretFields, reader),
    localCopyLabel: readPlace(answers['localCopy'], reader),
  }
}

const secretFields = [
  'masterKeyPassword',
  'certificateFilePassword',
  'masterKeyFilePassword',
  'serviceMasterKeyFilePassword',
  'storageToken',
  'accessKey',
]
