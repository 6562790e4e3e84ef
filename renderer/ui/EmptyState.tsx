import { styled } from '@mui/material/styles'
import type { ReactNode } from 'react'

const Box = styled('section')(({ theme }) => ({
  border: `1px dashed ${theme.vars.palette.surface.controlBorder}`,
  borderRadius: 4,
  padding: 24,
  maxWidth: 720,
  '&& > * + *': { marginTop: 8 },
}))
const Heading = styled('h2')(({ theme }) => ({ ...theme.typography.h2 }))

/** What will be here, and the one act that brings it. */
export const EmptyState = (props: { title: string; children: ReactNode; action?: ReactNode }) => (
  <Box>
    <Heading>{props.title}</Heading>
    <div>{props.children}</div>
    {props.action === undefined ? null : <div>{props.action}</div>}
  </Box>
)
