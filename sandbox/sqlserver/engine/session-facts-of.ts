import { isSecondary } from '../availability/rules.ts'
import { writePvk } from '../files/index.ts'
import type { SessionFacts } from '../sql/session-facts.ts'
import type { Cell } from '../sql/types.ts'
import { findView, objectIdOf } from '../catalog/registry.ts'
import { lockModeNamed } from './app-locks.ts'
import { isPermissionName, same } from './permissions.ts'
import type { PermissionScope } from './permissions.ts'
import type { Session } from './session.ts'
import { parseObjectName } from './names.ts'
import type { CertificateRecord } from '../state/model.ts'

/** What scalar functions see of a session. */
export function sessionFactsOf(session: Session): SessionFacts {
  const { instance } = session
  const { store, permissions } = instance
  const login = (): typeof session.login => session.login
  const databaseNamed = (name: string): ReturnType<typeof instance.databaseNamed> =>
    instance.databaseNamed(name)
  const certificate = (id: number): CertificateRecord | undefined =>
    store.certificates.find(
      (candidate) =>
        candidate.databaseId === session.databaseId &&
        candidate.certificateId === id &&
        permissions.certificate(login(), session.database, candidate, 'VIEW DEFINITION'),
    )
  const loginNamed = (name: string): typeof session.login | undefined =>
    store.logins.find((candidate) => same(candidate.name, name))

  return {
    now: () => instance.now(),
    spid: () => session.spid,
    databaseName: (id) =>
      id === undefined ? session.database.name : (store.databases.get(String(id))?.name ?? null),
    databaseId: (name) =>
      name === undefined ? session.databaseId : (databaseNamed(name)?.databaseId ?? null),
    loginName: () => login().name,
    loginNameOf: (sid) =>
      store.logins.find((candidate) => candidate.sid.toLowerCase() === Buffer.from(sid).toString('hex'))
        ?.name ?? null,
    loginSid: (name) => {
      const found = loginNamed(name)
      return found === undefined ? null : Buffer.from(found.sid, 'hex')
    },
    userName: () => userName(session),
    userNameOf: (id) =>
      id === 1
        ? 'dbo'
        : id === 2
          ? 'guest'
          : (store.users.find((user) => user.databaseId === session.databaseId && user.principalId === id)
              ?.name ?? null),
    hostName: () => session.hostName,
    programName: () => session.programName,
    versionText: () => instance.versionText,
    serverProperty: (name) => instance.serverProperty(name),
    databaseProperty: (name, property) => databaseProperty(session, name, property),
    connectionProperty: (name) =>
      ({
        net_transport: 'TCP',
        protocol_type: 'TSQL',
        auth_scheme: 'SQL',
        local_net_address: '127.0.0.1',
        client_net_address: '127.0.0.1',
        physical_net_transport: 'TCP',
      })[name.toLowerCase()] ?? null,
    hasPermission: (securable, kind, permission) =>
      hasPermission(session, securable, kind, permission.toUpperCase()),
    isServerRoleMember: (role, name) => {
      const found = name === undefined ? login() : loginNamed(name)
      return found === undefined
        ? null
        : Number(permissions.serverRoles(found).some((candidate) => same(candidate, role)))
    },
    isRoleMember: (role) =>
      Number(permissions.databaseRoles(login(), session.database).some((candidate) => same(candidate, role))),
    hasDatabaseAccess: (name) => {
      const database = databaseNamed(name)
      return database === undefined
        ? null
        : Number(
            permissions.access(login(), database) && database.state === 'ONLINE' && !isSecondary(database),
          )
    },
    columnLength: (object, column) => {
      const found = viewNamed(session, object)?.columns.find(
        (candidate) => same(candidate.name, column) && candidate.since <= instance.majorVersion,
      )
      if (found === undefined) return null
      const { name, length } = found.type
      if (typeof length === 'number')
        return name === 'nvarchar' || name === 'nchar' ? length * 2 : name === 'decimal' ? 13 : length
      return length === 'max'
        ? -1
        : (({ bit: 1, tinyint: 1, smallint: 2, int: 4, uniqueidentifier: 16 } as Record<string, number>)[
            name
          ] ?? 8)
    },
    objectId: (name) => {
      const found = viewNamed(session, name)
      return found === undefined ? null : objectIdOf(found.name)
    },
    certificateId: (name) =>
      store.certificates.find(
        (candidate) =>
          candidate.databaseId === session.databaseId &&
          same(
            candidate.name,
            name.replace(/^\[(.*)\]$/s, (_, inner: string) => inner.replaceAll(']]', ']')),
          ) &&
          permissions.certificate(login(), session.database, candidate, 'VIEW DEFINITION'),
      )?.certificateId ?? null,
    certificateEncoded: (id) => {
      const found = certificate(id)
      return found === undefined ? null : Buffer.from(found.der, 'base64')
    },
    certificatePrivateKey: (id, filePassword, password) =>
      exportedPrivateKey(session, certificate(id), filePassword, password),
    certificateProperty: (id, name) => {
      const found = certificate(id)
      if (found === undefined) return null
      return (
        (
          {
            expiry_date: found.expiryDate.slice(0, 23),
            start_date: found.startDate.slice(0, 23),
            issuer_name: found.issuer,
            subject: found.subject,
            cert_serial_number: found.serial,
          } as Record<string, Cell>
        )[name.toLowerCase()] ?? null
      )
    },
    appLockMode: (resource) => instance.locks.modeOf(session.spid, session.databaseId, resource),
    appLockTest: (resource, mode) =>
      Number(
        instance.locks.available(
          session.spid,
          session.databaseId,
          resource,
          lockModeNamed(mode) ?? 'Exclusive',
        ),
      ),
    caught: () => session.caughtErrors.at(-1),
    lastError: () => session.lastError,
    rowCount: () => session.rowCount,
    transactionCount: () => session.transaction?.depth ?? 0,
  }
}

