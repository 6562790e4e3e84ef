import type { PaletteOptions } from '@mui/material/styles'
import type { Tokens } from './tokens.ts'

/** Roles that MUI does not know; read as `theme.vars.palette.<role>`. */
export interface OwnRoles {
  surface: { raised: string; line: string; controlBorder: string; selected: string; focus: string }
  tint: { ok: string; attention: string; blocked: string; unknown: string }
  status: { ok: string; attention: string; blocked: string; unknown: string; running: string }
  env: Tokens['env']
  proof: Tokens['proof']
  code: Tokens['code']
}

declare module '@mui/material/styles' {
  interface Palette {
    surface: OwnRoles['surface']
    tint: OwnRoles['tint']
    status: OwnRoles['status']
    env: OwnRoles['env']
    proof: OwnRoles['proof']
    code: OwnRoles['code']
  }
  interface PaletteOptions {
    surface: OwnRoles['surface']
    tint: OwnRoles['tint']
    status: OwnRoles['status']
    env: OwnRoles['env']
    proof: OwnRoles['proof']
    code: OwnRoles['code']
  }
}

export const paletteOf = (tokens: Tokens): PaletteOptions => ({
  primary: { main: tokens.primary.main, dark: tokens.primary.hover, contrastText: tokens.primary.text },
  info: { main: tokens.primary.main, contrastText: tokens.primary.text },
  success: { main: tokens.ok.main, contrastText: tokens.surface.paper },
  warning: { main: tokens.attention.main, contrastText: tokens.surface.paper },
  error: { main: tokens.blocked.main, dark: tokens.blocked.hover, contrastText: tokens.surface.paper },
  background: { default: tokens.surface.default, paper: tokens.surface.paper },
  text: { primary: tokens.text.primary, secondary: tokens.text.secondary },
  divider: tokens.line,
  surface: {
    raised: tokens.surface.raised,
    line: tokens.line,
    controlBorder: tokens.controlBorder,
    selected: tokens.selectedRow,
    focus: tokens.focusRing,
  },
  tint: {
    ok: tokens.ok.tint,
    attention: tokens.attention.tint,
    blocked: tokens.blocked.tint,
    unknown: tokens.unknown.tint,
  },
  status: {
    ok: tokens.ok.main,
    attention: tokens.attention.main,
    blocked: tokens.blocked.main,
    unknown: tokens.unknown.main,
    running: tokens.primary.main,
  },
  env: tokens.env,
  proof: tokens.proof,
  code: tokens.code,
})
