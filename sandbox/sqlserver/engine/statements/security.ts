import { notSimulated, SqlError, cannotFind, noPermissionForAction } from '../errors.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { LoginRecord, UserRecord } from '../../state/model.ts'
import { hashPassword, sidFor } from '../instance.ts'
import { DATABASE_ROLES, SERVER_ROLES, same } from '../permissions.ts'
import type { StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { createKeyLogin, dropMappings, mapCredential } from './key-login.ts'

const BAD_PASSWORD =
  'Password validation failed. The password does not meet the operating system policy requirements because it is'

function assertLoginPolicy(password: string, checked: boolean): void {
  if (!checked) return
  if (password.length < 8) throw new SqlError(15116, `${BAD_PASSWORD} too short.`)
  const kinds = [/\p{Lu}/u, /\p{Ll}/u, /[0-9]/, /[^\p{L}0-9]/u].filter((kind) => kind.test(password)).length
  if (kinds < 3) throw new SqlError(15118, `${BAD_PASSWORD} not complex enough.`)
}

interface LoginOptions {
  password?: string
  defaultDatabase?: string
  name?: string
  checked: boolean
  sid?: string
}

function loginOptions(c: Cursor): LoginOptions {
  const options: LoginOptions = { checked: true }
  do {
    const line = c.line
    const word = c.expectAnyWord()
    c.expectSymbol('=')
    if (word === 'PASSWORD') {
      options.password = c.expectString()
      while (c.takeWord('MUST_CHANGE', 'UNLOCK') !== undefined) continue
      if (c.isWord('HASHED', 'OLD_PASSWORD')) throw notSimulated(`login option ${c.peek().upper}`, line)
    } else if (word === 'DEFAULT_DATABASE') options.defaultDatabase = c.expectName()
    else if (word === 'NAME') options.name = c.expectName()
    else if (word === 'CHECK_POLICY') options.checked = c.expectWord('ON', 'OFF') === 'ON'
    else if (word === 'CHECK_EXPIRATION') c.expectWord('ON', 'OFF')
    else if (word === 'DEFAULT_LANGUAGE') c.expectName()
    else if (word === 'SID') options.sid = c.next().value.toLowerCase()
    else throw notSimulated(`login option ${word}`, line)
  } while (c.takeSymbol(','))
  return options
}

const requireLoginRight = (session: Session): void => {
  if (!session.canServer('ALTER ANY LOGIN')) throw noPermissionForAction()
}

function loginOr(session: Session, name: string, verb: string): LoginRecord {
  const login = session.instance.loginNamed(name)
  if (login === undefined) throw cannotFind(verb, 'login', name)
  return login
}

const createLogin: StatementHandler = {
  head: ['CREATE', 'LOGIN'],
  parse(c) {
    const name = c.expectName()
    if (c.isWord('FROM')) return createKeyLogin(c, name)
    c.expectWord('WITH')
    const options = loginOptions(c)
    return {
      async run({ session }) {
        const { instance } = session
        requireLoginRight(session)
        if (instance.loginNamed(name) !== undefined)
          throw new SqlError(15025, `The server principal '${name}' already exists.`)
        const password = options.password ?? ''
        assertLoginPolicy(password, options.checked)
        const now = instance.now().toISOString()
        session.change(() => {
          const principalId = instance.store.nextNumber('principal', 270)
          instance.store.logins.put({
            id: String(principalId),
            principalId,
            name,
            sid: options.sid ?? sidFor(name),
            type: 'S',
            passwordHash: hashPassword(password),
            disabled: false,
            defaultDatabase: options.defaultDatabase ?? 'master',
            createDate: now,
            modifyDate: now,
            roles: [],
          })
        })
        return null
      },
    }
  },
}

const alterLogin: StatementHandler = {
  head: ['ALTER', 'LOGIN'],
  parse(c) {
    const name = c.expectName()
    const state = c.takeWord('ENABLE', 'DISABLE')
    if (c.isWord('ADD', 'DROP')) return mapCredential(c, name)
    const options = state === undefined ? (c.expectWord('WITH'), loginOptions(c)) : undefined
    return {
      async run({ session }) {
        const login = loginOr(session, name, 'alter')
        const ownPassword = same(login.name, session.login.name) && options?.password !== undefined
        if (!ownPassword) requireLoginRight(session)
        if (options?.password !== undefined) assertLoginPolicy(options.password, options.checked)
        const changed: LoginRecord = {
          ...login,
          modifyDate: session.instance.now().toISOString(),
          disabled: state === undefined ? login.disabled : state === 'DISABLE',
          name: options?.name ?? login.name,
          defaultDatabase: options?.defaultDatabase ?? login.defaultDatabase,
          passwordHash: options?.password === undefined ? login.passwordHash : hashPassword(options.password),
        }
        session.change(() => session.instance.store.logins.put(changed))
        return null
      },
    }
  },
}

const dropLogin: StatementHandler = {
  head: ['DROP', 'LOGIN'],
  parse(c) {
    const name = c.expectName()
    return {
      async run({ session }) {
        requireLoginRight(session)
        const { instance } = session
        const login = loginOr(session, name, 'drop')
        if ([...instance.sessions.values()].some((other) => other.login.id === login.id))
          throw new SqlError(
            15434,
            `Could not drop login '${login.name}' as the user is currently logged in.`,
          )
        session.change(() => {
          instance.store.logins.delete(login.id)
          dropMappings(session, login)
          for (const entry of instance.store.permissions.all())
            if (entry.securable === 'SERVER' && same(entry.grantee, login.name))
              instance.store.permissions.delete(entry.id)
        })
        return null
      },
    }
  },
}

export function changeServerRole(session: Session, role: string, name: string, add: boolean): void {
  if (!SERVER_ROLES.some((known) => same(known, role))) throw cannotFind('alter', 'server role', role)
  const exact = role.toLowerCase()
  if (!session.canServer('ALTER ANY SERVER ROLE') && !session.login.roles.includes(exact))
    throw cannotFind('alter', 'server role', role)
  const login = loginOr(session, name, 'add')
  const roles = login.roles.filter((each) => each !== exact)
  session.change(() =>
    session.instance.store.logins.put({ ...login, roles: add ? [...roles, exact] : roles }),
  )
}

const serverRole: StatementHandler = {
  head: ['ALTER', 'SERVER', 'ROLE'],
  parse(c) {
    const role = c.expectName()
    const add = c.expectWord('ADD', 'DROP') === 'ADD'
    c.expectWord('MEMBER')
    const name = c.expectName()
    return { run: async ({ session }) => (changeServerRole(session, role, name, add), null) }
  },
}

export function changeDatabaseRole(session: Session, role: string, name: string, add: boolean): void {
  const exact = DATABASE_ROLES.find((known) => same(known, role))
  if (exact === undefined || !session.can('ALTER ANY ROLE')) throw cannotFind('alter', 'role', role)
  const user = userOf(session, name)
  if (user === undefined) throw cannotFind('add', 'principal', name)
  const roles = user.roles.filter((each) => each !== exact)
  session.change(() => session.instance.store.users.put({ ...user, roles: add ? [...roles, exact] : roles }))
}

const userOf = (session: Session, name: string): UserRecord | undefined =>
  session.instance.store.users.find((user) => user.databaseId === session.databaseId && same(user.name, name))

const databaseRole: StatementHandler = {
  head: ['ALTER', 'ROLE'],
  parse(c) {
    const role = c.expectName()
    const add = c.expectWord('ADD', 'DROP') === 'ADD'
    c.expectWord('MEMBER')
    const name = c.expectName()
    return { run: async ({ session }) => (changeDatabaseRole(session, role, name, add), null) }
  },
}

const createUser: StatementHandler = {
  head: ['CREATE', 'USER'],
  parse(c) {
    const line = c.line
    const name = c.expectName()
    let login: string | null = name
    if (c.takeWord('FOR', 'FROM') !== undefined) {
      if (c.takeWord('LOGIN') === undefined) throw notSimulated('CREATE USER for anything but a login', line)
      login = c.expectName()
    } else if (c.takeWords('WITHOUT', 'LOGIN')) login = null
    if (c.takeWords('WITH', 'DEFAULT_SCHEMA')) {
      c.expectSymbol('=')
      c.expectName()
    }
    return {
      async run({ session }) {
        const { store } = session.instance
        if (!session.can('ALTER ANY USER')) throw noPermissionForAction()
        if (userOf(session, name) !== undefined)
          throw new SqlError(15023, `User, group, or role '${name}' already exists in the current database.`)
        if (login !== null && session.instance.loginNamed(login) === undefined)
          throw new SqlError(15007, `'${login}' is not a valid login or you do not have permission.`)
        const { databaseId } = session
        session.change(() => {
          const principalId = store.nextNumber(`user:${databaseId}`, 5)
          store.users.put({
            id: `${databaseId}:${principalId}`,
            databaseId,
            principalId,
            name,
            loginName: login,
            type: 'S',
            createDate: session.instance.now().toISOString(),
            roles: [],
          })
        })
        return null
      },
    }
  },
}

const dropUser: StatementHandler = {
  head: ['DROP', 'USER'],
  parse(c) {
    const ifExists = c.takeWords('IF', 'EXISTS')
    const name = c.expectName()
    return {
      async run({ session }) {
        const user = userOf(session, name)
        if (user === undefined && ifExists) return null
        if (user === undefined || !session.can('ALTER ANY USER')) throw cannotFind('drop', 'user', name)
        session.change(() => session.instance.store.users.delete(user.id))
        return null
      },
    }
  },
}

export const SECURITY_STATEMENTS: readonly StatementHandler[] = [
  createLogin,
  alterLogin,
  dropLogin,
  serverRole,
  databaseRole,
  createUser,
  dropUser,
]
