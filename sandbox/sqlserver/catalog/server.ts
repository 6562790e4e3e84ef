import { OsError } from '../disk.ts'
import { bit, bytes, columns } from './view.ts'
import type { CatalogContext, Row, SessionFactsRow, View } from './view.ts'
import { toDateText } from '../sql/dates.ts'
import { CONFIGURATION_OPTIONS } from './configurations.ts'

const ownOrAll = (c: CatalogContext): readonly SessionFactsRow[] =>
  c.permissions.server(c.login, 'VIEW SERVER STATE')
    ? c.sessions
    : c.sessions.filter((session) => session.sessionId === c.ownSession)

function sessionRow(session: SessionFactsRow): Row {
  return {
    session_id: session.sessionId,
    login_time: toDateText(session.loginTime),
    host_name: session.hostName,
    program_name: session.programName,
    host_process_id: null,
    client_interface_name: 'TDS',
    security_id: bytes(session.loginSid),
    login_name: session.loginName,
    original_login_name: session.loginName,
    nt_domain: null,
    nt_user_name: null,
    status: session.request === undefined ? 'sleeping' : 'running',
    is_user_process: 1,
    database_id: session.databaseId,
    open_transaction_count: session.transactionCount,
    last_request_start_time:
      session.request === undefined ? toDateText(session.loginTime) : toDateText(session.request.startTime),
  }
}

const FILE_SYSTEM_COLUMNS = `full_filesystem_path nvarchar(512), parent_directory nvarchar(512), file_or_directory_name nvarchar(512), level int, is_directory bit,
  is_read_only bit, is_system bit, is_hidden bit, has_integrity_stream bit, is_temporary bit, is_sparse bit, creation_time datetime2(7), last_access_time datetime2(7), last_write_time datetime2(7), size_in_bytes bigint`

function enumerateFolder(c: CatalogContext, path: string, pattern: string): Row[] {
  const parent = path.endsWith('\\') ? path : `${path}\\`
  const test = new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  )
  return (c.disk.list(path) ?? [])
    .filter((entry) => test.test(entry.name))
    .map((entry) => ({
      full_filesystem_path: parent + entry.name,
      parent_directory: parent,
      file_or_directory_name: entry.name,
      level: 0,
      is_directory: bit(entry.isDirectory),
      is_read_only: 0,
      is_system: 0,
      is_hidden: 0,
      has_integrity_stream: 0,
      is_temporary: 0,
      is_sparse: 0,
      creation_time: toDateText(entry.modified),
      last_access_time: toDateText(entry.modified),
      last_write_time: toDateText(entry.modified),
      size_in_bytes: entry.size,
    }))
}

function parentExists(c: CatalogContext, path: string): boolean {
  try {
    c.disk.resolve(path, 'C:\\')
    return true
  } catch (error) {
    if (error instanceof OsError) return false
    throw error
  }
}

