import type { GridColDef } from '@mui/x-data-grid'
import { useCallback, useState } from 'react'
import type { AuditPage as AuditReply, AuditRow, PageReply, PageRequest } from '../../shared/ipc/schemas.ts'
import { recordKinds, recordOutcomes, type RecordOutcome } from '../../shared/model/record.ts'
import { ask } from '../bridge/index.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { Column } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'
import { TableWithDetails } from '../ui/TableWithDetails.tsx'
import { withoutControls } from '../ui/format.ts'
import { AuditDetails } from './AuditDetails.tsx'
import { ChainLine, type Chain } from './ChainLine.tsx'
import { OutsidePanel } from './OutsidePanel.tsx'
import { timeWithOffset } from './audit-words.ts'

const outcomeMarks: Record<RecordOutcome, Mark> = { done: 'ok', refused: 'skipped', failed: 'failed' }

const columns: readonly GridColDef<AuditRow>[] = [
  {
    field: 'sentence',
    headerName: 'What happened',
    flex: 4,
    minWidth: 300,
    sortable: false,
    valueFormatter: withoutControls,
  },
  {
    field: 'outcome',
    headerName: 'Outcome',
    width: 112,
    sortable: false,
    renderCell: ({ row }) => <StatusMark mark={outcomeMarks[row.outcome]} word={row.outcome} />,
  },
  { field: 'at', headerName: 'Time', width: 238, valueFormatter: timeWithOffset },
  {
    field: 'actor',
    headerName: 'Person',
    flex: 1,
    minWidth: 110,
    sortable: false,
    valueFormatter: withoutControls,
  },
  { field: 'seq', headerName: 'Entry', width: 72, align: 'right', headerAlign: 'right', sortable: false },
]

const filterChoices = [
  { property: 'outcome', label: 'Outcome', values: recordOutcomes },
  { property: 'kind', label: 'Action', values: recordKinds },
]

const firstSort = { column: 'at', direction: 'desc' } as const
const idOf = (row: AuditRow): string => String(row.seq)
const load = (page: PageRequest) => ask('audit.page', { page, check: false })

/** Everything that was done or refused, newest first. Read only. */
const AuditPage = () => {
  const [chain, setChain] = useState<Chain | null>(null)
  const onReply = useCallback((reply: PageReply<AuditRow>) => {
    if ('chain' in reply) setChain(reply as AuditReply)
  }, [])
  return (
    <Column>
      <PageHeader
        title="What was done, and what was refused"
        page="Audit"
        purpose="Every action of this profile, with the person, the time and what it was about. Secrets are never part of an entry."
      />
      {chain === null ? null : <ChainLine chain={chain} onRead={setChain} />}
      <TableWithDetails
        Details={AuditDetails}
        table="audit"
        wraps
        title="Entries"
        one="entry"
        columns={columns}
        rowId={idOf}
        load={load}
        filterChoices={filterChoices}
        initialSort={firstSort}
        onReply={onReply}
        emptyEver={
          <EmptyState title="No entries yet">The first start of Keyturn writes the first entry.</EmptyState>
        }
      />
      {chain === null ? null : <OutsidePanel chain={chain} onRead={setChain} />}
    </Column>
  )
}
export default AuditPage
