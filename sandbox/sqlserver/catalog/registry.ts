import { AVAILABILITY_VIEWS } from './availability.ts'
import { DATABASE_VIEWS } from './databases.ts'
import { EKM_VIEWS } from './ekm.ts'
import { ENCRYPTION_VIEWS } from './encryption.ts'
import { KEY_VIEWS } from './keys.ts'
import { MSDB_VIEWS } from './msdb.ts'
import { SECURITY_VIEWS } from './security.ts'
import { SERVER_VIEWS } from './server.ts'
import { ROW_VIEWS } from './rows.ts'
import { bit, columns, existsIn, isTable } from './view.ts'
import type { Row, View } from './view.ts'

const DECLARED: readonly View[] = [
  ...DATABASE_VIEWS,
  ...ENCRYPTION_VIEWS,
  ...AVAILABILITY_VIEWS,
  ...KEY_VIEWS,
  ...EKM_VIEWS,
  ...SECURITY_VIEWS,
  ...SERVER_VIEWS,
  ...MSDB_VIEWS,
  ...ROW_VIEWS,
]

export const objectIdOf = (name: string): number => -(DECLARED.findIndex((view) => view.name === name) + 100)

/** The catalog describes itself: probes for columns that a version lacks read these. */
const SELF_DESCRIBING: readonly View[] = [
  ...(['sys.all_columns', 'sys.system_columns', 'sys.columns'] as const).map((name): View => ({
    name,
    columns: columns(
      'object_id int, name sysname, column_id int, system_type_id tinyint, user_type_id int, max_length smallint, is_nullable bit',
    ),
    rows: (c) =>
      DECLARED.filter((view) =>
        name === 'sys.columns' || view.inUserDatabases === true
          ? isTable(view) && existsIn(view, c.database.name)
          : true,
      ).flatMap((view): Row[] =>
        view.columns
          .filter((column) => column.since <= c.majorVersion)
          .map((column, i) => ({
            object_id: objectIdOf(view.name),
            name: column.name,
            column_id: i + 1,
            system_type_id: null,
            user_type_id: null,
            max_length: null,
            is_nullable: 1,
          })),
      ),
  })),
  ...(['sys.all_objects', 'sys.system_objects', 'sys.objects', 'sys.tables'] as const).map((name): View => ({
    name,
    columns: columns(
      'name sysname, object_id int, principal_id int, schema_id int, parent_object_id int, type char(2), type_desc nvarchar(60), is_ms_shipped bit',
    ),
    rows: (c) =>
      DECLARED.filter((view) =>
        isTable(view)
          ? name !== 'sys.system_objects' && existsIn(view, c.database.name)
          : name === 'sys.all_objects' || name === 'sys.system_objects',
      ).map((view) => {
        const [schema, object] = view.name.split('.')
        return {
          name: object ?? '',
          object_id: objectIdOf(view.name),
          principal_id: null,
          schema_id: schema === 'dbo' ? 1 : 4,
          parent_object_id: 0,
          type: view.argumentCount !== undefined ? 'IF' : isTable(view) ? 'U' : 'V',
          type_desc:
            view.argumentCount !== undefined
              ? 'SQL_INLINE_TABLE_VALUED_FUNCTION'
              : isTable(view)
                ? 'USER_TABLE'
                : 'VIEW',
          is_ms_shipped: bit(view.inUserDatabases !== true),
        }
      }),
  })),
]

const VIEWS = new Map([...DECLARED, ...SELF_DESCRIBING].map((view) => [view.name.toLowerCase(), view]))

/** Finds a view by schema and name as written in `database`; an unqualified name is looked up in dbo, then sys does not apply. */
export function findView(schema: string, name: string, database: string): View | undefined {
  const view = VIEWS.get(`${(schema === '' ? 'dbo' : schema).toLowerCase()}.${name.toLowerCase()}`)
  return view === undefined || !existsIn(view, database) ? undefined : view
}