export const SERVER_VIEWS: readonly View[] = [
  {
    name: 'sys.configurations',
    columns: columns(
      'configuration_id int, name nvarchar(35), value sql_variant, minimum sql_variant, maximum sql_variant, value_in_use sql_variant, description nvarchar(255), is_dynamic bit, is_advanced bit',
    ),
    rows: (c) =>
      CONFIGURATION_OPTIONS.filter(
        (option) => option.since === undefined || option.since <= c.majorVersion,
      ).map((option) => {
        const set = c.store.configurations.get(option.name)
        return {
          configuration_id: option.id,
          name: option.name,
          value: set?.value ?? option.initial,
          minimum: option.minimum,
          maximum: option.maximum,
          value_in_use: set?.valueInUse ?? option.initial,
          description: option.description,
          is_dynamic: 1,
          is_advanced: bit(option.advanced),
        }
      }),
  },
  {
    name: 'sys.dm_exec_sessions',
    columns:
      columns(`session_id smallint, login_time datetime, host_name nvarchar(128), program_name nvarchar(128), host_process_id int, client_interface_name nvarchar(32),
      security_id varbinary(85), login_name nvarchar(128), nt_domain nvarchar(128), nt_user_name nvarchar(128), status nvarchar(30), original_login_name nvarchar(128),
      last_request_start_time datetime, is_user_process bit, open_transaction_count int, database_id smallint`),
    rows: (c) => ownOrAll(c).map(sessionRow),
  },
  {
    name: 'sys.dm_exec_connections',
    requires: 'VIEW SERVER STATE',
    columns:
      columns(`session_id int, connect_time datetime, net_transport nvarchar(40), protocol_type nvarchar(40), protocol_version int, encrypt_option nvarchar(40),
      auth_scheme nvarchar(40), node_affinity smallint, net_packet_size int, client_net_address varchar(48), client_tcp_port int, local_net_address varchar(48), local_tcp_port int`),
    rows: (c) =>
      c.sessions.map((session) => ({
        session_id: session.sessionId,
        connect_time: toDateText(session.loginTime),
        net_transport: 'TCP',
        protocol_type: 'TSQL',
        protocol_version: 1946157060,
        encrypt_option: session.encrypted ? 'TRUE' : 'FALSE',
        auth_scheme: 'SQL',
        node_affinity: 0,
        net_packet_size: 4096,
        client_net_address: '127.0.0.1',
        client_tcp_port: null,
        local_net_address: '127.0.0.1',
        local_tcp_port: null,
      })),
  },
  {
    name: 'sys.dm_exec_requests',
    columns:
      columns(`session_id smallint, request_id int, start_time datetime, status nvarchar(30), command nvarchar(32), database_id smallint, blocking_session_id smallint,
      wait_type nvarchar(60), percent_complete real, estimated_completion_time bigint, total_elapsed_time int`),
    rows: (c) =>
      ownOrAll(c).flatMap((session) =>
        session.request === undefined
          ? []
          : [
              {
                session_id: session.sessionId,
                request_id: 0,
                start_time: toDateText(session.request.startTime),
                status: 'running',
                command: session.request.command,
                database_id: session.request.databaseId,
                blocking_session_id: 0,
                wait_type: null,
                percent_complete: session.request.percentComplete,
                estimated_completion_time: 0,
                total_elapsed_time: Math.max(0, Date.now() - session.request.startTime.getTime()),
              },
            ],
      ),
  },
  {
    name: 'sys.dm_tran_locks',
    requires: 'VIEW SERVER STATE',
    columns:
      columns(`resource_type nvarchar(60), resource_subtype nvarchar(60), resource_database_id int, resource_description nvarchar(256), resource_associated_entity_id bigint,
      request_mode nvarchar(60), request_type nvarchar(60), request_status nvarchar(60), request_session_id int, request_owner_type nvarchar(60)`),
    rows: (c) =>
      c.locks.map((lock) => ({
        // The engine shows the first 32 characters of the resource and a hash behind its principal.
        resource_type: 'APPLICATION',
        resource_subtype: '',
        resource_database_id: lock.databaseId,
        resource_description: `0:[${lock.resource.slice(0, 32)}]:(${hashText(lock.resource)})`,
        resource_associated_entity_id: 0,
        request_mode: lock.mode,
        request_type: 'LOCK',
        request_status: lock.status,
        request_session_id: lock.sessionId,
        request_owner_type: 'SESSION',
      })),
  },
  {
    name: 'sys.dm_server_services',
    requires: 'VIEW SERVER STATE',
    columns: columns(
      'servicename nvarchar(256), startup_type int, startup_type_desc nvarchar(256), status int, status_desc nvarchar(256), process_id int, last_startup_time datetime2(7), service_account nvarchar(256), is_clustered nvarchar(1), filename nvarchar(256)',
    ),
    rows: (c) => [
      {
        servicename: 'SQL Server (MSSQLSERVER)',
        startup_type: 2,
        startup_type_desc: 'Automatic',
        status: 4,
        status_desc: 'Running',
        process_id: null,
        last_startup_time: toDateText(c.startTime),
        service_account: c.serviceAccount,
        is_clustered: 'N',
        filename: null,
      },
    ],
  },
  {
    name: 'sys.dm_os_sys_info',
    requires: 'VIEW SERVER STATE',
    columns: columns('sqlserver_start_time datetime'),
    rows: (c) => [{ sqlserver_start_time: toDateText(c.startTime) }],
  },
  {
    name: 'sys.dm_os_enumerate_filesystem',
    argumentCount: 2,
    requires: 'VIEW SERVER STATE',
    columns: columns(FILE_SYSTEM_COLUMNS),
    rows: (c, [path, pattern]) => enumerateFolder(c, String(path ?? ''), String(pattern ?? '*')),
  },
  {
    name: 'sys.dm_os_file_exists',
    argumentCount: 1,
    columns: columns('file_exists int, file_is_a_directory int, parent_directory_exists int'),
    rows: (c, [path]) => {
      const kind = c.disk.kindOf(String(path ?? ''))
      return [
        {
          file_exists: bit(kind === 'file'),
          file_is_a_directory: bit(kind === 'folder'),
          parent_directory_exists: bit(parentExists(c, String(path ?? ''))),
        },
      ]
    },
  },
]

export function hashText(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text, 'utf16le')) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}
