import type { Components, Theme } from '@mui/material/styles'

const ring = (theme: Theme) => ({
  outline: `2px solid ${theme.vars.palette.surface.focus}`,
  outlineOffset: '2px',
})

/** Flat, bordered, 40 high, with one visible focus ring; no ripples, since motion carries no meaning here. */
export const components: Components<Theme> = {
  MuiButtonBase: {
    defaultProps: { disableRipple: true, disableTouchRipple: true },
    styleOverrides: { root: ({ theme }) => ({ '&.Mui-focusVisible, &:focus-visible': ring(theme) }) },
  },
  MuiButton: {
    defaultProps: { disableElevation: true },
    styleOverrides: {
      root: ({ theme }) => ({
        minHeight: 40,
        minWidth: 0,
        padding: '8px 16px',
        variants: [
          {
            props: { variant: 'outlined' },
            style: { borderColor: theme.vars.palette.surface.controlBorder },
          },
          { props: { size: 'small' }, style: { minHeight: 32, padding: '4px 12px' } },
          { props: { variant: 'text' }, style: { paddingInline: 8 } },
        ],
      }),
    },
  },
  MuiIconButton: { styleOverrides: { root: { minWidth: 32, minHeight: 32, borderRadius: 4 } } },
  MuiOutlinedInput: {
    styleOverrides: {
      root: ({ theme }) => ({
        minHeight: 40,
        backgroundColor: theme.vars.palette.background.paper,
        '& .MuiOutlinedInput-notchedOutline': { borderColor: theme.vars.palette.surface.controlBorder },
        '&.Mui-focused': ring(theme),
      }),
      input: { padding: '8px 12px', height: 'auto' },
    },
  },
  MuiPaper: {
    defaultProps: { elevation: 0 },
    styleOverrides: { root: { backgroundImage: 'none' } },
  },
  MuiDialog: {
    styleOverrides: {
      paper: ({ theme }) => ({
        border: `1px solid ${theme.vars.palette.surface.line}`,
        boxShadow: '0 8px 24px rgb(0 0 0 / 0.24)',
        margin: 16,
      }),
    },
  },
  MuiMenu: {
    styleOverrides: {
      paper: ({ theme }) => ({
        border: `1px solid ${theme.vars.palette.surface.line}`,
        boxShadow: '0 8px 24px rgb(0 0 0 / 0.24)',
      }),
    },
  },
  MuiMenuItem: { styleOverrides: { root: { minHeight: 36 } } },
  MuiTooltip: {
    defaultProps: { enterDelay: 300, arrow: false },
    styleOverrides: {
      tooltip: ({ theme }) => ({
        fontSize: '0.75rem',
        lineHeight: 1.35,
        backgroundColor: theme.vars.palette.text.primary,
        color: theme.vars.palette.background.paper,
        maxWidth: 480,
        overflowWrap: 'anywhere',
      }),
    },
  },
  MuiRadio: { styleOverrides: { root: { padding: 4 } } },
  MuiCheckbox: { styleOverrides: { root: { padding: 4 } } },
  MuiLink: {
    defaultProps: { underline: 'always' },
    styleOverrides: {
      root: ({ theme }) => ({ borderRadius: 2, '&:focus-visible': ring(theme) }),
    },
  },
}
