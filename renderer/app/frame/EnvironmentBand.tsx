import { styled } from '@mui/material/styles'
import type { Environment } from '../../../shared/model/target.ts'
import { colors } from '../../theme/theme.ts'

type Shown = Environment | 'none'

/** Three patterns that stay apart in grey: solid dark, solid light, diagonal stripes with the word on a plain plate. */
const Band = styled('div')<{ shown: Environment }>(({ shown }) => {
  const env = colors.env[shown]
  return {
    minHeight: 28,
    display: 'flex',
    alignItems: 'center',
    paddingInline: 16,
    backgroundColor: env.band,
    backgroundImage:
      shown === 'rehearsal'
        ? `repeating-linear-gradient(135deg, ${env.band} 0 14px, ${env.stripe} 14px 28px)`
        : 'none',
    color: env.text,
    fontSize: '0.8125rem',
    lineHeight: '20px',
    fontWeight: 600,
    borderBottom: `1px solid ${env.edge}`,
  }
})
const Plate = styled('p')<{ shown: Environment }>(({ shown }) => ({
  backgroundColor: colors.env[shown].band,
  paddingInline: shown === 'rehearsal' ? 12 : 0,
  minHeight: 27,
  display: 'flex',
  alignItems: 'center',
  gap: 8,
}))
const Word = styled('strong')({ letterSpacing: '0.06em' })
const Rest = styled('span')({ fontWeight: 400, '@media (max-width: 560px)': { display: 'none' } })

const explained: Record<Environment, string> = {
  production: 'This page touches production',
  test: 'This page touches test systems only',
  rehearsal: 'Simulated systems; nothing here counts as proof',
}

/** Word, colour and pattern of the most dangerous environment that this page touches. */
export const EnvironmentBand = ({ environment }: { environment: Shown }) =>
  environment === 'none' ? null : (
    <Band shown={environment} role="note" aria-label="Environment">
      <Plate shown={environment}>
        <Word>{environment.toUpperCase()}</Word>
        <Rest>{explained[environment]}</Rest>
      </Plate>
    </Band>
  )

/** The same colour around the whole window, above everything and never in the way of the pointer. */
export const WindowEdge = styled('div')<{ environment: Environment }>(({ environment }) => ({
  position: 'fixed',
  inset: 0,
  border: `4px solid ${colors.env[environment].edge}`,
  borderTop: 'none',
  pointerEvents: 'none',
  zIndex: 2000,
}))
