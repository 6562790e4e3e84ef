import Button from '@mui/material/Button'
import type { GridColDef } from '@mui/x-data-grid'
import { useCallback, useState } from 'react'
import type { AuditPage as AuditReply, AuditRow, PageReply, PageRequest } from '../../shared/ipc/schemas.ts'
import { recordKinds, recordOutcomes, type RecordOutcome } from '../../shared/model/record.ts'
import { ask, useAction } from '../bridge/index.ts'
import { Beside } from '../ui/Beside.tsx'
import { DataTable } from '../ui/DataTable.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { ButtonRow, Column, Panel } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'
import { withoutControls } from '../ui/format.ts'
import { AuditDetails } from './AuditDetails.tsx'
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

type Chain = AuditReply['chain']

const chainMarks: Record<Chain['state'], Mark> = {
  unbroken: 'ok',
  broken: 'failed',
  'not-checked': 'unknown',
}
const chainWords: Record<Chain['state'], string> = {
  unbroken: 'Unbroken',
  broken: 'Broken',
  'not-checked': 'Not checked',
}

const ChainLine = ({ chain, onChecked }: { chain: Chain; onChecked: (chain: Chain) => void }) => {
  const check = useAction(async () => {
    const page = { offset: 0, limit: 1, sort: firstSort, search: '', filters: [] }
    onChecked((await ask('audit.page', { page, check: true })).chain)
  })
  return (
    <Panel aria-label="Chain of entries">
      <ButtonRow>
        <StatusMark mark={chainMarks[chain.state]} word={chainWords[chain.state]} />
        <span>{chain.detail}.</span>
        {chain.at === null ? null : (
          <span>
            Checked <FactTime at={chain.at} />.
          </span>
        )}
        <Button variant="outlined" size="small" aria-disabled={check.busy} onClick={() => void check.run()}>
          Check the chain
        </Button>
      </ButtonRow>
      <p>
        Each entry carries the hash of the one before. Entries are not signed in this version, and no anchor
        leaves this computer.
      </p>
      {check.problem === null ? null : <ProblemPanel problem={check.problem} />}
    </Panel>
  )
}

/** Everything that was done or refused, newest first. Read only. */
const AuditPage = () => {
  const [open, setOpen] = useState<AuditRow | null>(null)
  const [chain, setChain] = useState<Chain | null>(null)
  const onReply = useCallback((reply: PageReply<AuditRow>) => {
    if ('chain' in reply) setChain((reply as AuditReply).chain)
  }, [])
  return (
    <Column>
      <PageHeader
        title="What was done, and what was refused"
        page="Audit"
        purpose="Every action of this profile, with the person, the time and what it was about. Secrets are never part of an entry."
      />
      {chain === null ? null : <ChainLine chain={chain} onChecked={setChain} />}
      <Beside>
        <DataTable
          table="audit"
          wraps
          title="Entries"
          columns={columns}
          rowId={idOf}
          load={load}
          filterChoices={filterChoices}
          initialSort={firstSort}
          onOpen={setOpen}
          onReply={onReply}
          emptyEver={
            <EmptyState title="No entries yet">The first start of Keyturn writes the first entry.</EmptyState>
          }
        />
        {open === null ? null : <AuditDetails row={open} onClose={() => setOpen(null)} />}
      </Beside>
    </Column>
  )
}
export default AuditPage