export function userName(session: Session): string {
  const { permissions } = session.instance
  if (
    permissions.databaseRoles(session.login, session.database).includes('db_owner') &&
    permissions.userOf(session.login, session.database) === undefined
  )
    return 'dbo'
  return permissions.userOf(session.login, session.database)?.name ?? 'guest'
}

function viewNamed(session: Session, name: string): ReturnType<typeof findView> {
  const parts = parseObjectName(name)
  const [database, schema, object] = [
    parts.at(-3) ?? session.database.name,
    parts.at(-2) ?? '',
    parts.at(-1) ?? '',
  ]
  return findView(schema, object, database) ?? (schema === '' ? findView('sys', object, database) : undefined)
}

function databaseProperty(session: Session, name: string, property: string): Cell {
  const database = session.instance.databaseNamed(name)
  if (database === undefined) return null
  const known: Record<string, Cell> = {
    status: database.state,
    recovery: database.recoveryModel,
    updateability: database.readOnly ? 'READ_ONLY' : 'READ_WRITE',
    useraccess: database.userAccess,
    collation: String(session.instance.serverProperty('Collation')),
    version: 904,
  }
  return known[property.toLowerCase()] ?? null
}

/** NULL for what is unknown: the engine does not tell a missing securable from a hidden one. */
function hasPermission(
  session: Session,
  securable: string | null,
  kind: string | null,
  permission: string,
): number | null {
  const { instance, login } = session
  const scope = (kind ?? 'SERVER').toUpperCase()
  const any = permission === 'ANY'
  if (scope === 'SERVER')
    return any
      ? 1
      : isPermissionName('SERVER', permission)
        ? Number(instance.permissions.server(login, permission))
        : null
  if (scope === 'DATABASE') {
    const database =
      securable === null || securable === ''
        ? session.database
        : instance.databaseNamed(parseObjectName(securable).at(-1) ?? '')
    if (database === undefined || (!any && !isPermissionName('DATABASE', permission))) return null
    return any
      ? Number(instance.permissions.access(login, database))
      : Number(instance.permissions.database(login, database, permission))
  }
  if (scope === 'CERTIFICATE' && securable !== null) {
    const name = parseObjectName(securable).at(-1) ?? ''
    const certificate = instance.store.certificates.find(
      (candidate) => candidate.databaseId === session.databaseId && same(candidate.name, name),
    )
    if (certificate === undefined || !isPermissionName('CERTIFICATE' satisfies PermissionScope, permission))
      return null
    return Number(instance.permissions.certificate(login, session.database, certificate, permission))
  }
  return null
}

/** CERTPRIVATEKEY answers NULL, never an error, when it can't or may not export. */
function exportedPrivateKey(
  session: Session,
  certificate: CertificateRecord | undefined,
  filePassword: string,
  password: string | undefined,
): Uint8Array | null {
  if (certificate === undefined || filePassword === '') return null
  const { instance } = session
  if (!instance.permissions.certificate(session.login, session.database, certificate, 'CONTROL')) return null
  const masterKey = session.masterKey(certificate.databaseId)
  const key =
    certificate.protection === 'PW'
      ? password === undefined
        ? undefined
        : instance.keys.privateKey(certificate, { password })
      : masterKey === undefined
        ? undefined
        : instance.keys.privateKey(certificate, { masterKey })
  return key === undefined ? null : writePvk(key, Buffer.from(filePassword, 'utf8'))
}
