import { SqlError, cannotFind, notSimulated } from '../errors.ts'
import { same } from '../permissions.ts'
import type { StatementHandler } from '../script.ts'

/** ALTER AUTHORIZATION ON DATABASE::db TO login: the owner of a database is another login. Other securables are not simulated. */
const authorization: StatementHandler = {
  head: ['ALTER', 'AUTHORIZATION'],
  parse(c) {
    const line = c.line
    c.expectWord('ON')
    if (c.takeWord('DATABASE') === undefined)
      throw notSimulated('ALTER AUTHORIZATION ON another securable', line)
    c.expectSymbol('::')
    const name = c.expectName()
    c.expectWord('TO')
    const owner = c.expectName()
    return {
      async run({ session }) {
        const { instance } = session
        const { store } = instance
        const database = instance.databaseNamed(name)
        if (database === undefined || !instance.permissions.database(session.login, database, 'CONTROL'))
          throw cannotFind('alter', 'database', name)
        const login = store.logins.find((candidate) => same(candidate.name, owner) && candidate.type !== 'R')
        if (login === undefined) throw cannotFind('find', 'principal', owner)
        const user = store.users.find(
          (candidate) =>
            candidate.databaseId === database.databaseId && same(candidate.loginName, login.name),
        )
        if (user !== undefined)
          throw new SqlError(
            15110,
            'The proposed new database owner is already a user or aliased in the database.',
          )
        session.change(() => store.databases.put({ ...database, ownerLogin: login.name }))
        return null
      },
    }
  },
}

export const AUTHORIZATION_STATEMENTS: readonly StatementHandler[] = [authorization]
