import { queryText, text, tsql, type Fragment } from './fragment.ts'

/** Permission names that a version does not know read NULL, and NULL is no right. */
const onServer = (permission: string): Fragment =>
  tsql`HAS_PERMS_BY_NAME(NULL, NULL, ${text(permission)}) = 1`

/** A question that tells whether a view hides rows from the login: one row, `sees_all`, 1 or 0. Public. */
const sight = (permission: string, holds: Fragment) => ({
  permission,
  query: queryText(tsql`SELECT CASE WHEN ${holds} THEN 1 ELSE 0 END AS sees_all;`),
})

/** Keys and certificates of a database. */
export const keysIn = (database: string) =>
  sight(
    `VIEW DEFINITION on ${database}`,
    tsql`HAS_PERMS_BY_NAME(QUOTENAME(${text(database)}), 'DATABASE', 'VIEW DEFINITION') = 1`,
  )

/** sys.databases, and views that have a row for each of them. */
export const allDatabases = () =>
  sight('VIEW ANY DATABASE', tsql`${onServer('VIEW ANY DATABASE')} OR ${onServer('ALTER ANY DATABASE')}`)

/** sys.master_files. */
export const allFiles = () =>
  sight(
    'VIEW ANY DEFINITION',
    tsql`${onServer('VIEW ANY DEFINITION')} OR ${onServer('CREATE ANY DATABASE')} OR ${onServer('ALTER ANY DATABASE')}`,
  )

/** Availability groups, their replicas and databases. A server that can be in no group has nothing to hide. */
export const allReplicas = () =>
  sight(
    'VIEW ANY DEFINITION',
    tsql`CAST(SERVERPROPERTY('IsHadrEnabled') AS int) = 0 OR ${onServer('VIEW ANY DEFINITION')}`,
  )

/** Requests and sessions of others. */
export const allSessions = () =>
  sight(
    'VIEW SERVER STATE',
    tsql`${onServer('VIEW SERVER STATE')} OR ${onServer('VIEW SERVER PERFORMANCE STATE')}`,
  )

/** sys.server_principals. */
export const allLogins = () =>
  sight('VIEW ANY DEFINITION', tsql`${onServer('VIEW ANY DEFINITION')} OR ${onServer('ALTER ANY LOGIN')}`)

/** sys.credentials. */
export const allCredentials = () =>
  sight(
    'VIEW ANY DEFINITION',
    tsql`${onServer('VIEW ANY DEFINITION')} OR ${onServer('ALTER ANY CREDENTIAL')}`,
  )

/** sys.cryptographic_providers. */
export const allProviders = () =>
  sight('VIEW ANY DEFINITION', tsql`${onServer('VIEW ANY DEFINITION')} OR ${onServer('CONTROL SERVER')}`)
