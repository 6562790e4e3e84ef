import { KeyturnError } from '../../shared/errors/problem.ts'
import { flagOf } from '../ports/sql-rows.ts'
import type { SqlServer } from '../ports/sql-server.ts'
import { serverTime, setupPermissions, setupRights } from '../scripts/tsql/doctor-queries.ts'
import { readEkm } from '../wizards/sqlserver/read-ekm.ts'
import { partReader, readServerPart } from '../wizards/sqlserver/read-server.ts'
import type { DoctorFacts, LoginRight } from './facts-model.ts'
import type { DoctorPorts, DoctorWish } from './ports.ts'
import { readHost } from './read-host.ts'
import { readVaults } from './read-vaults.ts'

/**
 * Reads everything that the tests judge; changes nothing, but for the two lines that a wrap leaves in the vault's log
 * where it was asked for. What is not there or not allowed says so; a SQL Server that does not answer ends the reading.
 */
export const readDoctor = async (ports: DoctorPorts, wish: DoctorWish): Promise<DoctorFacts> => {
  const { clock } = ports
  const sql = await ports.sqlServer(wish.target)
  const now = (): string => clock.now().toISOString()
  const part = partReader(sql, now)
  const readAt = now()
  const common = {
    target: sql.ref,
    identity: sql.identity,
    principal: sql.principal,
    readAt,
    application: wish.application,
    server: await readServerPart(sql, part),
    rights: await part('HAS_PERMS_BY_NAME', () => readRights(sql)),
    clock: await part('SYSUTCDATETIME()', () => clockDifference(sql, ports)),
    ekm: await readEkm(sql, { clock }),
  }
  const host = await readHost(ports, sql, common.ekm)
  return { ...common, host, vaults: await readVaults(ports, wish, { ekm: common.ekm, host }) }
}

const readRights = async (sql: SqlServer): Promise<LoginRight[]> => {
  const row = (await sql.query(setupRights()))[0] ?? {}
  return setupPermissions.map(([column, permission, needed]) => ({
    permission,
    needed,
    granted: flagOf(row[column]),
  }))
}

/** Server minus this computer, half of the way there and back taken off. */
const clockDifference = async (sql: SqlServer, { clock }: DoctorPorts): Promise<number> => {
  const before = clock.now().getTime()
  const started = clock.monotonicMs()
  const server = (await sql.query(serverTime()))[0]?.['now']
  const halfWay = (clock.monotonicMs() - started) / 2
  if (!(server instanceof Date))
    throw new KeyturnError('sql-refused', { target: sql.ref.name, what: 'the server gave no time' })
  return Math.round((server.getTime() - before - halfWay) / 1000) || 0
}
