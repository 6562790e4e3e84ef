import { randomUUID } from 'node:crypto'
import { SqlError } from '../engine/errors.ts'
import { convertCell } from './convert.ts'
import { dateAdd, dateDiff, datePart, toDateText } from './dates.ts'
import type { SessionFacts } from './session-facts.ts'
import { BIGINT, DATETIME, GUID, INT, SYSNAME, VARIANT, nvarchar, varbinary } from './types.ts'
import type { Cell, SqlType } from './types.ts'

export interface ScalarFunction {
  min: number
  max: number
  type: SqlType | ((args: readonly SqlType[]) => SqlType)
  /** Any NULL argument gives NULL without a call. */
  strict: boolean
  run: (facts: SessionFacts, args: Cell[], types: readonly SqlType[]) => Cell
}

const text = (cell: Cell | undefined): string => (cell === undefined || cell === null ? '' : String(cell))
const sameAsFirst = (args: readonly SqlType[]): SqlType => args[0] ?? INT

const define = (
  min: number,
  max: number,
  type: ScalarFunction['type'],
  run: ScalarFunction['run'],
  strict = true,
): ScalarFunction => ({ min, max, type, run, strict })

const fact = (type: SqlType, run: (facts: SessionFacts) => Cell): ScalarFunction => define(0, 0, type, run)

