import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { HostPath } from '../../../shared/model/host-calls.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { flagOf, textOf, timeOf } from '../../ports/sql-rows.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { isClustered } from '../../scripts/tsql/ekm-queries.ts'
import { backupsOf, mostBackups } from '../../scripts/tsql/upgrade-queries.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import { connectorLibrary } from '../sqlserver/host-rules.ts'
import { readEkm, readService } from '../sqlserver/read-ekm.ts'
import { hostSource } from '../sqlserver/steps/host/run-on-host.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readServerFacts,
  serverRef,
} from '../sqlserver/read-server.ts'
import type { BackupOnRecord, Facts, HostSide } from './facts-model.ts'
import { databasesOfConnector, providerOfConnector } from './found.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const part = partReader(sql, () => reader.clock.now().toISOString())
  const common = await readServerFacts(sql, reader)
  const ekm = await readEkm(sql, reader)
  const names = databasesOfConnector({ ekm }).map(({ name }) => name)
  return {
    ...common,
    ekm,
    host: await readHost(sql, ekm, reader),
    backups: await part('msdb.dbo.backupset', () => readBackups(sql, names)),
    now: await part('GETDATE()', async () => (await readService(sql)).now),
    clustered: await part(
      'SERVERPROPERTY: IsClustered',
      async () => flagOf((await sql.query(isClustered()))[0]?.['clustered']) === true,
    ),
    backupFolder: await readFolder(answers['backupFolder'], majorOf(common), sql, part),
    scriptFolderLabel: readPlace(answers['scriptFolder'], reader),
  }
}

/** Nothing on the host is changed by looking at it; what it refuses is told. */
const readHost = async (sql: SqlServer, ekm: EkmFacts, { hosts, clock }: PlanReader): Promise<HostSide> => {
  const reach = hosts.reachOf(sql)
  if (!reach.reachable) return { reach, connector: null }
  const registered = providerOfConnector({ ekm })?.dllPath
  const path =
    registered !== undefined && HostPath.safeParse(registered).success ? registered : connectorLibrary
  const from = () => ({
    source: hostSource(sql.identity.machineName, reach.how),
    at: clock.now().toISOString(),
  })
  try {
    const [library, installed] = await hosts.run(sql, [
      { call: 'read-library', path },
      { call: 'read-installed', what: 'connector' },
    ])
    return { reach, connector: { read: true, value: { dll: library, installed }, ...from() } }
  } catch (error) {
    return { reach, connector: { read: false, because: problemOf(error).title, ...from() } }
  }
}

const kinds: Readonly<Record<string, BackupOnRecord['kind']>> = { D: 'full', I: 'differential', L: 'log' }

const readBackups = async (sql: SqlServer, databases: readonly string[]): Promise<BackupOnRecord[]> => {
  if (databases.length === 0) return []
  const rows = await sql.query(backupsOf(databases), { maxRows: mostBackups })
  return rows.map((row) => ({
    database: textOf(row['database_name']),
    kind: kinds[textOf(row['type']).trim()] ?? 'other',
    finished: timeOf(row['finished']) ?? '',
    device: textOf(row['device']),
  }))
}
