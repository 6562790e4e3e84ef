import { styled } from '@mui/material/styles'
import type { ReactNode } from 'react'

const List = styled('dl')(({ theme }) => ({
  display: 'grid',
  gridTemplateColumns: 'fit-content(40%) minmax(0, 1fr)',
  gap: '6px 16px',
  margin: 0,
  '& dt': { color: theme.vars.palette.text.secondary },
  '& dd': { margin: 0, minWidth: 0, overflowWrap: 'anywhere' },
  '@media (max-width: 480px)': { gridTemplateColumns: '1fr', '& dd + dt': { marginTop: 4 } },
}))

const Pair = styled('div')({ display: 'contents' })

export type Fact = readonly [label: string, value: ReactNode]

/** Label and value of one object, below each other: the one list of facts of every page. */
export const Facts = ({ facts }: { facts: readonly Fact[] }) => (
  <List>
    {facts.map(([label, value]) => (
      <Pair key={label}>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </Pair>
    ))}
  </List>
)
