import { join } from 'node:path'
import type { AuditRow, Selection, TableName } from '../../../shared/ipc/schemas.ts'
import type { TokenKeyRow } from '../../../shared/model/token-key.ts'
import type { EscrowRegister } from '../../escrow/register.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import type { Places } from '../../ports/places.ts'
import type { JsonFile } from '../../profile/json-file.ts'
import type { Settings } from '../../profile/settings.ts'
import { refOf } from '../../profile/target-ref.ts'
import type { Record } from '../../record/record.ts'
import { csvText, type CsvTable } from '../csv.ts'
import { selected, type Cells } from '../paging.ts'
import type { Handlers } from '../router.ts'
import { auditPage } from './audit.ts'
import { drillCells, drillsIn } from './drills.ts'
import { groupCells, groupRows, packageCells, packageRows } from './escrow-rows.ts'
import { keyCells } from './keys.ts'
import { tokenKeyCells } from './token-rows.ts'
import { keptCells, keptRows, type SecretsParts } from './secrets.ts'

export interface TablesParts extends SecretsParts {
  register(): EscrowRegister
  settings: JsonFile<Settings>
  inventory: Inventory
  places: Places
  /** Keys of tokens, as they were read last. */
  tokenKeys(): readonly TokenKeyRow[]
  rehearsal: boolean
}

type Body = Pick<CsvTable, 'columns' | 'rows'>

export const tablesHandlers = (parts: TablesParts) => {
  const { settings, record, places, clock, rehearsal } = parts
  const bodies: { [Name in TableName]: (selection: Selection) => Body } = {
    keys: (selection) => keysBody(parts, selection),
    audit: (selection) => auditBody(record, selection),
    passwords: (selection) => passwordsBody(parts, selection),
    drills: (selection) => bodyOf(drillsIn(record), selection, drillCells),
    'share-groups': (selection) => bodyOf(groupRows(parts.register()), selection, groupCells),
    packages: (selection) => bodyOf(packageRows(parts.register()), selection, packageCells),
    'token-keys': (selection) => bodyOf(parts.tokenKeys(), selection, tokenKeyCells),
  }
  return {
    'tables.views': async ({ table }) => ({ views: settings.content.tables[table] ?? [] }),
    'tables.saveViews': async ({ table, views }) => {
      await settings.update((before) => ({ ...before, tables: { ...before.tables, [table]: views } }))
      return { done: true }
    },
    'tables.export': async ({ table, selection, place }) => {
      const folder = places.folderOf(place)
      const { columns, rows } = bodies[table](selection)
      const at = clock.now().toISOString()
      const title = `${rehearsal ? 'REHEARSAL: ' : ''}Keyturn, ${titles[table]}`
      const head: CsvTable['head'] = [
        ['Table', title],
        ['Filter', filterWords(selection)],
        ['Written (UTC)', at],
        ['Rows', String(rows.length)],
      ]
      const name = `${rehearsal ? 'REHEARSAL-' : ''}keyturn-${table}-${at.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.csv`
      await writeNewFile(join(folder, name), Buffer.from(csvText({ head, columns, rows })))
      record.append({
        kind: 'report-exported',
        body: { title: `${titles[table]}, ${rows.length} rows`, format: 'csv', to: places.label(place) },
        outcome: 'done',
      })
      return { name, rows: rows.length }
    },
  } satisfies Partial<Handlers>
}

const titles: { [Name in TableName]: string } = {
  keys: 'keys and backups',
  audit: 'entries of the record',
  passwords: 'kept passwords',
  drills: 'restore drills',
  'share-groups': 'share groups',
  packages: 'escrow packages',
  'token-keys': 'keys of tokens',
}

const filterWords = ({ search, filters }: Selection): string => {
  const all = [
    ...(search.trim() === '' ? [] : [`contains “${search.trim()}”`]),
    ...filters.map(
      ({ property, operator, value }) => `${property} ${operator} ${value === '' ? 'nothing' : value}`,
    ),
  ]
  return all.length === 0 ? 'none' : all.join(' and ')
}

/** What was read before; an export reads no target. */
const keysBody = ({ inventory, connections }: TablesParts, selection: Selection): Body => {
  const found = selected(inventory.rows(connections.list().map(refOf)), selection, keyCells)
  const columns = [...Object.keys(keyCells), 'environment', 'readAt', 'source']
  const cells = Object.values(keyCells)
  return {
    columns,
    rows: found.map((row) => [...cells.map((cell) => cell(row)), row.environment, row.readAt, row.source]),
  }
}

/** What the keyring says of them: names, uses and copies, never a password. */
const passwordsBody = (parts: TablesParts, selection: Selection): Body =>
  bodyOf(keptRows(parts, parts.keyring.list()), selection, keptCells)

const bodyOf = <Row>(all: readonly Row[], selection: Selection, cells: Cells<Row>): Body => ({
  columns: Object.keys(cells),
  rows: selected(all, selection, cells).map((row) => Object.values(cells).map((cell) => cell(row))),
})

const auditColumns = [
  'seq',
  'at',
  'actor',
  'kind',
  'outcome',
  'sentence',
  'object',
  'hash',
  'previousHash',
] as const

const auditBody = (record: Record, selection: Selection): Body => {
  const rows: AuditRow[] = []
  const limit = 100
  let total = 1
  for (let offset = 0; offset < total; offset += limit) {
    const found = auditPage(record, { ...selection, offset, limit })
    rows.push(...found.rows)
    total = found.total
  }
  return { columns: auditColumns, rows: rows.map((row) => auditColumns.map((column) => row[column])) }
}
