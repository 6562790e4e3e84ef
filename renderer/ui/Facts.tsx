import { styled } from '@mui/material/styles'
import type { ReactNode } from 'react'

const List = styled('dl')(({ theme }) => ({
  display: 'grid',
  gridTemplateColumns: 'minmax(96px, 144px) minmax(0, 1fr)',
  gap: '6px 16px',
  margin: 0,
  '& dt': { color: theme.vars.palette.text.secondary },
  '& dd': { margin: 0, minWidth: 0, overflowWrap: 'anywhere' },
}))

const Pair = styled('div')({ display: 'contents' })

/** Label and value of one object, below each other. */
export const Facts = ({ facts }: { facts: readonly (readonly [label: string, value: ReactNode])[] }) => (
  <List>
    {facts.map(([label, value]) => (
      <Pair key={label}>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </Pair>
    ))}
  </List>
)
