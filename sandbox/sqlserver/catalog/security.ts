import { DATABASE_ROLES, SERVER_ROLES, permissionNames, same } from '../engine/permissions.ts'
import type { PermissionScope } from '../engine/permissions.ts'
import type { LoginRecord, PermissionRecord, UserRecord } from '../state/model.ts'
import { bit, bytes, columns, date } from './view.ts'
import type { CatalogContext, Row, View } from './view.ts'

const LOGIN_TYPES: Record<LoginRecord['type'], string> = {
  S: 'SQL_LOGIN',
  R: 'SERVER_ROLE',
  C: 'CERTIFICATE_MAPPED_LOGIN',
  K: 'ASYMMETRIC_KEY_MAPPED_LOGIN',
}
const ROLE_CREATED = '2009-04-13T12:59:06.030'
const roleId = (name: string): number => SERVER_ROLES.findIndex((role) => role === name) + 3

/** Metadata of logins that a login may not see is absent: itself, the roles, and what its permissions open. */
const visibleLogins = (c: CatalogContext): LoginRecord[] =>
  c.store.logins
    .all()
    .filter(
      (login) =>
        same(login.name, c.login.name) ||
        login.principalId === 1 ||
        c.permissions.server(c.login, 'VIEW ANY DEFINITION') ||
        c.permissions.server(c.login, 'ALTER ANY LOGIN'),
    )
    .sort((a, b) => a.principalId - b.principalId)

function serverPrincipals(c: CatalogContext): Row[] {
  const roles: Row[] = ['public', ...SERVER_ROLES].map((name, i) => ({
    name,
    principal_id: i + 2,
    sid: Buffer.from([i + 2]),
    type: 'R',
    type_desc: 'SERVER_ROLE',
    is_disabled: 0,
    create_date: ROLE_CREATED,
    modify_date: ROLE_CREATED,
    default_database_name: null,
    default_language_name: null,
    credential_id: null,
    owning_principal_id: 1,
    is_fixed_role: bit(name !== 'public'),
  }))
  const logins: Row[] = visibleLogins(c).map((login) => ({
    name: login.name,
    principal_id: login.principalId,
    sid: bytes(login.sid),
    type: login.type,
    type_desc: LOGIN_TYPES[login.type],
    is_disabled: bit(login.disabled),
    create_date: date(login.createDate),
    modify_date: date(login.modifyDate),
    default_database_name: login.defaultDatabase,
    default_language_name: 'us_english',
    credential_id: null,
    owning_principal_id: null,
    is_fixed_role: 0,
  }))
  return [...logins, ...roles]
}

const CODES: Record<string, string> = {
  'CONTROL SERVER': 'CL',
  'VIEW SERVER STATE': 'VWSS',
  'VIEW ANY DEFINITION': 'VWAD',
  'VIEW ANY DATABASE': 'VWDB',
  'CONNECT SQL': 'COSQ',
  'ALTER ANY LOGIN': 'ALLG',
  'ALTER SETTINGS': 'ALST',
  'CREATE ANY DATABASE': 'CRDB',
  'ALTER ANY DATABASE': 'ALDB',
  CONTROL: 'CL',
  'VIEW DEFINITION': 'VW',
  'BACKUP DATABASE': 'BADB',
  'BACKUP LOG': 'BALO',
  'CREATE CERTIFICATE': 'CRCF',
  CONNECT: 'CO',
  ALTER: 'AL',
}

function permissionRow(entry: PermissionRecord, granteeId: number): Row {
  const classes = {
    SERVER: [100, 'SERVER'],
    DATABASE: [0, 'DATABASE'],
    CERTIFICATE: [25, 'CERTIFICATE'],
    OBJECT: [1, 'OBJECT_OR_COLUMN'],
  } as const
  const [code, description] = classes[entry.securable]
  return {
    class: code,
    class_desc: description,
    major_id: entry.securableId,
    minor_id: 0,
    grantee_principal_id: granteeId,
    grantor_principal_id: 1,
    type: CODES[entry.permission] ?? entry.permission.replaceAll(/[^A-Z]/g, '').slice(0, 4),
    permission_name: entry.permission,
    state: entry.state === 'GRANT' ? 'G' : 'D',
    state_desc: entry.state,
  }
}

const PERMISSION_COLUMNS = `class tinyint, class_desc nvarchar(60), major_id int, minor_id int, grantee_principal_id int, grantor_principal_id int, type char(4),
  permission_name nvarchar(128), state char(1), state_desc nvarchar(60)`

function databasePrincipals(c: CatalogContext): Row[] {
  const row = (
    name: string,
    id: number,
    type: 'S' | 'R',
    fixed: boolean,
    sid: Uint8Array | null,
    created: string,
  ): Row => ({
    name,
    principal_id: id,
    type,
    type_desc: type === 'S' ? 'SQL_USER' : 'DATABASE_ROLE',
    default_schema_name: type === 'S' ? 'dbo' : null,
    create_date: created,
    modify_date: created,
    owning_principal_id: type === 'R' ? 1 : null,
    sid,
    is_fixed_role: bit(fixed),
    authentication_type: type === 'S' ? 1 : 0,
    authentication_type_desc: type === 'S' ? 'INSTANCE' : 'NONE',
  })
  const users = usersOf(c).map((user) =>
    row(
      user.name,
      user.principalId,
      user.type,
      false,
      sidOfLogin(c, user.loginName),
      date(user.createDate) ?? ROLE_CREATED,
    ),
  )
  const fixed = DATABASE_ROLES.map((name, i) => row(name, 16384 + i, 'R', true, null, ROLE_CREATED))
  const owner = sidOfLogin(c, c.database.ownerLogin)
  return [
    row('public', 0, 'R', false, null, ROLE_CREATED),
    row('dbo', 1, 'S', false, owner, ROLE_CREATED),
    row('guest', 2, 'S', false, Buffer.from([0]), ROLE_CREATED),
    ...users,
    ...fixed,
  ]
}

