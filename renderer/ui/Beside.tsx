import { styled } from '@mui/material/styles'

/** A list and the details of one of its rows beside it; below it in a narrow window. */
export const Beside = styled('div')({
  display: 'flex',
  gap: 16,
  alignItems: 'flex-start',
  minWidth: 0,
  '@media (max-width: 1099.95px)': { flexDirection: 'column', alignItems: 'stretch' },
})
