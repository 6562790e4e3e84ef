import { findView, objectIdOf } from '../../catalog/registry.ts'
import { SqlError, cannotFind, notSimulated } from '../errors.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { PermissionRecord } from '../../state/model.ts'
import { isPermissionName, same } from '../permissions.ts'
import type { PermissionScope } from '../permissions.ts'
import type { StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'

interface Target {
  scope: PermissionScope | undefined
  name: string | undefined
}

function permissionList(c: Cursor): string[] {
  const permissions: string[] = []
  do {
    const words: string[] = []
    while (!c.isWord('ON', 'TO', 'FROM') && !c.isSymbol(',')) words.push(c.expectAnyWord())
    if (words.length === 0) c.fail()
    permissions.push(words.join(' '))
  } while (c.takeSymbol(','))
  return permissions
}

function target(c: Cursor): Target {
  if (c.takeWord('ON') === undefined) return { scope: undefined, name: undefined }
  const line = c.line
  if (c.peek(1).text !== '::') return { scope: 'OBJECT', name: c.nameParts().join('.') }
  const kind = c.expectAnyWord()
  c.expectSymbol('::')
  if (kind === 'OBJECT') return { scope: kind, name: c.nameParts().join('.') }
  if (kind !== 'CERTIFICATE' && kind !== 'DATABASE') throw notSimulated(`permissions on ${kind}`, line)
  return { scope: kind, name: c.expectName() }
}

const statement = (head: 'GRANT' | 'DENY' | 'REVOKE'): StatementHandler => ({
  head: [head],
  parse(c) {
    if (head === 'REVOKE') c.takeWords('GRANT', 'OPTION', 'FOR')
    const permissions = permissionList(c)
    const on = target(c)
    c.expectWord('TO', 'FROM')
    const grantees = [c.expectName()]
    while (c.takeSymbol(',')) grantees.push(c.expectName())
    if (c.isWord('WITH')) throw notSimulated('WITH GRANT OPTION', c.line)
    c.takeWord('CASCADE')
    return {
      async run({ session }) {
        const entries = permissions.flatMap((permission) =>
          grantees.map((grantee) => entryFor(session, permission, grantee, on)),
        )
        const { store } = session.instance
        session.change(() => {
          for (const entry of entries) {
            if (head === 'REVOKE') store.permissions.delete(entry.id)
            else store.permissions.put({ ...entry, state: head })
          }
        })
        return null
      },
    }
  },
})

function entryFor(session: Session, permission: string, grantee: string, on: Target): PermissionRecord {
  const { instance, database } = session
  const scope: PermissionScope = on.scope ?? (isPermissionName('SERVER', permission) ? 'SERVER' : 'DATABASE')
  if (!isPermissionName(scope, permission))
    throw new SqlError(102, `Incorrect syntax near '${permission}'.`, { severity: 15 })
  if (scope === 'SERVER') {
    if (database.databaseId !== 1)
      throw new SqlError(
        4621,
        'Permissions at the server scope can only be granted when the current database is master',
      )
    if (!session.canServer('CONTROL SERVER'))
      throw new SqlError(4613, 'Grantor does not have GRANT permission.')
    const login = instance.loginNamed(grantee)
    if (login === undefined && !same(grantee, 'public')) throw cannotFind('find', 'login', grantee)
    return {
      id: `server:${(login?.name ?? 'public').toLowerCase()}:${permission}`,
      databaseId: null,
      grantee: login?.name ?? 'public',
      permission,
      state: 'GRANT',
      securable: 'SERVER',
      securableId: 0,
    }
  }
  if (!session.can('CONTROL')) throw new SqlError(4613, 'Grantor does not have GRANT permission.')
  const user = instance.store.users.find(
    (candidate) => candidate.databaseId === database.databaseId && same(candidate.name, grantee),
  )
  if (user === undefined && !same(grantee, 'public')) throw cannotFind('find', 'user', grantee)
  const name = user?.name ?? 'public'
  if (scope === 'DATABASE')
    return {
      id: `${database.id}:db:${name.toLowerCase()}:${permission}`,
      databaseId: database.databaseId,
      grantee: name,
      permission,
      state: 'GRANT',
      securable: 'DATABASE',
      securableId: 0,
    }
  if (scope === 'OBJECT') {
    const view = viewNamed(on.name ?? '', database.name)
    if (view === undefined) throw cannotFind('find', 'object', on.name?.split('.').at(-1) ?? '')
    return {
      id: `${database.id}:object:${view.name}:${name.toLowerCase()}:${permission}`,
      databaseId: database.databaseId,
      grantee: name,
      permission,
      state: 'GRANT',
      securable: 'OBJECT',
      securableId: objectIdOf(view.name),
    }
  }
  const certificate = instance.store.certificates.find(
    (candidate) => candidate.databaseId === database.databaseId && same(candidate.name, on.name),
  )
  if (certificate === undefined) throw cannotFind('find', 'certificate', on.name ?? '')
  return {
    id: `${database.id}:cert:${certificate.certificateId}:${name.toLowerCase()}:${permission}`,
    databaseId: database.databaseId,
    grantee: name,
    permission,
    state: 'GRANT',
    securable: 'CERTIFICATE',
    securableId: certificate.certificateId,
  }
}

function viewNamed(name: string, database: string): ReturnType<typeof findView> {
  const [schema = '', object = ''] = name.includes('.') ? name.split('.').slice(-2) : ['', name]
  return findView(schema, object, database)
}

export const GRANT_STATEMENTS: readonly StatementHandler[] = [
  statement('GRANT'),
  statement('DENY'),
  statement('REVOKE'),
]
