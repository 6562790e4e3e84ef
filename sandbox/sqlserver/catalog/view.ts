import type { GroupFacts } from '../availability/group.ts'
import type { ServerDisk } from '../disk.ts'
import type { VaultKey } from '../engine/ekm/vault-keys.ts'
import type { Permissions } from '../engine/permissions.ts'
import type { BoundColumn } from '../sql/scope.ts'
import { typeOf } from '../sql/types.ts'
import type { Cell, SqlType } from '../sql/types.ts'
import type { DatabaseRecord, LoginRecord, StoredRow } from '../state/model.ts'
import type { Store } from '../state/store.ts'

export interface SessionFactsRow {
  sessionId: number
  loginName: string
  loginSid: string
  hostName: string
  programName: string
  loginTime: Date
  encrypted: boolean
  databaseId: number
  transactionCount: number
  /** What it runs now; undefined when it sleeps. */
  request: { command: string; startTime: Date; percentComplete: number; databaseId: number } | undefined
}

export interface LockFactsRow {
  sessionId: number
  databaseId: number
  resource: string
  mode: string
  status: 'GRANT' | 'WAIT'
}

/** What views of extensible key management look at besides records. */
export interface EkmFacts {
  /** Keys that the vaults showed for this statement, by provider; undefined where a statement can't ask them. */
  keys: ReadonlyMap<number, readonly VaultKey[]> | undefined
  /** Sessions of connectors with vaults. */
  sessions: readonly { providerId: number; identity: string }[]
}

/** What a view may look at. `database` is the one the view was named in. */
export interface CatalogContext {
  store: Store
  disk: ServerDisk
  permissions: Permissions
  login: LoginRecord
  database: DatabaseRecord
  ownSession: number
  majorVersion: number
  startTime: Date
  serviceAccount: string
  /** Since the first encrypted database of this start; undefined: tempdb is in clear. */
  tempdbEncryptedSince: Date | undefined
  /** What is shown as a certificate's thumbprint; a fault can make it a lie. */
  shownThumbprint: (certificate: string, hex: string) => string
  /** What the pages of `database` hold in its one table. */
  storedRows: () => readonly StoredRow[]
  sessions: readonly SessionFactsRow[]
  ekm: EkmFacts
  locks: readonly LockFactsRow[]
  /** Availability groups that this server is in. */
  groups: readonly GroupFacts[]
}

export type Row = Readonly<Record<string, Cell>>

export interface View {
  /** Schema and name as shown: sys.databases, dbo.backupset. */
  name: string
  /** Only in this database. */
  onlyIn?: string
  /** A table of every database but master, tempdb, model and msdb. */
  inUserDatabases?: true
  /** A function: how many arguments it takes. */
  argumentCount?: number
  /** Arguments that may come from other tables: rows for every value, told apart by these columns. */
  argumentColumns?: readonly string[]
  /** Server permission without which the view answers 300 and 297. */
  requires?: 'VIEW SERVER STATE'
  columns: readonly ViewColumn[]
  rows: (context: CatalogContext, args: readonly Cell[]) => Row[]
}

const SYSTEM_DATABASES = ['master', 'tempdb', 'model', 'msdb']

/** Tables are in some databases only; system views are in all. */
export const isTable = (view: View): boolean => view.onlyIn !== undefined || view.inUserDatabases === true

export function existsIn(view: View, database: string): boolean {
  const name = database.toLowerCase()
  if (view.inUserDatabases === true) return !SYSTEM_DATABASES.includes(name)
  return view.onlyIn === undefined || view.onlyIn.toLowerCase() === name
}

export interface ViewColumn extends BoundColumn {
  /** First major version that has it. */
  since: number
}

/** `name type[@version]`, separated by commas: `name sysname, key_length int@16`. */
export function columns(spec: string): ViewColumn[] {
  return spec.split(/,(?![^(]*\))/).map((part) => {
    const match = /^\s*(\w+)\s+(\w+)(?:\(([\d,]+|max)\))?(?:@(\d+))?\s*$/.exec(part)
    if (match === null) throw new Error(`column specification: ${part}`)
    const [, name = '', type = '', size, since] = match
    return { name, type: columnType(type, size), since: since === undefined ? 0 : Number(since) }
  })
}

function columnType(name: string, size: string | undefined): SqlType {
  if (name === 'sysname') return { name: 'nvarchar', length: 128 }
  const [length, scale] = (size ?? '').split(',')
  const declared = {
    name,
    ...(size === undefined ? {} : { length: length === 'max' ? ('max' as const) : Number(length) }),
    ...(scale === undefined ? {} : { scale: Number(scale) }),
  }
  const type = typeOf(declared, 1)
  if (type === undefined) throw new Error(`column type: ${name}`)
  return type
}

export const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
export const date = (iso: string | null): string | null => (iso === null ? null : iso.slice(0, 23))
export const bit = (value: boolean): number => (value ? 1 : 0)
