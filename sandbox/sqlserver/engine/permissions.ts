import type {
  CertificateRecord,
  DatabaseRecord,
  LoginRecord,
  PermissionRecord,
  UserRecord,
} from '../state/model.ts'
import type { Store } from '../state/store.ts'

export const SERVER_ROLES = [
  'sysadmin',
  'securityadmin',
  'serveradmin',
  'setupadmin',
  'processadmin',
  'diskadmin',
  'dbcreator',
  'bulkadmin',
] as const
export const DATABASE_ROLES = [
  'db_owner',
  'db_accessadmin',
  'db_securityadmin',
  'db_ddladmin',
  'db_backupoperator',
  'db_datareader',
  'db_datawriter',
  'db_denydatareader',
  'db_denydatawriter',
] as const

/** Server permission -> those that include it. CONTROL SERVER includes every one. */
const SERVER_IMPLIED_BY: Record<string, readonly string[]> = {
  'VIEW SERVER STATE': ['ALTER SERVER STATE'],
  'VIEW SERVER SECURITY STATE': ['VIEW SERVER STATE', 'ALTER SERVER STATE'],
  'VIEW SERVER PERFORMANCE STATE': ['VIEW SERVER STATE', 'ALTER SERVER STATE'],
  'VIEW ANY SECURITY DEFINITION': ['VIEW ANY DEFINITION'],
  'CREATE ANY DATABASE': ['ALTER ANY DATABASE'],
  'VIEW ANY DATABASE': ['ALTER ANY DATABASE', 'VIEW ANY DEFINITION'],
}
const SERVER_PERMISSIONS: ReadonlySet<string> = new Set([
  'CONTROL SERVER',
  'ALTER ANY LOGIN',
  'ALTER ANY CREDENTIAL',
  'ALTER ANY DATABASE',
  'ALTER SETTINGS',
  'ALTER TRACE',
  'ALTER SERVER STATE',
  'ALTER ANY CONNECTION',
  'ALTER ANY SERVER ROLE',
  'ADMINISTER BULK OPERATIONS',
  'CONNECT SQL',
  'CONNECT ANY DATABASE',
  'CREATE ANY DATABASE',
  'SHUTDOWN',
  'UNSAFE ASSEMBLY',
  'VIEW ANY DATABASE',
  'VIEW ANY DEFINITION',
  'VIEW ANY SECURITY DEFINITION',
  'VIEW SERVER STATE',
  'VIEW SERVER SECURITY STATE',
  'VIEW SERVER PERFORMANCE STATE',
  'SELECT ALL USER SECURABLES',
  'IMPERSONATE ANY LOGIN',
  'CREATE SERVER ROLE',
])
const ROLE_GRANTS: Record<string, readonly string[]> = {
  securityadmin: ['ALTER ANY LOGIN'],
  serveradmin: ['ALTER SETTINGS', 'SHUTDOWN', 'ALTER SERVER STATE', 'VIEW SERVER STATE'],
  processadmin: ['ALTER ANY CONNECTION', 'ALTER SERVER STATE'],
  dbcreator: ['CREATE ANY DATABASE', 'ALTER ANY DATABASE'],
  bulkadmin: ['ADMINISTER BULK OPERATIONS'],
  public: ['VIEW ANY DATABASE', 'CONNECT SQL'],
}

