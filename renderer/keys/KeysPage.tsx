import Button from '@mui/material/Button'
import type { GridColDef } from '@mui/x-data-grid'
import { useState } from 'react'
import type { KeyRow, PageRequest } from '../../shared/ipc/schemas.ts'
import { ask } from '../bridge/index.ts'
import { Beside } from '../ui/Beside.tsx'
import { DataTable } from '../ui/DataTable.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'
import { ThumbprintShort } from '../ui/Thumbprint.tsx'
import { withoutControls } from '../ui/format.ts'
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
  { field: 'name', headerName: 'Name', flex: 2, minWidth: 200, valueFormatter: withoutControls },
  {
    field: 'state',
    headerName: 'State',
    width: 150,
    renderCell: ({ row }) =>
      row.state === null ? (
        'does not apply'
      ) : (
        <StatusMark mark={stateMarks[row.state] ?? 'unknown'} word={row.state} />
      ),
  },
  { field: 'kind', headerName: 'Kind', width: 170 },
  { field: 'target', headerName: 'Server', width: 150, valueFormatter: withoutControls },
  {
    field: 'thumbprint',
    headerName: 'Thumbprint',
    width: 200,
    renderCell: ({ row }) => (row.thumbprint === null ? 'none' : <ThumbprintShort value={row.thumbprint} />),
  },
  { field: 'expires', headerName: 'Expires', width: 160, valueGetter: (_value, row) => expiryWords(row) },
  {
    field: 'lastExport',
    headerName: 'Private key last exported',
    width: 200,
    valueGetter: (_value, row) => exportWords(row),
  },
  {
    field: 'needs',
    headerName: 'Needs',
    flex: 1,
    minWidth: 160,
    valueGetter: (_value, row) => row.needs.map(withoutControls).join(', '),
  },
]

const filterChoices = [
  {
    property: 'kind',
    label: 'Kind',
    values: ['service master key', 'database master key', 'certificate', 'backup'],
  },
  { property: 'state', label: 'State', values: ['pre-activation', 'active', 'deactivated'] },
  { property: 'target', label: 'Server' },
  { property: 'needs', label: 'Needs' },
] as const

const load = (page: PageRequest, again: boolean) =>
  ask('keys.page', { page, read: again ? 'again' : 'missing' })
const idOf = (row: KeyRow): string => row.id

/** First cut of the inventory: keys and backups of the connected servers, as each login sees them. */
const KeysPage = () => {
  const [open, setOpen] = useState<KeyRow | null>(null)
  return (
    <Column>
      <PageHeader
        title="Keys of the connected servers"
        page="Keys"
        purpose="Master keys, certificates and backups, as the catalog of each server gives them to its login. What a login may not see is named, never counted as none."
      />
      <Beside>
        <DataTable
          title="Keys and backups"
          columns={columns}
          rowId={idOf}
          load={load}
          filterChoices={filterChoices}
          onOpen={setOpen}
          emptyEver={
            <EmptyState
              title="No keys read yet"
              action={
                <Button variant="contained" href="#/connections">
                  Open connections
                </Button>
              }
            >
              Master keys, certificates and backups of each connected server appear here.
            </EmptyState>
          }
        />
        {open === null ? null : <KeyDetails row={open} onClose={() => setOpen(null)} />}
      </Beside>
    </Column>
  )
}
export default KeysPage
