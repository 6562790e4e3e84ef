import { styled } from '@mui/material/styles'
import { pinWords } from '../../../shared/model/hsm.ts'
import { useAsk } from '../../bridge/index.ts'
import { count } from '../../ui/format.ts'
import { Muted } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'

const Lines = styled('ul')({ listStyle: 'none', padding: 0, display: 'grid', gap: 4 })

const marks = {
  yes: { mark: 'ok', word: 'Yes' },
  no: { mark: 'attention', word: 'No' },
  'to-be-proven': { mark: 'unknown', word: 'To be proven' },
} as const

/** What a token can do, in words, and the state of its PIN; no PIN is tried for it. */
export const TokenReport = ({ module, serial }: { module: string; serial: string }) => {
  const { value, problem } = useAsk('hsm.report', { module, serial })
  if (problem !== null) return <ProblemPanel problem={problem} />
  if (value === null) return <p role="status">The token is asked what it can do …</p>
  const { token, abilities, mechanisms } = value
  return (
    <section aria-label="What the token can do">
      <Lines>
        <li>
          <StatusMark
            mark={token.pin === 'ok' ? 'ok' : token.pin === 'few-tries-left' ? 'attention' : 'failed'}
            word="PIN"
          />{' '}
          {pinWords[token.pin]}
        </li>
        {abilities.map(({ verdict, words }) => (
          <li key={words}>
            <StatusMark {...marks[verdict]} /> {words}
          </li>
        ))}
      </Lines>
      <Muted>{count(mechanisms.length, 'mechanism')} listed by the token</Muted>
    </section>
  )
}