const DATABASE_IMPLIED_BY: Record<string, readonly string[]> = {
  'CREATE CERTIFICATE': ['ALTER ANY CERTIFICATE', 'ALTER'],
  'ALTER ANY CERTIFICATE': ['ALTER'],
  'ALTER ANY USER': ['ALTER'],
  'ALTER ANY ROLE': ['ALTER'],
  'VIEW SECURITY DEFINITION': ['VIEW DEFINITION'],
  'VIEW DATABASE STATE': ['ALTER'],
  CHECKPOINT: ['ALTER'],
}
const DATABASE_FROM_SERVER: Record<string, string> = {
  'VIEW DEFINITION': 'VIEW ANY DEFINITION',
  'VIEW SECURITY DEFINITION': 'VIEW ANY SECURITY DEFINITION',
  ALTER: 'ALTER ANY DATABASE',
  'VIEW DATABASE STATE': 'VIEW SERVER STATE',
  CONNECT: 'CONNECT ANY DATABASE',
  SELECT: 'SELECT ALL USER SECURABLES',
}
const DATABASE_PERMISSIONS: ReadonlySet<string> = new Set([
  'CONTROL',
  'ALTER',
  'CONNECT',
  'VIEW DEFINITION',
  'VIEW SECURITY DEFINITION',
  'VIEW DATABASE STATE',
  'BACKUP DATABASE',
  'BACKUP LOG',
  'CHECKPOINT',
  'CREATE CERTIFICATE',
  'ALTER ANY CERTIFICATE',
  'CREATE TABLE',
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'EXECUTE',
  'REFERENCES',
  'ALTER ANY USER',
  'ALTER ANY ROLE',
  'CREATE SYMMETRIC KEY',
  'CREATE ASYMMETRIC KEY',
  'ALTER ANY ASYMMETRIC KEY',
  'ALTER ANY SYMMETRIC KEY',
  'TAKE OWNERSHIP',
  'IMPERSONATE',
])
const CERTIFICATE_PERMISSIONS: ReadonlySet<string> = new Set([
  'CONTROL',
  'ALTER',
  'VIEW DEFINITION',
  'REFERENCES',
  'TAKE OWNERSHIP',
])
const OBJECT_PERMISSIONS: ReadonlySet<string> = new Set([
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CONTROL',
  'VIEW DEFINITION',
])
const NAMES: Record<PermissionScope, ReadonlySet<string>> = {
  SERVER: SERVER_PERMISSIONS,
  DATABASE: DATABASE_PERMISSIONS,
  CERTIFICATE: CERTIFICATE_PERMISSIONS,
  OBJECT: OBJECT_PERMISSIONS,
}
const DATABASE_ROLE_GRANTS: Record<string, readonly string[]> = {
  db_backupoperator: ['BACKUP DATABASE', 'BACKUP LOG', 'CHECKPOINT'],
  db_ddladmin: ['ALTER ANY CERTIFICATE', 'CREATE TABLE'],
  db_datareader: ['SELECT'],
  db_securityadmin: ['ALTER ANY ROLE'],
  db_accessadmin: ['ALTER ANY USER'],
}

export type PermissionScope = 'SERVER' | 'DATABASE' | 'CERTIFICATE' | 'OBJECT'

export const isPermissionName = (scope: PermissionScope, permission: string): boolean =>
  NAMES[scope].has(permission)

export const permissionNames = (scope: PermissionScope): readonly string[] => [...NAMES[scope]]

/** Who may do what. A sysadmin passes everything, also under DENY; otherwise DENY wins. */
export class Permissions {
  private readonly store: Store
  /** Faults take permissions away without a trace in the catalog. */
  readonly withheld = new Set<string>()

  constructor(store: Store) {
    this.store = store
  }

  serverRoles(login: LoginRecord): string[] {
    return [...login.roles, 'public']
  }

  isSysadmin(login: LoginRecord): boolean {
    return login.roles.includes('sysadmin')
  }

  server(login: LoginRecord, permission: string): boolean {
    if (this.withheld.has(permission)) return false
    if (this.isSysadmin(login)) return true
    const names = [permission, ...(SERVER_IMPLIED_BY[permission] ?? []), 'CONTROL SERVER']
    const grantees = [login.name, ...this.serverRoles(login)]
    const entries = this.store.permissions
      .all()
      .filter((entry) => entry.securable === 'SERVER' && has(grantees, entry.grantee))
    if (denied(entries, permission) || (permission !== 'CONTROL SERVER' && denied(entries, 'CONTROL SERVER')))
      return false
    const byRole = this.serverRoles(login).flatMap((role) => ROLE_GRANTS[role] ?? [])
    return names.some((name) => byRole.includes(name) || granted(entries, name))
  }

  userOf(login: LoginRecord, database: DatabaseRecord): UserRecord | undefined {
    return this.store.users.find(
      (user) => user.databaseId === database.databaseId && same(user.loginName, login.name),
    )
  }

  private ownsDatabase(login: LoginRecord, database: DatabaseRecord): boolean {
    return this.isSysadmin(login) || same(database.ownerLogin, login.name)
  }

