import type { Script } from '../../shared/model/script.ts'

/**
 * The engine's own texts for a server. They are constant: no name or value is ever put into them. The lock belongs to
 * the database that the session is in, so the session moves to master first, whatever the login's default database is.
 */
export const lockProgramPrefix = 'Keyturn run '

const tsql = (text: string): Script => ({ language: 'tsql', parts: [text] })

/** Result: one row `mode`, 'Exclusive' when the session holds the lock. Needs only the public role. */
export const takeLock = tsql(
  "USE [master];\nEXEC sp_getapplock @Resource = N'keyturn:run', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0;\nSELECT APPLOCK_MODE(N'public', N'keyturn:run', N'Session') AS mode;",
)

export const readLock = tsql("SELECT APPLOCK_MODE(N'public', N'keyturn:run', N'Session') AS mode;")

/** Who holds it. Needs VIEW SERVER STATE (SQL Server 2022: VIEW SERVER PERFORMANCE STATE). */
export const readLockHolder =
  "SELECT s.program_name, s.host_name, s.login_name FROM sys.dm_tran_locks AS l INNER JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id WHERE l.resource_type = N'APPLICATION' AND l.request_status = N'GRANT' AND l.resource_description LIKE N'%keyturn:run%'"

/** 1 where the login sees the sessions of others. Needs no permission. */
export const readSessionRight = "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS sees_all"

/** Sessions of runs, with what they execute. Without VIEW SERVER STATE only the asking session is seen, and no error. */
export const readRunSessions =
  "SELECT s.session_id, s.program_name, r.command FROM sys.dm_exec_sessions AS s LEFT JOIN sys.dm_exec_requests AS r ON r.session_id = s.session_id WHERE s.program_name LIKE N'Keyturn run %'"
