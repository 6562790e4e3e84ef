import { styled } from '@mui/material/styles'
import type { Stop } from './form-shape.ts'

const List = styled('ol')({
  listStyle: 'none',
  padding: 0,
  display: 'flex',
  flexDirection: 'column',
  gap: 2,
  width: 176,
  flex: 'none',
  '@media (max-width: 1299.95px)': { flexDirection: 'row', flexWrap: 'wrap', width: 'auto', gap: '2px 8px' },
})
const Item = styled('li')(({ theme }) => ({
  display: 'flex',
  gap: 8,
  alignItems: 'baseline',
  minHeight: 32,
  padding: '6px 8px',
  borderRadius: 4,
  color: theme.vars.palette.text.secondary,
  '&[aria-current="step"]': {
    color: theme.vars.palette.text.primary,
    fontWeight: 600,
    backgroundColor: theme.vars.palette.surface.selected,
  },
  '& a': { color: theme.vars.palette.primary.main },
}))
const Stale = styled('span')(({ theme }) => ({
  color: theme.vars.palette.status.attention,
  fontSize: '0.75rem',
}))

interface Props {
  stops: readonly Stop[]
  current: string
  /** Index of the furthest stop that was visited. */
  furthest: number
  /** Stops whose answers need a change after an earlier one changed. */
  stale: ReadonlySet<string>
  hashOf: (stop: string) => string
}

/** Numbers and short nouns. Visited stops are links, later ones plain text. */
export const StepList = ({ stops, current, furthest, stale, hashOf }: Props) => (
  <nav aria-label="Steps of this job">
    <List>
      {stops.map(({ id, noun }, index) => (
        <Item key={id} aria-current={id === current ? 'step' : undefined}>
          <span>{index + 1}</span>
          {id !== current && index <= furthest ? <a href={hashOf(id)}>{noun}</a> : <span>{noun}</span>}
          {stale.has(id) ? <Stale>needs a change</Stale> : null}
        </Item>
      ))}
    </List>
  </nav>
)
