import type { GridValidRowModel } from '@mui/x-data-grid'
import { useState, type ComponentType } from 'react'
import { Beside } from './Beside.tsx'
import { DataTable, type DataTableProps } from './DataTable.tsx'

interface Props<Row extends GridValidRowModel> extends Omit<DataTableProps<Row>, 'onOpen'> {
  /** Defined outside the component. */
  Details: ComponentType<{ row: Row; onClose: () => void }>
}

/** A table, and beside it the details of the row that was opened. */
export const TableWithDetails = <Row extends GridValidRowModel>({ Details, ...table }: Props<Row>) => {
  const [open, setOpen] = useState<Row | null>(null)
  return (
    <Beside>
      <DataTable {...table} onOpen={setOpen} />
      {open === null ? null : <Details row={open} onClose={() => setOpen(null)} />}
    </Beside>
  )
}
