import { assertMayDrop } from '../../availability/rules.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import type { Store } from '../../state/store.ts'
import { SqlError } from '../errors.ts'
import { truncateLog } from '../log.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { closeDatabaseKey } from '../tde/recovery.ts'
import { alterDatabase } from './alter-database.ts'
import { checkDatabase } from './check-database.ts'
import { createDatabase } from './create-database.ts'
import { dropContents } from './restore-record.ts'

export function dropDatabaseRecords(store: Store, database: DatabaseRecord): void {
  dropContents(store, database)
  truncateLog(store, database.databaseId)
  store.databases.delete(database.id)
}

const drop: StatementHandler = {
  head: ['DROP', 'DATABASE'],
  parse(c) {
    const ifExists = c.takeWords('IF', 'EXISTS')
    const names = [c.expectName()]
    while (c.takeSymbol(',')) names.push(c.expectName())
    return {
      async run({ session }) {
        for (const name of names) dropOne(session, name, ifExists)
        return null
      },
    }
  },
}

function dropOne(session: Frame['session'], name: string, ifExists: boolean): void {
  const { instance } = session
  const database = instance.databaseNamed(name)
  if (database === undefined && ifExists) return
  if (database === undefined || !instance.permissions.database(session.login, database, 'CONTROL')) {
    throw new SqlError(
      3701,
      `Cannot drop the database '${name}', because it does not exist or you do not have permission.`,
      { severity: 11 },
    )
  }
  if (database.databaseId <= 4)
    throw new SqlError(3708, `Cannot drop the database '${name}' because it is a system database.`)
  if (
    instance.busy.has(database.id) ||
    [...instance.sessions.values()].some((other) => other.databaseId === database.databaseId)
  ) {
    throw new SqlError(3702, `Cannot drop database "${name}" because it is currently in use.`)
  }
  assertMayDrop(database)
  closeDatabaseKey(instance, database.databaseId)
  session.change(() => dropDatabaseRecords(instance.store, database))
  if (database.state !== 'OFFLINE')
    for (const file of database.files)
      instance.disk.remove(instance.disk.resolve(file.physicalName, instance.dataFolder))
}

export const DATABASE_STATEMENTS: readonly StatementHandler[] = [
  createDatabase,
  drop,
  alterDatabase,
  checkDatabase,
]