export const SCALAR_FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  GETDATE: fact(DATETIME, (f) => toDateText(f.now())),
  GETUTCDATE: fact(DATETIME, (f) => toDateText(f.now())),
  CURRENT_TIMESTAMP: fact(DATETIME, (f) => toDateText(f.now())),
  SYSDATETIME: fact({ name: 'datetime2', scale: 7 }, (f) => toDateText(f.now())),
  SYSUTCDATETIME: fact({ name: 'datetime2', scale: 7 }, (f) => toDateText(f.now())),
  DATEADD: define(
    3,
    3,
    (args) => (args[2]?.name === 'datetime2' || args[2]?.name === 'date' ? args[2] : DATETIME),
    (_, [part, amount, date], types) =>
      dateAdd(text(part), Number(amount), text(convertCell(date ?? null, types[2] ?? DATETIME, DATETIME, 0))),
  ),
  DATEDIFF: define(3, 3, INT, (_, [part, from, to], types) =>
    dateDiff(
      text(part),
      text(convertCell(from ?? null, types[1] ?? DATETIME, DATETIME, 0)),
      text(convertCell(to ?? null, types[2] ?? DATETIME, DATETIME, 0)),
    ),
  ),
  DATEPART: define(2, 2, INT, (_, [part, date], types) =>
    datePart(text(part), text(convertCell(date ?? null, types[1] ?? DATETIME, DATETIME, 0))),
  ),
  YEAR: define(1, 1, INT, (_, [date], types) =>
    datePart('year', text(convertCell(date ?? null, types[0] ?? DATETIME, DATETIME, 0))),
  ),
  MONTH: define(1, 1, INT, (_, [date], types) =>
    datePart('month', text(convertCell(date ?? null, types[0] ?? DATETIME, DATETIME, 0))),
  ),
  DAY: define(1, 1, INT, (_, [date], types) =>
    datePart('day', text(convertCell(date ?? null, types[0] ?? DATETIME, DATETIME, 0))),
  ),

  UPPER: define(1, 1, sameAsFirst, (_, [value]) => text(value).toUpperCase()),
  LOWER: define(1, 1, sameAsFirst, (_, [value]) => text(value).toLowerCase()),
  LTRIM: define(1, 1, sameAsFirst, (_, [value]) => text(value).replace(/^ +/, '')),
  RTRIM: define(1, 1, sameAsFirst, (_, [value]) => text(value).replace(/ +$/, '')),
  TRIM: define(1, 1, sameAsFirst, (_, [value]) => text(value).replace(/^ +| +$/g, '')),
  LEN: define(1, 1, INT, (_, [value]) =>
    value instanceof Uint8Array ? value.length : text(value).replace(/ +$/, '').length,
  ),
  DATALENGTH: define(1, 1, INT, (_, [value], types) => dataLength(value ?? null, types[0] ?? INT)),
  CHARINDEX: define(2, 3, INT, (_, [needle, hay, from]) =>
    text(needle) === ''
      ? 0
      : text(hay)
          .toLowerCase()
          .indexOf(text(needle).toLowerCase(), Math.max(0, Number(from ?? 1) - 1)) + 1,
  ),
  SUBSTRING: define(3, 3, sameAsFirst, (_, [value, start, length]) =>
    substring(value ?? null, Number(start), Number(length)),
  ),
  LEFT: define(2, 2, sameAsFirst, (_, [value, length]) => text(value).slice(0, Number(length))),
  RIGHT: define(2, 2, sameAsFirst, (_, [value, length]) =>
    Number(length) === 0 ? '' : text(value).slice(-Number(length)),
  ),
  REPLACE: define(3, 3, nvarchar(4000), (_, [value, from, to]) =>
    replaceAll(text(value), text(from), text(to)),
  ),
  REVERSE: define(1, 1, sameAsFirst, (_, [value]) => [...text(value)].reverse().join('')),
  REPLICATE: define(2, 2, nvarchar(4000), (_, [value, count]) =>
    text(value).repeat(Math.min(8000, Math.max(0, Number(count)))),
  ),
  QUOTENAME: define(1, 2, nvarchar(258), (_, [value, mark]) =>
    quoteName(text(value), mark === undefined ? '[' : text(mark)),
  ),
  CHAR: define(1, 1, { name: 'char', length: 1 }, (_, [code]) => String.fromCharCode(Number(code))),
  NCHAR: define(1, 1, { name: 'nchar', length: 1 }, (_, [code]) => String.fromCharCode(Number(code))),
  STR: define(1, 1, { name: 'varchar', length: 10 }, (_, [value]) =>
    String(Math.round(Number(value))).padStart(10),
  ),
  CONCAT: define(
    2,
    254,
    nvarchar(4000),
    (_, args, types) =>
      args.map((arg, i) => text(convertCell(arg, types[i] ?? INT, nvarchar(4000), 0))).join(''),
    false,
  ),
  ABS: define(1, 1, sameAsFirst, (_, [value]) => Math.abs(Number(value))),
  CEILING: define(1, 1, sameAsFirst, (_, [value]) => Math.ceil(Number(value))),
  FLOOR: define(1, 1, sameAsFirst, (_, [value]) => Math.floor(Number(value))),
  ROUND: define(
    2,
    2,
    sameAsFirst,
    (_, [value, digits]) => Math.round(Number(value) * 10 ** Number(digits)) / 10 ** Number(digits),
  ),
  ISNULL: define(
    2,
    2,
    (args) => (args[0]?.name === 'null' ? (args[1] ?? INT) : (args[0] ?? INT)),
    (_, [a, b], types) =>
      (a ?? null) === null
        ? convertCell(
            b ?? null,
            types[1] ?? INT,
            types[0]?.name === 'null' ? (types[1] ?? INT) : (types[0] ?? INT),
            0,
          )
        : (a ?? null),
    false,
  ),
  NEWID: define(0, 0, GUID, () => randomUUID().toUpperCase()),

  DB_NAME: define(0, 1, SYSNAME, (f, [id]) =>
    id === undefined ? f.databaseName() : f.databaseName(Number(id)),
  ),
  DB_ID: define(0, 1, { name: 'smallint' }, (f, [name]) =>
    name === undefined ? f.databaseId() : f.databaseId(text(name)),
  ),
  SUSER_SNAME: define(0, 1, SYSNAME, (f, [sid]) =>
    sid === undefined ? f.loginName() : sid instanceof Uint8Array ? f.loginNameOf(sid) : null,
  ),
  SUSER_NAME: fact(SYSNAME, (f) => f.loginName()),
  SUSER_SID: define(0, 1, varbinary(85), (f, [name]) =>
    f.loginSid(name === undefined ? f.loginName() : text(name)),
  ),
  SYSTEM_USER: fact(SYSNAME, (f) => f.loginName()),
  ORIGINAL_LOGIN: fact(SYSNAME, (f) => f.loginName()),
  USER_NAME: define(0, 1, SYSNAME, (f, [id]) => (id === undefined ? f.userName() : f.userNameOf(Number(id)))),
  CURRENT_USER: fact(SYSNAME, (f) => f.userName()),
  SESSION_USER: fact(SYSNAME, (f) => f.userName()),
  USER: fact(SYSNAME, (f) => f.userName()),
  HOST_NAME: fact(SYSNAME, (f) => f.hostName()),
  APP_NAME: fact(SYSNAME, (f) => f.programName()),
  PROGRAM_NAME: fact(SYSNAME, (f) => f.programName()),
  SERVERPROPERTY: define(1, 1, VARIANT, (f, [name]) => f.serverProperty(text(name))),
  DATABASEPROPERTYEX: define(2, 2, VARIANT, (f, [database, name]) =>
    f.databaseProperty(text(database), text(name)),
  ),
  CONNECTIONPROPERTY: define(1, 1, VARIANT, (f, [name]) => f.connectionProperty(text(name))),
  HAS_PERMS_BY_NAME: define(
    3,
    5,
    INT,
    (f, [securable, kind, permission]) =>
      f.hasPermission(
        (securable ?? null) === null ? null : text(securable),
        (kind ?? null) === null ? null : text(kind),
        text(permission),
      ),
    false,
  ),
  IS_SRVROLEMEMBER: define(
    1,
    2,
    INT,
    (f, [role, login]) =>
      f.isServerRoleMember(text(role), (login ?? null) === null ? undefined : text(login)),
    false,
  ),
  IS_MEMBER: define(1, 1, INT, (f, [role]) => f.isRoleMember(text(role))),
  IS_ROLEMEMBER: define(1, 1, INT, (f, [role]) => f.isRoleMember(text(role))),
  HAS_DBACCESS: define(1, 1, INT, (f, [name]) => f.hasDatabaseAccess(text(name))),
  COL_LENGTH: define(2, 2, { name: 'smallint' }, (f, [object, column]) =>
    f.columnLength(text(object), text(column)),
  ),
  OBJECT_ID: define(1, 2, INT, (f, [name]) => f.objectId(text(name))),
  SCHEMA_NAME: define(0, 1, SYSNAME, (_, [id]) =>
    id === undefined || Number(id) === 1 ? 'dbo' : Number(id) === 4 ? 'sys' : null,
  ),
  CERT_ID: define(1, 1, INT, (f, [name]) => f.certificateId(text(name))),
  CERTENCODED: define(1, 1, varbinary('max'), (f, [id]) => f.certificateEncoded(Number(id))),
  CERTPRIVATEKEY: define(
    2,
    3,
    varbinary('max'),
    (f, [id, filePassword, password]) =>
      f.certificatePrivateKey(
        Number(id),
        text(filePassword),
        password === undefined || password === null ? undefined : text(password),
      ),
    false,
  ),
  CERTPROPERTY: define(2, 2, VARIANT, (f, [id, name]) => f.certificateProperty(Number(id), text(name))),
  APPLOCK_MODE: define(3, 3, nvarchar(32), (f, [, resource, owner]) =>
    f.appLockMode(text(resource), text(owner)),
  ),
  APPLOCK_TEST: define(4, 4, INT, (f, [, resource, mode]) => f.appLockTest(text(resource), text(mode))),
  ERROR_NUMBER: fact(INT, (f) => f.caught()?.number ?? null),
  ERROR_SEVERITY: fact(INT, (f) => f.caught()?.severity ?? null),
  ERROR_STATE: fact(INT, (f) => f.caught()?.state ?? null),
  ERROR_LINE: fact(INT, (f) => f.caught()?.line ?? null),
  ERROR_PROCEDURE: fact(SYSNAME, () => null),
  ERROR_MESSAGE: fact(nvarchar(4000), (f) => f.caught()?.message ?? null),
  XACT_STATE: fact({ name: 'smallint' }, (f) => (f.transactionCount() > 0 ? 1 : 0)),
  '@@SPID': fact({ name: 'smallint' }, (f) => f.spid()),
  '@@VERSION': fact(nvarchar(300), (f) => f.versionText()),
  '@@SERVERNAME': fact(SYSNAME, (f) => f.serverProperty('ServerName')),
  '@@SERVICENAME': fact(SYSNAME, () => 'MSSQLSERVER'),
  '@@TRANCOUNT': fact(INT, (f) => f.transactionCount()),
  '@@ERROR': fact(INT, (f) => f.lastError()),
  '@@ROWCOUNT': fact(INT, (f) => f.rowCount()),
  '@@MAX_PRECISION': fact({ name: 'tinyint' }, () => 38),
  '@@LANGUAGE': fact(SYSNAME, () => 'us_english'),
  '@@OPTIONS': fact(INT, () => 5496),
  '@@MICROSOFTVERSION': fact(INT, (f) => Number(f.serverProperty('ProductMajorVersion')) * 0x1000000),
  ROWCOUNT_BIG: fact(BIGINT, (f) => f.rowCount()),
}

