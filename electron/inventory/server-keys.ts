import type { KeyRow } from '../../shared/ipc/schemas.ts'
import type { Thumbprint } from '../../shared/model/ids.ts'
import { stillNeededText } from '../../shared/model/retention.ts'
import { hexOf, numberOf, textOf, thumbprintOf, timeOf } from '../ports/sql-rows.ts'
import type { SqlRow, SqlServer } from '../ports/sql-server.ts'
import { problemOf } from '../../shared/errors/problem.ts'
import {
  backupsByEncryptor,
  certificates,
  databases,
  encryptionStates,
} from '../scripts/tsql/fact-queries.ts'
import { providerKeys } from '../scripts/tsql/ekm-queries.ts'
import { masterKeysOf, recentBackups } from '../scripts/tsql/inventory-queries.ts'
import { allDatabases, keysIn } from '../scripts/tsql/sight.ts'
import { seesAll, type Sight } from '../ports/sql-sight.ts'

/**
 * Every key of one instance that this login can see, and the backups that need them. A part that the login may not
 * read is left out and named in `notVisible`, with what is missing where that is known; it never reads as "none".
 */
export interface ServerKeys {
  rows: KeyRow[]
  notVisible: string[]
}

export const readServerKeys = async (server: SqlServer, at: string, now: Date): Promise<ServerKeys> => {
  const notVisible: string[] = []
  const ask = async (what: string, query: string): Promise<SqlRow[] | null> => {
    try {
      return await server.query(query)
    } catch (error) {
      if (problemOf(error).kind !== 'refused') throw error
      notVisible.push(what)
      return null
    }
  }
  /** Rows that are shown stay; that others may be hidden is named. */
  const askShown = async (what: string, query: string, sight: Sight) => {
    const found = await ask(what, query)
    const whole = found !== null && (await seesAll(server, sight))
    if (found !== null && !whole) notVisible.push(`${what} (${sight.permission} is missing)`)
    return { found: found ?? [], whole }
  }
  const rowOf = rowMaker(server, at)
  const { found: names } = await askShown('databases', databases(), allDatabases())
  const rows: KeyRow[] = []
  for (const database of names
    .filter((row) => textOf(row['state_desc']) === 'ONLINE')
    .map((row) => textOf(row['name']))) {
    const keys = await askShown(`master key of ${database}`, masterKeysOf(database), keysIn(database))
    rows.push(...keys.found.map((key) => masterKeyRow(rowOf, database, key)))
  }
  const used = await ask('backups by certificate', backupsByEncryptor())
  const guarded = await ask('database encryption keys', encryptionStates())
  const { found, whole } = await askShown('certificates of master', certificates(), keysIn('master'))
  rows.push(
    ...found
      .filter((row) => !/^##|##$/.test(textOf(row['name'])))
      .map((row) => certificateRow(rowOf, row, used, guarded, names, now)),
  )
  const asymmetric = await askShown('asymmetric keys of master', providerKeys(), keysIn('master'))
  rows.push(...asymmetric.found.map((row) => asymmetricKeyRow(rowOf, row, { used, guarded, names })))
  const byThumbprint = new Map(rows.filter((row) => row.thumbprint).map((row) => [row.thumbprint, row.name]))
  const backups = (await ask('backup history (msdb)', recentBackups())) ?? []
  const all = whole && asymmetric.whole
  rows.push(...backups.map((row) => backupRow(rowOf, row, { known: byThumbprint, whole: all })))
  return { rows, notVisible }
}

type RowParts = Pick<KeyRow, 'name' | 'kind'> & Partial<KeyRow> & { key: string; view: string }

const rowMaker =
  (server: SqlServer, at: string) =>
  ({ key, view, ...parts }: RowParts): KeyRow => ({
    id: `${server.ref.id}/${key}`,
    target: server.ref.name,
    environment: server.ref.environment,
    state: null,
    thumbprint: null,
    algorithm: null,
    expires: null,
    lastExport: null,
    changed: null,
    protects: [],
    needs: [],
    readAt: at,
    source: `${server.ref.name}, ${view}`,
    ...parts,
  })

const masterKeyRow = (rowOf: ReturnType<typeof rowMaker>, database: string, key: SqlRow): KeyRow => {
  const service = textOf(key['name']) === '##MS_ServiceMasterKey##'
  const bySmk = (numberOf(key['smk_copies']) ?? 0) > 0
  const byPassword = numberOf(key['password_copies']) ?? 0
  return rowOf({
    key: `${database}/${textOf(key['name'])}`,
    name: service ? 'Service master key' : `Master key of ${database}`,
    kind: service ? 'service master key' : 'database master key',
    state: 'active',
    algorithm: textOf(key['algorithm']) || null,
    // No column tells when a master key was last exported: the engine does not keep it.
    lastExport: 'not-recorded',
    changed: timeOf(key['modify_date']),
    needs: service
      ? []
      : [
          ...(bySmk ? ['Service master key'] : []),
          ...(byPassword > 0 ? [`${byPassword} password copies`] : []),
        ],
    view: `${database}.sys.symmetric_keys`,
  })
}

const certificateRow = (
  rowOf: ReturnType<typeof rowMaker>,
  row: SqlRow,
  used: SqlRow[] | null,
  guarded: SqlRow[] | null,
  names: SqlRow[],
  now: Date,
): KeyRow => {
  const thumbprint = thumbprintOf(row['thumbprint'])
  const same = (other: SqlRow): boolean =>
    thumbprint !== null && thumbprintOf(other['encryptor_thumbprint']) === thumbprint
  const expires = timeOf(row['expiry_date'])
  const starts = timeOf(row['start_date'])
  return rowOf({
    key: `master/certificate/${textOf(row['name'])}`,
    name: textOf(row['name']),
    kind: 'certificate',
    thumbprint,
    state: stateOf(starts, expires, now),
    expires,
    lastExport: timeOf(row['last_export']),
    // The catalog keeps no date of change of a certificate: these two acts are all that it dates.
    changed:
      [starts, timeOf(row['last_export'])]
        .filter((time) => time !== null)
        .toSorted()
        .at(-1) ?? null,
    protects: protectedBy(same, { used, guarded, names }),
    needs: textOf(row['private_key']).trim() === 'MK' ? ['Master key of master'] : [],
    view: 'master.sys.certificates',
  })
}

/** Null: not visible with this login. */
interface Users {
  used: SqlRow[] | null
  guarded: SqlRow[] | null
  names: SqlRow[]
}

const protectedBy = (same: (row: SqlRow) => boolean, { used, guarded, names }: Users): string[] => {
  const backups = numberOf(used?.find(same)?.['backups'])
  return [
    ...(guarded === null ? ['database encryption keys: not visible with this login'] : []),
    ...(guarded ?? []).filter(same).map((key) => `${databaseName(names, key)} (database encryption key)`),
    ...(used === null
      ? ['backups: not visible with this login']
      : backups
        ? [stillNeeded(backups, used.find(same))]
        : []),
  ]
}

/** A key of a provider: its private part is where the provider keeps it, and so are its dates. */
const asymmetricKeyRow = (rowOf: ReturnType<typeof rowMaker>, row: SqlRow, users: Users): KeyRow => {
  const thumbprint = hexOf(row['thumbprint'])
  const name = textOf(row['name'])
  return rowOf({
    key: `master/asymmetric-key/${name}`,
    name,
    kind: 'asymmetric key',
    thumbprint,
    protects: protectedBy((other) => hexOf(other['encryptor_thumbprint']) === thumbprint, users),
    needs: [`a key behind the provider ${textOf(row['provider']) || '(not shown)'}`],
    view: 'master.sys.asymmetric_keys',
  })
}

const stillNeeded = (backups: number, row: SqlRow | undefined): string =>
  `still needed by ${stillNeededText({
    backups,
    keptUntil: timeOf(row?.['kept_until']),
    withoutEnd: numberOf(row?.['without_end']) ?? backups,
  })}`

/** NIST words by dates alone: an expired certificate still opens what was made with it. */
const stateOf = (starts: string | null, expires: string | null, now: Date): string => {
  if (starts !== null && new Date(starts) > now) return 'pre-activation'
  return expires !== null && new Date(expires) < now ? 'deactivated' : 'active'
}

const databaseName = (names: SqlRow[], key: SqlRow): string =>
  textOf(names.find((row) => String(row['database_id']) === String(key['database_id']))?.['name'])

const backupKinds: Record<string, string> = { D: 'full', I: 'differential', L: 'log' }

const backupRow = (
  rowOf: ReturnType<typeof rowMaker>,
  row: SqlRow,
  { known, whole }: { known: ReadonlyMap<Thumbprint | string | null, string>; whole: boolean },
): KeyRow => {
  const thumbprint = hexOf(row['encryptor_thumbprint'])
  const asymmetric = textOf(row['encryptor_type']).toUpperCase().startsWith('ASYMMETRIC KEY')
  const finished = timeOf(row['finished'])?.slice(0, 16).replace('T', ' ') ?? 'time not read'
  const kind = backupKinds[textOf(row['type'])] ?? textOf(row['type'])
  return rowOf({
    key: `backup/${String(row['id'])}`,
    name: `${textOf(row['database_name'])}, ${kind} backup of ${finished} UTC`,
    kind: 'backup',
    thumbprint,
    algorithm: thumbprint ? textOf(row['key_algorithm']) || null : 'not encrypted',
    changed: timeOf(row['finished']),
    protects: [textOf(row['device'])],
    needs: thumbprint
      ? [
          known.get(thumbprint) ??
            `${asymmetric ? 'asymmetric key' : 'certificate'} ${thumbprint}, ${whole ? 'not on this server' : 'not visible with this login'}`,
        ]
      : [],
    view: 'msdb.dbo.backupset',
  })
}
