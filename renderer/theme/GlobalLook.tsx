import CssBaseline from '@mui/material/CssBaseline'
import GlobalStyles from '@mui/material/GlobalStyles'
import { colors } from './theme.ts'

/** Height of band and top bar together; what sticks below them starts here. */
export const headerHeight = 76
/** Heights below this have no room for anything that sticks. */
export const lowWindow = '@media (max-height: 499.95px)'

const look = (
  <GlobalStyles
    styles={{
      html: { scrollPaddingTop: headerHeight + 12, scrollPaddingBottom: 84 },
      [lowWindow]: { html: { scrollPaddingTop: 12, scrollPaddingBottom: 12 } },
      // Inter makes a multiplication sign of an x between digits: ids and names are shown letter by letter.
      body: { overflowWrap: 'anywhere', fontVariantLigatures: 'no-contextual' },
      // Not everywhere: with these figures the hyphens of names and dates are as wide as a digit.
      time: { fontVariantNumeric: 'tabular-nums' },
      'h1, h2, h3, h4, p, ul, ol, dl, dd, figure': { margin: 0 },
      'h1:focus, h2:focus, main:focus, [role]:focus:not(:focus-visible)': { outline: 'none' },
      'a, button, summary, [tabindex="0"]': {
        '&:focus-visible': { outline: `2px solid ${colors.surface.focus}`, outlineOffset: 2 },
      },
      '.visually-hidden': {
        position: 'absolute',
        width: 1,
        height: 1,
        margin: -1,
        overflow: 'hidden',
        clipPath: 'inset(50%)',
        whiteSpace: 'nowrap',
      },
      '@media (prefers-reduced-motion: reduce)': {
        '*, *::before, *::after': {
          animationDuration: '0.01ms !important',
          animationIterationCount: '1 !important',
          // Not a short duration: on elements that have no transition of their own it would begin one for every
          // property, and an inherited color would then arrive one level of the page per frame.
          transitionProperty: 'none !important',
          scrollBehavior: 'auto !important',
        },
      },
    }}
  />
)

export const GlobalLook = () => (
  <>
    <CssBaseline enableColorScheme />
    {look}
  </>
)
