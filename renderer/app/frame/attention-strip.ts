import { styled } from '@mui/material/styles'

/** One line above every page for something that waits for the person. It has no close button. */
export const AttentionStrip = styled('section')(({ theme }) => ({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '4px 16px',
  alignItems: 'center',
  padding: '8px 16px',
  backgroundColor: theme.vars.palette.tint.attention,
  borderBottom: `1px solid ${theme.vars.palette.status.attention}`,
}))
