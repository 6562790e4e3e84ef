import Button from '@mui/material/Button'
import type { GridColDef } from '@mui/x-data-grid'
import { useState } from 'react'
import type { KeptSecretRow, PageRequest } from '../../shared/ipc/schemas.ts'
import { ask } from '../bridge/index.ts'
import { Beside } from '../ui/Beside.tsx'
import { DataTable } from '../ui/DataTable.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { cutCell } from '../ui/table/cut-cell.tsx'
import { localTime, withoutControls } from '../ui/format.ts'
import { PasswordDetails } from './PasswordDetails.tsx'
import { neededWords, purposeWords } from './secret-words.ts'

const columns: readonly GridColDef<KeptSecretRow>[] = [
  {
    field: 'label',
    headerName: 'Label',
    flex: 2,
    minWidth: 200,
    renderCell: cutCell<KeptSecretRow>((row) => withoutControls(row.label)),
  },
  {
    field: 'purpose',
    headerName: 'Purpose',
    width: 200,
    valueGetter: (_value, row) => purposeWords[row.purpose],
    renderCell: cutCell<KeptSecretRow>((row) => purposeWords[row.purpose]),
  },
  {
    field: 'target',
    headerName: 'System',
    width: 170,
    renderCell: cutCell<KeptSecretRow>((row) =>
      row.target === null ? 'none in particular' : withoutControls(row.target),
    ),
  },
  { field: 'generation', headerName: 'Generation', width: 110, align: 'right', headerAlign: 'right' },
  { field: 'keptAt', headerName: 'Kept', width: 170, valueFormatter: (value: string) => localTime(value) },
  {
    field: 'copies',
    headerName: 'Needed for',
    flex: 1,
    minWidth: 180,
    sortable: false,
    renderCell: cutCell<KeptSecretRow>(neededWords),
  },
]

const load = (page: PageRequest) => ask('secrets.list', { page })
const idOf = (row: KeptSecretRow): string => row.id

/** What the keyring keeps, what each password opens, and which nobody needs any more. Never a password itself. */
const KeptPasswordsPage = () => {
  const [open, setOpen] = useState<KeptSecretRow | null>(null)
  const [dropped, setDropped] = useState(0)
  return (
    <Column>
      <PageHeader
        title="Kept passwords"
        page="Kept passwords"
        purpose="What the keyring keeps, and which copies of keys each password opens, as the record of the runs says. The passwords themselves are not shown."
      />
      <Beside>
        <DataTable
          key={dropped}
          table="passwords"
          title="Kept passwords"
          one="kept password"
          columns={columns}
          rowId={idOf}
          load={load}
          onOpen={setOpen}
          emptyEver={
            <EmptyState
              title="No passwords kept yet"
              action={
                <Button variant="contained" href="#/connections">
                  Open connections
                </Button>
              }
            >
              Passwords of logins, key files and master keys appear here once they are typed or generated.
            </EmptyState>
          }
        />
        {open === null ? null : (
          <PasswordDetails
            row={open}
            onClose={() => setOpen(null)}
            onDropped={() => {
              setOpen(null)
              setDropped((number) => number + 1)
            }}
          />
        )}
      </Beside>
    </Column>
  )
}
export default KeptPasswordsPage