  access(login: LoginRecord, database: DatabaseRecord): boolean {
    // master, tempdb and msdb have the guest user open.
    if ([1, 2, 4].includes(database.databaseId) || this.ownsDatabase(login, database)) return true
    return this.userOf(login, database) !== undefined || this.server(login, 'CONNECT ANY DATABASE')
  }

  databaseRoles(login: LoginRecord, database: DatabaseRecord): string[] {
    const owner = this.ownsDatabase(login, database) ? ['db_owner'] : []
    return [...owner, ...(this.userOf(login, database)?.roles ?? []), 'public']
  }

  database(login: LoginRecord, database: DatabaseRecord, permission: string): boolean {
    if (this.withheld.has(permission)) return false
    if (this.isSysadmin(login)) return true
    const roles = this.databaseRoles(login, database)
    const user = this.userOf(login, database)
    const grantees = [...roles, ...(user === undefined ? [] : [user.name])]
    const entries = this.store.permissions
      .all()
      .filter(
        (entry) =>
          entry.securable === 'DATABASE' &&
          entry.databaseId === database.databaseId &&
          has(grantees, entry.grantee),
      )
    if (denied(entries, permission) || denied(entries, 'CONTROL')) return false
    if (roles.includes('db_owner') || this.server(login, 'CONTROL SERVER')) return true
    if (!this.access(login, database)) return false
    const names = [permission, ...(DATABASE_IMPLIED_BY[permission] ?? []), 'CONTROL']
    const byRole = roles.flatMap((role) => DATABASE_ROLE_GRANTS[role] ?? [])
    return names.some(
      (name) => byRole.includes(name) || granted(entries, name) || this.fromServer(login, name),
    )
  }

  private fromServer(login: LoginRecord, permission: string): boolean {
    const server = DATABASE_FROM_SERVER[permission]
    return server !== undefined && this.server(login, server)
  }

  certificate(
    login: LoginRecord,
    database: DatabaseRecord,
    certificate: CertificateRecord,
    permission: string,
  ): boolean {
    const general =
      permission === 'VIEW DEFINITION'
        ? ['VIEW DEFINITION', 'ALTER ANY CERTIFICATE']
        : permission === 'ALTER'
          ? ['ALTER ANY CERTIFICATE', 'CONTROL']
          : ['CONTROL']
    if (general.some((name) => this.database(login, database, name))) return true
    const user = this.userOf(login, database)
    const grantees = [...this.databaseRoles(login, database), ...(user === undefined ? [] : [user.name])]
    const entries = this.store.permissions
      .all()
      .filter(
        (entry) =>
          entry.securable === 'CERTIFICATE' &&
          entry.databaseId === database.databaseId &&
          entry.securableId === certificate.certificateId &&
          has(grantees, entry.grantee),
      )
    if (denied(entries, permission)) return false
    if (granted(entries, permission) || granted(entries, 'CONTROL')) return true
    // Any permission on the certificate lets its holder see that it is there.
    return permission === 'VIEW DEFINITION' && entries.some((entry) => entry.state === 'GRANT')
  }

  /** SELECT on one table or view of a database. */
  select(login: LoginRecord, database: DatabaseRecord, objectId: number): boolean {
    if (this.database(login, database, 'SELECT')) return true
    const user = this.userOf(login, database)
    const grantees = [...this.databaseRoles(login, database), ...(user === undefined ? [] : [user.name])]
    const entries = this.store.permissions
      .all()
      .filter(
        (entry) =>
          entry.securable === 'OBJECT' &&
          entry.databaseId === database.databaseId &&
          entry.securableId === objectId &&
          has(grantees, entry.grantee),
      )
    return !denied(entries, 'SELECT') && (granted(entries, 'SELECT') || granted(entries, 'CONTROL'))
  }
}

export const same = (a: string | null | undefined, b: string | null | undefined): boolean =>
  a !== null && a !== undefined && b !== null && b !== undefined && a.toLowerCase() === b.toLowerCase()

const has = (names: readonly string[], name: string): boolean =>
  names.some((candidate) => same(candidate, name))
const granted = (entries: readonly PermissionRecord[], permission: string): boolean =>
  entries.some((entry) => entry.state === 'GRANT' && entry.permission === permission)
const denied = (entries: readonly PermissionRecord[], permission: string): boolean =>
  entries.some((entry) => entry.state === 'DENY' && entry.permission === permission)