const usersOf = (c: CatalogContext): UserRecord[] =>
  c.store.users.all().filter((user) => user.databaseId === c.database.databaseId)

function sidOfLogin(c: CatalogContext, name: string | null): Uint8Array | null {
  const login = c.store.logins.find((candidate) => same(candidate.name, name))
  return login === undefined ? null : bytes(login.sid)
}

export const SECURITY_VIEWS: readonly View[] = [
  {
    name: 'sys.server_principals',
    columns:
      columns(`name sysname, principal_id int, sid varbinary(85), type char(1), type_desc nvarchar(60), is_disabled bit, create_date datetime, modify_date datetime,
      default_database_name sysname, default_language_name sysname, credential_id int, owning_principal_id int, is_fixed_role bit`),
    rows: serverPrincipals,
  },
  {
    name: 'sys.sql_logins',
    columns:
      columns(`name sysname, principal_id int, sid varbinary(85), type char(1), type_desc nvarchar(60), is_disabled bit, create_date datetime, modify_date datetime,
      default_database_name sysname, is_policy_checked bit, is_expiration_checked bit`),
    rows: (c) =>
      visibleLogins(c)
        .filter((login) => login.type === 'S')
        .map((login) => ({
          name: login.name,
          principal_id: login.principalId,
          sid: bytes(login.sid),
          type: 'S',
          type_desc: 'SQL_LOGIN',
          is_disabled: bit(login.disabled),
          create_date: date(login.createDate),
          modify_date: date(login.modifyDate),
          default_database_name: login.defaultDatabase,
          is_policy_checked: 1,
          is_expiration_checked: 0,
        })),
  },
  {
    name: 'sys.server_role_members',
    columns: columns('role_principal_id int, member_principal_id int'),
    rows: (c) =>
      visibleLogins(c).flatMap((login) =>
        login.roles.map((role) => ({
          role_principal_id: roleId(role),
          member_principal_id: login.principalId,
        })),
      ),
  },
  {
    name: 'sys.server_permissions',
    columns: columns(PERMISSION_COLUMNS),
    rows: (c) => {
      const visible = visibleLogins(c)
      return c.store.permissions.all().flatMap((entry) => {
        const login = visible.find((candidate) => same(candidate.name, entry.grantee))
        return entry.securable !== 'SERVER' || login === undefined
          ? []
          : [permissionRow(entry, login.principalId)]
      })
    },
  },
  {
    name: 'sys.database_permissions',
    columns: columns(PERMISSION_COLUMNS),
    rows: (c) =>
      c.store.permissions.all().flatMap((entry) => {
        const user = usersOf(c).find((candidate) => same(candidate.name, entry.grantee))
        return entry.databaseId !== c.database.databaseId
          ? []
          : [permissionRow(entry, user?.principalId ?? 0)]
      }),
  },
  {
    name: 'sys.database_principals',
    columns:
      columns(`name sysname, principal_id int, type char(1), type_desc nvarchar(60), default_schema_name sysname, create_date datetime, modify_date datetime,
      owning_principal_id int, sid varbinary(85), is_fixed_role bit, authentication_type int, authentication_type_desc nvarchar(60)`),
    rows: databasePrincipals,
  },
  {
    name: 'sys.database_role_members',
    columns: columns('role_principal_id int, member_principal_id int'),
    rows: (c) =>
      usersOf(c).flatMap((user) =>
        user.roles.map((role) => ({
          role_principal_id: 16384 + DATABASE_ROLES.findIndex((name) => name === role),
          member_principal_id: user.principalId,
        })),
      ),
  },
  ...(['sys.fn_my_permissions', 'dbo.fn_my_permissions'] as const).map((name): View => ({
    name,
    argumentCount: 2,
    columns: columns('entity_name sysname, subentity_name sysname, permission_name nvarchar(60)'),
    rows: (c, [securable, kind]) =>
      myPermissions(
        c,
        securable === null || securable === undefined ? null : String(securable),
        String(kind ?? '').toUpperCase(),
      ),
  })),
]

function myPermissions(c: CatalogContext, securable: string | null, kind: string): Row[] {
  const row = (entity: string, permission: string): Row => ({
    entity_name: entity,
    subentity_name: '',
    permission_name: permission,
  })
  if (kind === 'SERVER')
    return permissionNames('SERVER')
      .filter((name) => c.permissions.server(c.login, name))
      .map((name) => row('server', name))
  const scope: PermissionScope | undefined = kind === 'DATABASE' || kind === 'CERTIFICATE' ? kind : undefined
  if (scope === 'DATABASE')
    return permissionNames(scope)
      .filter((name) => c.permissions.database(c.login, c.database, name))
      .map((name) => row('database', name))
  const certificate = c.store.certificates.find(
    (candidate) => candidate.databaseId === c.database.databaseId && same(candidate.name, securable),
  )
  if (scope === undefined || certificate === undefined) return []
  return permissionNames(scope)
    .filter((name) => c.permissions.certificate(c.login, c.database, certificate, name))
    .map((name) => row(certificate.name, name))
}
