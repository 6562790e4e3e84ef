import { problemOf } from '../../../shared/errors/problem.ts'
import { serverFolderProblem } from '../../../shared/forms/names.ts'
import { asHandleId, asPlaceId, asServerPath, asTargetId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { FactReader, PlanReader } from '../../engine/contract.ts'
import { flagOf, numberOf, readFileProbe, textOf } from '../../ports/sql-rows.ts'
import { allRows, oneRow, unreadBecause } from '../../ports/sql-sight.ts'
import type { SqlRow, SqlServer } from '../../ports/sql-server.ts'
import { serviceAccount } from '../../scripts/tsql/drill-queries.ts'
import * as ask from '../../scripts/tsql/fact-queries.ts'
import { fileExists, fileProbeFor, masterKeyFlag, masterKeyOf } from '../../scripts/tsql/queries.ts'
import { allFiles, allReplicas, allSessions, keysIn } from '../../scripts/tsql/sight.ts'
import type { MasterKeyFact, Read, RightsFact, SecretFacts, ServerFact, ServerFacts } from './facts-model.ts'
import { readCertificates, readDatabases } from './read-objects.ts'

/** The connection that an answer names. Only the id counts: name and environment come back from the connection itself. */
export const serverRef = (answer: unknown): TargetRef => {
  const id = asTargetId(String(answer ?? ''))
  return { id, kind: 'sqlserver', name: id, environment: 'production' }
}

/**
 * Reads what any job on a SQL Server stands on; changes nothing. A part that the login may not read says so, and the
 * rest is still there. A server that is gone ends the reading with its error.
 */
export const readServerFacts = async (
  sql: SqlServer,
  { clock, plannedAt }: Pick<PlanReader, 'clock' | 'plannedAt'>,
): Promise<ServerFacts> => {
  const now = (): string => clock.now().toISOString()
  const part = partReader(sql, now)
  const server = await part('SERVERPROPERTY', async () => readServer(await sql.query(ask.serverFacts())))
  const readAt = now()
  return {
    target: sql.ref,
    identity: sql.identity,
    principal: sql.principal,
    plannedOn: plannedAt.toISOString().slice(0, 10).replaceAll('-', ''),
    readAt,
    server,
    folders: await part('SERVERPROPERTY', async () => {
      const row = (await sql.query(ask.defaultFolders()))[0] ?? {}
      return { backup: pathOf(row['backup_folder']), data: pathOf(row['data_folder']) }
    }),
    rights: await part('HAS_PERMS_BY_NAME', async () => readRights(await sql.query(ask.permissions()))),
    databases: await part('sys.databases', () => readDatabases(sql)),
    masterKey: await part('master.sys.symmetric_keys, sys.key_encryptions', () =>
      readMasterKey(sql, 'master'),
    ),
    certificates: await part('master.sys.certificates', () => readCertificates(sql)),
    volumes: await part('sys.dm_os_volume_stats', async () =>
      (await allRows(sql, ask.volumes(), allFiles())).flatMap((row) => {
        const availableBytes = numberOf(row['available_bytes'])
        return availableBytes === null ? [] : [{ mountPoint: textOf(row['mount_point']), availableBytes }]
      }),
    ),
    replicas: await part('sys.availability_replicas', async () =>
      (await allRows(sql, ask.replicas(), allReplicas())).map((row) => ({
        replica: textOf(row['replica']),
        database: textOf(row['database_name']),
      })),
    ),
    runningBackups: await part('sys.dm_exec_requests', async () =>
      (await allRows(sql, ask.runningBackups(), allSessions())).map((row) => textOf(row['database_name'])),
    ),
  }
}

/** Major version as it was read; 0 while it is not known. */
export const majorOf = ({ server }: Pick<ServerFacts, 'server'>): number =>
  server.read ? server.value.major : 0

export type PartReader = <Value>(source: string, read: () => Promise<Value>) => Promise<Read<Value>>

/** A refused read is an answer; a server that is gone or not itself is not, and ends the reading. */
export const partReader =
  (sql: SqlServer, now: () => string): PartReader =>
  async (view, read) => {
    const source = `${sql.ref.name}, ${view}`
    try {
      return { read: true, value: await read(), source, at: now() }
    } catch (error) {
      const problem = problemOf(error)
      if (problem.kind !== 'refused') throw error
      return { read: false, because: unreadBecause(problem), source, at: now() }
    }
  }

const readServer = (rows: readonly SqlRow[]): ServerFact => {
  const row = rows[0] ?? {}
  const version = textOf(row['version'])
  return {
    version,
    major: numberOf(row['major']) ?? Number(version.split('.')[0] ?? 0),
    edition: textOf(row['edition']),
    engineEdition: numberOf(row['engine_edition']) ?? 0,
    serverName: textOf(row['server_name']),
  }
}

const readRights = (rows: readonly SqlRow[]): RightsFact => {
  const row = rows[0] ?? {}
  return {
    sysadmin: flagOf(row['sysadmin']),
    controlServer: flagOf(row['control_server']),
    viewServerState: flagOf(row['view_server_state']),
    createDatabase: flagOf(row['create_database']),
    controlMaster: flagOf(row['control_master']),
    createCertificate: flagOf(row['create_certificate']),
    alterCredential: flagOf(row['alter_credential']),
  }
}

/** Null: that database has no master key. Throws `sql-not-visible` where it may have one that the login does not see. */
export const readMasterKey = async (sql: SqlServer, database: string): Promise<MasterKeyFact | null> => {
  const row = await oneRow(sql, masterKeyOf(database), keysIn(database))
  if (row === null) return null
  const flag = flagOf((await sql.query(masterKeyFlag(database)))[0]?.['opens'])
  const copies = numberOf(row['smk_copies']) ?? 0
  return {
    keyGuid: textOf(row['key_guid']),
    algorithm: textOf(row['algorithm_desc']),
    serviceMasterKeyCopies: copies,
    passwordCopies: numberOf(row['password_copies']) ?? 0,
    opensByItself: copies > 0 && flag === true,
  }
}

/** Whether the server sees that folder; null while the answer is no folder yet. `network`: shared ones count. */
export const readFolder = async (
  answer: unknown,
  major: number,
  sql: SqlServer,
  part: PartReader,
  options: { network?: boolean } = {},
): Promise<Read<boolean> | null> => {
  if (typeof answer !== 'string' || serverFolderProblem(answer, 'The folder', options) !== null) return null
  const probe = fileProbeFor(major)
  return part(probe, async () => {
    const rows = await sql.query(fileExists(probe, answer))
    return readFileProbe(rows)?.folder === true
  })
}

const pathOf = (value: SqlRow[string] | undefined) => {
  const path = textOf(value)
  return path === '' ? null : asServerPath(path)
}

/** What may be known about the kept secrets that these answers name. */
export const readSecrets = (
  answers: Answers,
  fields: readonly string[],
  reader: Pick<FactReader, 'secretInfo'>,
): SecretFacts => {
  const known: Record<string, { generation: number; label: string }> = {}
  for (const field of fields) {
    const handle = answers[field]
    if (typeof handle !== 'string' || handle === '') continue
    const info = reader.secretInfo(asHandleId(handle))
    if (info !== null) known[handle] = { generation: info.generation, label: info.label }
  }
  return known
}

/** Label of a picked folder; null: none chosen, or not known any more. */
export const readPlace = (answer: unknown, reader: FactReader): string | null => {
  if (typeof answer !== 'string' || answer === '') return null
  try {
    return reader.places.label(asPlaceId(answer))
  } catch (error) {
    if (problemOf(error).code === 'not-found') return null
    throw error
  }
}

/** The account that opens files for the server: that of the engine, not of its agent. Null: not named. */
export const readServiceAccount = async (sql: SqlServer): Promise<string | null> => {
  const rows = await sql.query(serviceAccount())
  const engine = rows.find((row) => /^SQL Server \(/i.test(textOf(row['service'])))
  return textOf(engine?.['account']) || null
}
