/** The table of colours of the interface guide. Names say the role, never the hue. */
export interface EnvironmentColors {
  band: string
  text: string
  edge: string
  /** Second colour of the band's pattern; the same as `band` where the band is plain. */
  stripe: string
}

export interface Tokens {
  surface: { default: string; paper: string; raised: string }
  text: { primary: string; secondary: string }
  controlBorder: string
  line: string
  /** `hover`: under the pointer; the text stays readable on it. */
  primary: { main: string; text: string; hover: string }
  ok: { main: string; tint: string }
  attention: { main: string; tint: string }
  /** `hover`: of the button of a run that drops something. */
  blocked: { main: string; tint: string; hover: string }
  unknown: { main: string; tint: string }
  focusRing: string
  selectedRow: string
  env: { production: EnvironmentColors; test: EnvironmentColors; rehearsal: EnvironmentColors }
  proof: { reached: string; open: string; old: string }
  code: { keyword: string; string: string; number: string; comment: string; hole: string }
}

export const light: Tokens = {
  surface: { default: '#F6F8FA', paper: '#FFFFFF', raised: '#EDF1F5' },
  text: { primary: '#16202B', secondary: '#4A5866' },
  controlBorder: '#7A8794',
  line: '#D3DAE1',
  primary: { main: '#0B5CAD', text: '#FFFFFF', hover: '#084079' },
  ok: { main: '#17693A', tint: '#E6F4EA' },
  attention: { main: '#7A4B00', tint: '#FFF3DC' },
  blocked: { main: '#B3261E', tint: '#FCE8E6', hover: '#8C1D18' },
  unknown: { main: '#4A5866', tint: '#EDF1F5' },
  focusRing: '#0B5CAD',
  selectedRow: '#DCEBFA',
  env: {
    production: { band: '#7A1F3D', text: '#FFFFFF', edge: '#7A1F3D', stripe: '#7A1F3D' },
    test: { band: '#B5E3E6', text: '#00363C', edge: '#0E737C', stripe: '#B5E3E6' },
    rehearsal: { band: '#F2C200', text: '#1A1A1A', edge: '#8A6D00', stripe: '#1A1A1A' },
  },
  proof: { reached: '#17693A', open: '#7A8794', old: '#7A4B00' },
  code: { keyword: '#0B5CAD', string: '#8A2F2F', number: '#17693A', comment: '#5A6672', hole: '#6B3FA0' },
}

export const dark: Tokens = {
  surface: { default: '#101418', paper: '#171C22', raised: '#1F262E' },
  text: { primary: '#E6EBF0', secondary: '#A9B5C1' },
  controlBorder: '#75828F',
  line: '#303943',
  primary: { main: '#7DB7F5', text: '#0B1A2A', hover: '#9CC8F8' },
  ok: { main: '#6FCF97', tint: '#12291C' },
  attention: { main: '#F2B84B', tint: '#2E2310' },
  blocked: { main: '#FF8A80', tint: '#331917', hover: '#FFB4AB' },
  unknown: { main: '#A9B5C1', tint: '#1F262E' },
  focusRing: '#9CC8F8',
  selectedRow: '#16324F',
  env: {
    production: { band: '#A3315A', text: '#FFFFFF', edge: '#D9739B', stripe: '#A3315A' },
    test: { band: '#0F4A50', text: '#D9F4F6', edge: '#5FC3CC', stripe: '#0F4A50' },
    rehearsal: { band: '#F2C200', text: '#1A1A1A', edge: '#F2C200', stripe: '#1A1A1A' },
  },
  proof: { reached: '#6FCF97', open: '#75828F', old: '#F2B84B' },
  code: { keyword: '#7DB7F5', string: '#F2A38C', number: '#6FCF97', comment: '#95A2AF', hole: '#C9A6F2' },
}
