import { styled } from '@mui/material/styles'
import { StatusMark } from '../ui/StatusMark.tsx'

const List = styled('ul')({ listStyle: 'none', padding: 0, display: 'flex', flexDirection: 'column', gap: 2 })

export interface RuleState {
  text: string
  /** Null: nothing typed yet. */
  met: boolean | null
}

/** The rules of one secret with met or not met; never the secret. */
export const RuleList = ({ id, rules }: { id: string; rules: readonly RuleState[] }) => (
  <List id={id}>
    {rules.map(({ text, met }) => (
      <li key={text}>
        {met === null ? (
          <StatusMark mark="waiting" word={text} />
        ) : met ? (
          <StatusMark mark="ok" word={`Met: ${text}`} />
        ) : (
          <StatusMark mark="attention" word={`Not met: ${text}`} />
        )}
      </li>
    ))}
  </List>
)