export const AGGREGATES: Readonly<
  Record<string, { sql: string; type: (args: readonly SqlType[]) => SqlType }>
> = {
  COUNT: { sql: 'COUNT', type: () => INT },
  COUNT_BIG: { sql: 'COUNT', type: () => BIGINT },
  SUM: {
    sql: 'SUM',
    type: (args) =>
      args[0]?.name === 'bigint' || args[0]?.name === 'decimal' || args[0]?.name === 'float' ? args[0] : INT,
  },
  AVG: { sql: 'AVG', type: (args) => args[0] ?? INT },
  MIN: { sql: 'MIN', type: (args) => args[0] ?? INT },
  MAX: { sql: 'MAX', type: (args) => args[0] ?? INT },
  STRING_AGG: { sql: 'GROUP_CONCAT', type: () => nvarchar('max') },
}

export const WINDOW_FUNCTIONS: ReadonlySet<string> = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK'])

function dataLength(value: Cell, type: SqlType): number {
  if (value instanceof Uint8Array) return value.length
  if (typeof value === 'string')
    return type.name === 'nvarchar' || type.name === 'nchar' ? value.length * 2 : value.length
  return type.name === 'bigint' ? 8 : 4
}

function substring(value: Cell, start: number, length: number): Cell {
  if (length < 0)
    throw new SqlError(537, 'Invalid length parameter passed to the LEFT or SUBSTRING function.', {
      endsBatch: true,
    })
  const from = Math.max(0, start - 1)
  const to = Math.max(from, start - 1 + length)
  return value instanceof Uint8Array ? value.slice(from, to) : text(value).slice(from, to)
}

function replaceAll(value: string, from: string, to: string): string {
  if (from === '') return value
  return value.replace(new RegExp(from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'), () => to)
}

/** NULL above 128 characters, as documented; the closing mark is doubled. */
function quoteName(value: string, mark: string): string | null {
  if (value.length > 128) return null
  if (mark === '[' || mark === ']' || mark === '') return `[${value.replaceAll(']', ']]')}]`
  if (mark === "'" || mark === '"') return `${mark}${value.replaceAll(mark, mark + mark)}${mark}`
  return null
}
