import type { Cursor } from '../../sql/cursor.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { same } from '../permissions.ts'
import type { Session } from '../session.ts'

export interface FilegroupChange {
  name: string
  readOnly: boolean
}

/** Behind MODIFY FILEGROUP: name READ_ONLY | READ_WRITE; READONLY and READWRITE are the old words. */
export function filegroupChange(c: Cursor): FilegroupChange {
  const name = c.expectName()
  return { name, readOnly: c.expectWord('READ_ONLY', 'READ_WRITE', 'READONLY', 'READWRITE').includes('ONLY') }
}

export function changeFilegroup(session: Session, database: DatabaseRecord, change: FilegroupChange): void {
  const { store } = session.instance
  const known = database.files.find((file) => same(file.filegroup, change.name))?.filegroup
  if (known === undefined)
    throw new SqlError(
      same(change.name, 'PRIMARY') ? 5047 : 5041,
      same(change.name, 'PRIMARY')
        ? 'Cannot change the READONLY property of the PRIMARY filegroup.'
        : `MODIFY FILEGROUP failed. Filegroup '${change.name}' does not exist.`,
    )
  const state = store.encryptionKeys.get(database.id)?.state ?? 1
  if (state !== 1 && state !== 3)
    throw new SqlError(
      33119,
      'Cannot modify filegroup read-only/read-write state while an encryption transition is in progress.',
    )
  const others = (database.readOnlyFilegroups ?? []).filter((name) => !same(name, known))
  session.change(() =>
    store.databases.put({
      ...database,
      readOnlyFilegroups: change.readOnly ? [...others, known] : others,
    }),
  )
}
