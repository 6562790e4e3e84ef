import { styled } from '@mui/material/styles'

/** A bordered part of a page. */
export const Panel = styled('section')(({ theme }) => ({
  border: `1px solid ${theme.vars.palette.surface.line}`,
  borderRadius: 4,
  backgroundColor: theme.vars.palette.background.paper,
  padding: 16,
  minWidth: 0,
  // Twice the class: buttons and lists bring a margin of their own that would win otherwise.
  '&& > * + *': { marginTop: 12 },
}))

export const PanelHeading = styled('h2')(({ theme }) => ({ ...theme.typography.h2 }))
export const SmallHeading = styled('h3')(({ theme }) => ({ ...theme.typography.h3 }))

/** Things below each other with even space. */
export const Column = styled('div')({ display: 'flex', flexDirection: 'column', gap: 24, minWidth: 0 })
/** A list without bullets: each item is a sentence or a status of its own. */
export const PlainList = styled('ul')({
  listStyle: 'none',
  // Twice the class: a pane indents the lists in it.
  '&&': { padding: 0 },
  display: 'flex',
  flexDirection: 'column',
  gap: 8,
})
export const ButtonRow = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' })
export const Muted = styled('span')(({ theme }) => ({ color: theme.vars.palette.text.secondary }))
export const Mono = styled('span')({
  fontFamily: "'IBM Plex Mono', monospace",
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
})
/** For screen readers only. */
export const Unseen = styled('span')({
  position: 'absolute',
  width: 1,
  height: 1,
  margin: -1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
})
