import { CONFIGURATION_OPTIONS } from '../../catalog/configurations.ts'
import { SqlError, noPermissionForAction } from '../errors.ts'
import type { StatementHandler } from '../script.ts'
import { noteLogBackup } from '../tde/log-backup.ts'

const reconfigure: StatementHandler = {
  head: ['RECONFIGURE'],
  parse(c) {
    if (c.takeWord('WITH') !== undefined) c.expectWord('OVERRIDE')
    return {
      async run({ session }) {
        if (!session.canServer('ALTER SETTINGS')) throw noPermissionForAction()
        const { configurations } = session.instance.store
        session.change(() => {
          for (const { name } of CONFIGURATION_OPTIONS) {
            const set = configurations.get(name)
            if (set !== undefined && set.valueInUse !== set.value)
              configurations.put({ ...set, valueInUse: set.value })
          }
        })
        return null
      },
    }
  },
}

const kill: StatementHandler = {
  head: ['KILL'],
  parse(c) {
    const spid = c.expectInteger()
    return {
      async run({ session }) {
        if (!session.canServer('ALTER ANY CONNECTION'))
          throw new SqlError(6102, 'User does not have permission to use the KILL statement.', {
            severity: 14,
          })
        if (spid === session.spid) throw new SqlError(6104, 'Cannot use KILL to kill your own process.')
        const victim = session.instance.sessions.get(spid)
        if (victim === undefined) throw new SqlError(6106, `Process ID ${spid} is not an active process ID.`)
        victim.end()
        session.instance.dropConnection(spid)
        return null
      },
    }
  },
}

/**
 * Where nothing waits for a log backup (the simple model, or no data backup that began a chain) it truncates the log,
 * which makes room for further changes of an encryption key.
 */
const checkpoint: StatementHandler = {
  head: ['CHECKPOINT'],
  parse: () => ({
    async run({ session }) {
      const { database } = session
      const truncates = database.recoveryModel === 'SIMPLE' || database.log.backupFrom === null
      if (truncates && session.can('CHECKPOINT'))
        session.change(() => noteLogBackup(session.instance.store, database.databaseId))
      return null
    },
  }),
}

export const ADMINISTRATION_STATEMENTS: readonly StatementHandler[] = [reconfigure, kill, checkpoint]
