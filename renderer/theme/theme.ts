import type {} from '@mui/material/themeCssVarsAugmentation'
import { createTheme } from '@mui/material/styles'
import { components } from './components.ts'
import { paletteOf } from './palette.ts'
import { dark, light } from './tokens.ts'

export const sans = "'Inter Variable', 'Segoe UI', system-ui, sans-serif"
export const mono = "'IBM Plex Mono', ui-monospace, Consolas, monospace"

const rem = (px: number): string => `${px / 16}rem`
const sized = (size: number, line: number, weight = 400) => ({
  fontSize: rem(size),
  lineHeight: `${line / size}`,
  fontWeight: weight,
  letterSpacing: 'normal',
})

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: 'data-scheme', cssVarPrefix: 'kt' },
  colorSchemes: { light: { palette: paletteOf(light) }, dark: { palette: paletteOf(dark) } },
  shape: { borderRadius: 4 },
  spacing: 4,
  breakpoints: { values: { xs: 0, sm: 480, md: 720, lg: 1100, xl: 1600 } },
  typography: {
    fontFamily: sans,
    h1: sized(24, 32, 600),
    h2: sized(18, 24, 600),
    h3: sized(16, 24, 600),
    body1: sized(14, 20),
    body2: sized(14, 20),
    caption: sized(12, 16),
    button: { ...sized(14, 20, 600), textTransform: 'none' },
  },
  transitions: {
    duration: {
      shortest: 120,
      shorter: 120,
      short: 120,
      standard: 120,
      complex: 200,
      enteringScreen: 200,
      leavingScreen: 120,
    },
  },
  components,
})

/** Colours as CSS variables: follow the scheme without a new render. */
export const colors = theme.vars.palette
