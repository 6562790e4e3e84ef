import Button from '@mui/material/Button'
import type { AuditPage as AuditReply } from '../../shared/ipc/schemas.ts'
import { ask, useAction } from '../bridge/index.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { ButtonRow, Panel } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'
import { anchorWays } from './audit-words.ts'

export type Chain = Pick<AuditReply, 'chain' | 'ties'>

const marks: Record<Chain['chain']['state'], Mark> = {
  unbroken: 'ok',
  broken: 'failed',
  'not-checked': 'unknown',
}
const words: Record<Chain['chain']['state'], string> = {
  unbroken: 'Unbroken',
  broken: 'Broken',
  'not-checked': 'Not checked',
}

/** Asks main for the chain alone, checked or as it was last checked. */
export const askForChain = (check: boolean): Promise<Chain> => {
  const sort = { column: 'at', direction: 'desc' } as const
  return ask('audit.page', { page: { offset: 0, limit: 1, sort, search: '', filters: [] }, check })
}

/** One line: checked when, with which result, and when something last left this computer that tells later. */
export const ChainLine = ({ chain: both, onRead }: { chain: Chain; onRead: (chain: Chain) => void }) => {
  const { chain, ties } = both
  const check = useAction(async () => onRead(await askForChain(true)))
  return (
    <Panel aria-label="Chain of entries">
      <ButtonRow>
        <StatusMark mark={marks[chain.state]} word={words[chain.state]} />
        <span>{chain.detail}.</span>
        {chain.at === null ? null : (
          <span>
            Checked <FactTime at={chain.at} />.
          </span>
        )}
        {ties.anchor === null ? (
          <span>No anchor has left this computer.</span>
        ) : (
          <span>
            Last outside anchor <FactTime at={ties.anchor.at} />, {anchorWays[ties.anchor.how]}.
          </span>
        )}
        <Button variant="outlined" size="small" aria-disabled={check.busy} onClick={() => void check.run()}>
          Check the chain
        </Button>
      </ButtonRow>
      <p>
        Each entry carries the hash of the one before. Every write is signed with a key that is destroyed soon
        after: who takes this computer can’t sign what was done before that again. The check covers both.
      </p>
      {check.problem === null ? null : <ProblemPanel problem={check.problem} />}
    </Panel>
  )
}
