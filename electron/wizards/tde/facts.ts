import { existingNameProblem } from '../../../shared/forms/names.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { readCertificate } from '../../formats/x509.ts'
import { flagOf, numberOf, textOf, timeOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { publicCertificate } from '../../scripts/tsql/certificate.ts'
import { allDatabases } from '../../scripts/tsql/sight.ts'
import { lastLogBackups, logChains } from '../../scripts/tsql/tde-queries.ts'
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
    logBackups: await part('msdb.dbo.backupset', () => readLogBackups(sql)),
    logChains: await part('sys.database_recovery_status', async () =>
      Object.fromEntries(
        (await allRows(sql, logChains(), allDatabases())).map((row) => [
          textOf(row['name']),
          flagOf(row['chained']) === true,
        ]),
      ),
    ),
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

/** msdb keeps the server's own time; its offset stands beside it (127: not known). The key's times are UTC. */
const readLogBackups = async (sql: SqlServer): Promise<Record<string, string>> => {
  const newest: Record<string, string> = {}
  for (const row of await sql.query(lastLogBackups())) {
    const finished = timeOf(row['finished'])
    if (finished === null) continue
    const quarters = numberOf(row['time_zone']) ?? 127
    const offsetMs = quarters === 127 ? 0 : quarters * 15 * 60_000
    newest[textOf(row['database_name'])] = new Date(Date.parse(finished) - offsetMs).toISOString()
  }
  return newest
}
