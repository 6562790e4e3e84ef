import Button from '@mui/material/Button'
import type { GridColDef } from '@mui/x-data-grid'
import type { KeyRow, PageRequest } from '../../shared/ipc/schemas.ts'
import { ask } from '../bridge/index.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'
import { TableWithDetails } from '../ui/TableWithDetails.tsx'
import { cutCell } from '../ui/table/cut-cell.tsx'
import { CutText } from '../ui/table/CutText.tsx'
import { inDays, type BuiltInView } from '../ui/table/table-look.ts'
import { inFours, localTime, shortThumbprint, withoutControls } from '../ui/format.ts'
import { KeyDetails } from './KeyDetails.tsx'
import { expiryWords, exportWords } from './key-words.ts'

const stateMarks: Record<string, Mark> = {
  'pre-activation': 'waiting',
  active: 'ok',
  suspended: 'attention',
  deactivated: 'old',
  compromised: 'failed',
  destroyed: 'failed',
}

const columns: readonly GridColDef<KeyRow>[] = [
  {
    field: 'name',
    headerName: 'Name',
    flex: 2,
    minWidth: 246,
    renderCell: cutCell<KeyRow>(
      ({ name }) => withoutControls(name),
      // Versions of one key and backups of one database begin alike: the name gives way, and what tells them apart stays.
      ({ kind, name }) => {
        const from = name.lastIndexOf(kind === 'backup' ? ' of ' : ', ')
        return (kind === 'key in a vault' || kind === 'backup') && from >= 0 ? name.length - from : 0
      },
    ),
  },
  {
    field: 'state',
    headerName: 'State',
    width: 124,
    renderCell: ({ row }) =>
      row.state === null ? (
        'does not apply'
      ) : (
        <StatusMark mark={stateMarks[row.state] ?? 'unknown'} word={row.state} />
      ),
  },
  { field: 'kind', headerName: 'Kind', width: 160 },
  {
    field: 'target',
    headerName: 'Where',
    width: 132,
    renderCell: cutCell<KeyRow>(({ target }) => withoutControls(target)),
  },
  { field: 'expires', headerName: 'Expires', width: 148, renderCell: cutCell<KeyRow>(expiryWords) },
  {
    field: 'lastExport',
    headerName: 'Private key exported',
    width: 164,
    renderCell: cutCell<KeyRow>(exportWords),
  },
  {
    field: 'thumbprint',
    headerName: 'Thumbprint',
    width: 190,
    renderCell: ({ row, hasFocus }) =>
      row.thumbprint === null ? (
        'none'
      ) : (
        <CutText
          text={inFours(row.thumbprint)}
          shown={shortThumbprint(row.thumbprint)}
          hasFocus={hasFocus}
          mono
        />
      ),
  },
  {
    field: 'changed',
    headerName: 'Changed',
    width: 152,
    renderCell: cutCell<KeyRow>(({ changed }) => (changed === null ? 'no date kept' : localTime(changed))),
  },
  {
    field: 'needs',
    headerName: 'Needs',
    flex: 1,
    minWidth: 160,
    renderCell: cutCell<KeyRow>(({ needs }) =>
      needs.length === 0 ? 'no other key' : needs.map(withoutControls).join(', '),
    ),
  },
]

/** What fits beside each other in the smallest usual window; the rest is in the details and under Columns. */
const hiddenAtFirst = ['thumbprint', 'changed', 'needs'] as const

const builtInViews: readonly BuiltInView[] = [
  {
    name: 'Expires in 60 days',
    make: () => ({
      filters: [
        { property: 'expires', operator: 'after', value: inDays(0) },
        { property: 'expires', operator: 'before', value: inDays(60) },
      ],
      sort: { column: 'expires', direction: 'asc' },
    }),
  },
  {
    name: 'Private key never exported',
    make: () => ({
      filters: [
        { property: 'kind', operator: 'is', value: 'certificate' },
        { property: 'lastExport', operator: 'is', value: '' },
      ],
    }),
  },
  {
    name: 'Changed this week',
    make: () => ({
      filters: [{ property: 'changed', operator: 'after', value: inDays(-7) }],
      sort: { column: 'changed', direction: 'desc' },
      hidden: ['thumbprint', 'needs', 'expires'],
    }),
  },
]

const filterChoices = [
  {
    property: 'kind',
    label: 'Kind',
    values: [
      'service master key',
      'database master key',
      'certificate',
      'asymmetric key',
      'key in a vault',
      'backup',
    ],
  },
  { property: 'state', label: 'State', values: ['pre-activation', 'active', 'suspended', 'deactivated'] },
  { property: 'target', label: 'Where' },
  { property: 'needs', label: 'Needs' },
  { property: 'expires', label: 'Expires', time: true },
  { property: 'lastExport', label: 'Private key exported', time: true },
  { property: 'changed', label: 'Changed', time: true },
] as const

const load = (page: PageRequest, again: boolean) =>
  ask('keys.page', { page, read: again ? 'again' : 'missing' })
const idOf = (row: KeyRow): string => row.id

/** First cut of the inventory: keys and backups of the connected servers, as each login sees them. */
const KeysPage = () => {
  return (
    <Column>
      <PageHeader
        title="Keys of the connected servers, vaults and tokens"
        page="Keys"
        purpose="Master keys, certificates and backups, as the catalog of each server gives them to its login, every version of the keys in vaults, and keys on tokens. What a login may not see is named, never counted as none."
      />
      <TableWithDetails
        Details={KeyDetails}
        table="keys"
        title="Keys and backups"
        one="key or backup"
        builtInViews={builtInViews}
        hiddenAtFirst={hiddenAtFirst}
        columns={columns}
        rowId={idOf}
        load={load}
        filterChoices={filterChoices}
        emptyEver={
          <EmptyState
            title="No keys read yet"
            action={
              <Button variant="contained" href="#/connections">
                Open connections
              </Button>
            }
          >
            Master keys, certificates and backups of each connected server appear here, and the keys of
            connected vaults and subscriptions.
          </EmptyState>
        }
      />
    </Column>
  )
}
export default KeysPage
