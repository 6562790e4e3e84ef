import type { SxProps, Theme } from '@mui/material/styles'
import { colors } from '../../theme/theme.ts'

/** Rows with one line between them, no zebra; the focus ring stays inside the cell. */
export const gridLook: SxProps<Theme> = {
  borderColor: colors.surface.line,
  backgroundColor: colors.background.paper,
  minHeight: 240,
  maxHeight: 'max(320px, calc(100vh - 320px))',
  fontVariantNumeric: 'tabular-nums',
  '& .MuiDataGrid-columnHeaderTitle': { fontWeight: 600 },
  '& .MuiDataGrid-row': { cursor: 'default' },
  '& .MuiDataGrid-cell': { display: 'flex', alignItems: 'center' },
  // Rows that grow with their text: as much room above and below as a row of one line has.
  '& .MuiDataGrid-row--dynamicHeight .MuiDataGrid-cell': {
    minHeight: 36,
    paddingBlock: '7px',
    alignItems: 'flex-start',
    lineHeight: '20px',
    whiteSpace: 'normal',
    overflowWrap: 'anywhere',
  },
  '& .MuiDataGrid-cell--textRight': { justifyContent: 'flex-end' },
  '& .MuiDataGrid-cell:focus, & .MuiDataGrid-cell:focus-within, & .MuiDataGrid-columnHeader:focus, & .MuiDataGrid-columnHeader:focus-within':
    { outline: `2px solid ${colors.surface.focus}`, outlineOffset: '-2px' },
}
