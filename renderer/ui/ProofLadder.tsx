import { styled } from '@mui/material/styles'
import { proofLevels, type ProofLevel, type ProvenBy } from '../../shared/model/evidence.ts'
import { colors } from '../theme/theme.ts'
import { FactTime } from './FactTime.tsx'
import { StatusMark } from './StatusMark.tsx'

const words: Record<ProofLevel, string> = {
  recorded: 'Recorded',
  seen: 'Seen',
  matched: 'Matched',
  opened: 'Opened',
  restored: 'Restored',
}
const meanings: Record<ProofLevel, string> = {
  recorded: 'a system says so',
  seen: 'the file is there',
  matched: 'the public part fits',
  opened: 'it was opened from where it is stored',
  restored: 'a drill used it',
}
const who: Record<ProvenBy, string> = {
  catalog: 'the server’s catalog says so',
  server: 'opened by the server',
  vault: 'used in the vault itself',
  keyturn: 'opened by Keyturn',
}

const Bars = styled('svg')({ width: 50, height: 16, flex: 'none', marginTop: 2 })
const Row = styled('span')({ display: 'inline-flex', gap: 8, alignItems: 'flex-start' })

export interface ProofLadderProps {
  /** Null: not known. */
  level: ProofLevel | null
  at: string | null
  by?: ProvenBy
  /** Older than the policy allows: bars are hatched. */
  old?: boolean
}

/** How far a copy was proven: five bars, the word, who proved it and when. */
export const ProofLadder = ({ level, at, by, old = false }: ProofLadderProps) => {
  if (level === null) return <StatusMark mark="unknown" word="Not known" />
  const reached = proofLevels.indexOf(level)
  const filled = old ? colors.proof.old : colors.proof.reached
  return (
    <Row>
      <Bars viewBox="0 0 50 16" aria-hidden focusable="false">
        {proofLevels.map((rung, index) => (
          <rect
            key={rung}
            x={1 + index * 10}
            y={1.5}
            width={7}
            height={13}
            strokeWidth={1.5}
            stroke={index <= reached ? filled : colors.proof.open}
            fill={index <= reached && !old ? filled : 'none'}
            strokeDasharray={index <= reached && old ? '2 1.5' : undefined}
          />
        ))}
      </Bars>
      <span>
        <strong>{words[level]}</strong>
        {old ? ' (older than policy)' : ''}:{' '}
        {by === undefined || by === 'catalog' || level !== 'opened' ? meanings[level] : who[by]},{' '}
        <FactTime at={at} />
      </span>
    </Row>
  )
}
