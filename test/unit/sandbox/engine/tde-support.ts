import type { SqlValue } from '../../../../sandbox/sqlserver/tds/contract.ts'
import type { Client, TestServer } from './harness.ts'

export const P = 'Some-good-pass-1'

/** Master key and certificate in master, and a database encryption key in each database named. Ends in master. */
export async function protect(client: Client, certificate: string, ...databases: string[]): Promise<void> {
  await client.ok(
    `USE master; IF NOT EXISTS (SELECT 1 FROM sys.symmetric_keys WHERE name = '##MS_DatabaseMasterKey##')
     CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE ${certificate} WITH SUBJECT = '${certificate}'`,
  )
  for (const database of databases)
    await client.ok(
      `USE ${database}; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE ${certificate}`,
    )
  await client.ok('USE master')
}

type Row = Record<string, SqlValue>

/** The row of a database in sys.dm_database_encryption_keys. */
export async function dmv(client: Client, database: string): Promise<Row | undefined> {
  const rows = await client.rows(
    `SELECT * FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID('${database}')`,
  )
  return rows[0]
}

/** Asks until the row is as wanted: scans run between the turns of the event loop. */
export async function settled(client: Client, database: string, wanted: (row: Row) => boolean): Promise<Row> {
  for (let asked = 0; asked < 5_000; asked += 1) {
    const row = await dmv(client, database)
    if (row !== undefined && wanted(row)) return row
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`${database} never came to the state: ${JSON.stringify(await dmv(client, database))}`)
}

export const encryptionState = (client: Client, database: string, state: number): Promise<Row> =>
  settled(client, database, (row) => row['encryption_state'] === state)

/** A restart of the service; gives a new connection, because the old ones are gone. */
export async function restarted(server: TestServer, old: Client): Promise<Client> {
  server.instance.restart()
  old.close()
  return server.connect()
}
