import { SqlError, SqlErrors } from '../engine/errors.ts'
import type { Instance } from '../engine/instance.ts'
import type { DatabaseRecord } from '../state/model.ts'
import type { AvailabilityGroup } from './group.ts'

/** What a database may not do while it is in an availability group. */

export const isSecondary = ({ availability }: DatabaseRecord): boolean => availability?.role === 'SECONDARY'

export const groupOf = (
  instance: Instance,
  { name, availability }: DatabaseRecord,
): AvailabilityGroup | undefined =>
  availability === undefined ? undefined : instance.groups.find((group) => group.has(name))

/** No secondary is readable here. */
export const notReadable = ({ name }: DatabaseRecord): SqlError =>
  new SqlError(
    976,
    `The target database, '${name}', is participating in an availability group and is currently not accessible for queries. Either data movement is suspended or the availability replica is not enabled for read access. To allow read-only access to this and other databases in the availability group, enable read access to one or more secondary availability replicas in the group.  For more information, see the ALTER AVAILABILITY GROUP statement in SQL Server Books Online.`,
    { severity: 14 },
  )

export function assertMayDrop({ name, availability }: DatabaseRecord): void {
  if (availability !== undefined)
    throw new SqlError(
      3752,
      `The database '${name}' is currently joined to an availability group.  Before you can drop the database, you need to remove it from the availability group.`,
    )
}

const involved = (name: string): SqlError =>
  new SqlError(
    1468,
    `The operation cannot be performed on database "${name}" because it is involved in a database mirroring session or an availability group. Some operations are not allowed on a database that is participating in a database mirroring session or in an availability group.`,
  )

/** Detaching. */
export function assertInNoGroup({ name, availability }: DatabaseRecord): void {
  if (availability !== undefined) throw involved(name)
}

/** ALTER DATABASE: name, state, access, recovery model, read-only. */
export function assertMayAlter({ name, availability }: DatabaseRecord): void {
  if (availability !== undefined)
    throw new SqlErrors([involved(name), new SqlError(5069, 'ALTER DATABASE statement failed.')])
}

export function assertMayRestoreOver(database: DatabaseRecord | undefined): void {
  if (database?.availability !== undefined)
    throw new SqlError(
      3104,
      `RESTORE cannot operate on database '${database.name}' because it is configured for database mirroring or has joined an availability group. If you intend to restore the database, use ALTER DATABASE to remove mirroring or to remove the database from its availability group.`,
    )
}

/** ALTER and DROP DATABASE ENCRYPTION KEY. */
export function assertReplicasFollow(instance: Instance, database: DatabaseRecord): void {
  if (groupOf(instance, database)?.isBehind(database) === true)
    throw new SqlError(
      33123,
      'Cannot drop or alter the database encryption key since it is currently in use on a mirror or secondary availability replica. Retry the command after all the previous reencryption scans have propagated to the mirror or secondary availability replicas or after availability relationship has been disabled.',
    )
}
