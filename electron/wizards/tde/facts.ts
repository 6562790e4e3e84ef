import { existingNameProblem } from '../../../shared/forms/names.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { readCertificate } from '../../formats/x509.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { publicCertificate } from '../../scripts/tsql/certificate.ts'
import { readLogParts } from '../sqlserver/log-facts.ts'
import { askReplicas } from '../sqlserver/read-replicas.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readSecrets,
  readServerFacts,
  serverRef,
} from '../sqlserver/read-server.ts'
import type { Facts } from './facts-model.ts'
import { readTdeParts } from '../sqlserver/tde-facts.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const now = (): string => reader.clock.now().toISOString()
  const part = partReader(sql, now)
  const common = await readServerFacts(sql, reader)
  const major = majorOf(common)
  const certificate = answers['certificateMode'] === 'use' ? answers['certificateName'] : null
  return {
    ...common,
    ...(await readTdeParts(sql, common, reader)),
    ...(await readLogParts(sql, part)),
    replicasAsked:
      Array.isArray(answers['databases']) && concernsReplicas(answers['task'])
        ? await askReplicas(common, answers['databases'], reader)
        : [],
    certificateBits:
      typeof certificate === 'string' && existingNameProblem(certificate, 'It') === null
        ? await part('CERTENCODED', () => bitsOf(sql, certificate))
        : null,
    keyFolder: await readFolder(answers['keyFolder'], major, sql, part),
    backupFolder: await readFolder(answers['backupFolder'], major, sql, part),
    secrets: readSecrets(answers, ['certificateFilePassword'], reader),
    localCopyLabel: readPlace(answers['localCopy'], reader),
  }
}

/** Tasks whose plans ask replicas or watch them; the others stand on none. */
const concernsReplicas = (task: unknown): boolean =>
  ['turn-on', 'watch', 'rotate-protector', 'turn-off'].some((one) => one === task)

const bitsOf = async (sql: SqlServer, certificate: string): Promise<number | null> => {
  const bytes = (await sql.query(publicCertificate(certificate)))[0]?.['certificate']
  return bytes instanceof Uint8Array ? readCertificate(bytes, certificate).bits : null
}
