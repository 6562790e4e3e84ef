import Button from '@mui/material/Button'
import Link from '@mui/material/Link'
import type { GridColDef } from '@mui/x-data-grid'
import type { DrillRow, PageRequest } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import { ask } from '../bridge/index.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { Column, Panel } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { TableWithDetails } from '../ui/TableWithDetails.tsx'
import { cutCell } from '../ui/table/cut-cell.tsx'
import { localTime, withoutControls } from '../ui/format.ts'
import { DrillDetails } from './DrillDetails.tsx'
import { drillMarks, secondsText } from './drill-words.ts'

const columns: readonly GridColDef<DrillRow>[] = [
  {
    field: 'database',
    headerName: 'Database',
    flex: 2,
    minWidth: 160,
    renderCell: cutCell<DrillRow>((row) => withoutControls(row.database)),
  },
  {
    field: 'outcome',
    headerName: 'Outcome',
    width: 150,
    renderCell: ({ row }) => <StatusMark {...drillMarks[row.outcome]} />,
  },
  { field: 'at', headerName: 'Drilled', width: 180, valueFormatter: localTime },
  { field: 'backupOf', headerName: 'Backup of', width: 180, valueFormatter: localTime },
  {
    field: 'source',
    headerName: 'Taken by',
    flex: 1,
    minWidth: 140,
    renderCell: cutCell<DrillRow>((row) => withoutControls(row.source)),
  },
  {
    field: 'drillServer',
    headerName: 'Restored on',
    flex: 1,
    minWidth: 140,
    renderCell: cutCell<DrillRow>((row) => withoutControls(row.drillServer)),
  },
  { field: 'level', headerName: 'Proven', width: 110 },
  {
    field: 'totalSeconds',
    headerName: 'Took',
    width: 110,
    valueGetter: (_value, row) => secondsText(row.totalSeconds),
  },
]

const filterChoices = [
  { property: 'outcome', label: 'Outcome', values: ['restored', 'failed', 'not-finished'] },
  { property: 'source', label: 'Taken by' },
] as const

const firstSort = { column: 'at', direction: 'desc' } as const
const load = (page: PageRequest) => ask('drills.page', { page })
const idOf = (row: DrillRow): string => String(row.seq)

/** First cut of this page: the drills. What each backup needs and how far each copy was proven comes later. */
const LedgerPage = () => {
  return (
    <Column>
      <PageHeader
        title="Restore drills, and how far each backup was proven"
        page="Backups & recovery"
        purpose={
          <>
            A drill speaks for its backup and its day. Next:{' '}
            <Link href={hashOf.newWizard('restore-drill')}>hold a restore drill</Link>.
          </>
        }
      />
      <Panel>
        <p>
          The recovery ledger is not in this version: for each backup file the keys it needs, every known copy
          of each key, and one verdict. The backups and keys that were read so far are on{' '}
          <Link href="#/keys">Keys</Link>.
        </p>
      </Panel>
      <TableWithDetails
        Details={DrillDetails}
        table="drills"
        title="Drills"
        one="drill"
        columns={columns}
        rowId={idOf}
        load={load}
        filterChoices={filterChoices}
        initialSort={firstSort}
        emptyEver={
          <EmptyState
            title="No drill yet"
            action={
              <Button variant="contained" href={hashOf.newWizard('restore-drill')}>
                Hold a restore drill
              </Button>
            }
          >
            Each drill appears here with its date, its result, and the reason where it failed.
          </EmptyState>
        }
      />
    </Column>
  )
}
export default LedgerPage
