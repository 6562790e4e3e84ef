import type { GridRenderCellParams, GridValidRowModel } from '@mui/x-data-grid'
import { CutText } from './CutText.tsx'

/** A cell whose text may be longer than its column. */
export const cutCell = <Row extends GridValidRowModel>(
  textOf: (row: Row) => string,
  /** How many of the last characters stay whatever the width. */
  keptAtEndOf: (row: Row) => number = () => 0,
) =>
  function Cut({ row, hasFocus }: GridRenderCellParams<Row>) {
    return <CutText text={textOf(row)} hasFocus={hasFocus} keptAtEnd={keptAtEndOf(row)} />
  }
