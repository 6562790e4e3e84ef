import { styled } from '@mui/material/styles'
import type { Environment } from '../../shared/model/target.ts'
import { colors } from '../theme/theme.ts'

const Tag = styled('span')<{ environment: Environment }>(({ environment }) => ({
  display: 'inline-block',
  padding: '0 8px',
  borderRadius: 2,
  border: `1px solid ${colors.env[environment].edge}`,
  backgroundColor: colors.env[environment].band,
  color: colors.env[environment].text,
  fontSize: '0.75rem',
  lineHeight: '18px',
  fontWeight: 600,
  letterSpacing: '0.02em',
  whiteSpace: 'nowrap',
  forcedColorAdjust: 'auto',
}))

/** The environment of one target, as a word in its colour. */
export const EnvironmentTag = ({ environment }: { environment: Environment }) => (
  <Tag environment={environment}>{environment.toUpperCase()}</Tag>
)
