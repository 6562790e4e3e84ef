import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import { useId, useState } from 'react'
import type { AnchorComparison } from '../../shared/ipc/schemas.ts'
import { ask, useAction } from '../bridge/index.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { ButtonRow } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'

const marks: Record<AnchorComparison['state'], Mark> = {
  same: 'ok',
  differs: 'failed',
  unreadable: 'attention',
}
const words: Record<AnchorComparison['state'], string> = {
  same: 'Same',
  differs: 'Differs',
  unreadable: 'No anchor',
}

/** Takes a pasted anchor; main checks the chain and says whether the record still leads to it. */
export const CompareAnchor = () => {
  const id = useId()
  const [pasted, setPasted] = useState('')
  const [answer, setAnswer] = useState<AnchorComparison | null>(null)
  const compare = useAction(async () => setAnswer(await ask('audit.compareAnchor', { anchor: pasted })))
  return (
    <div>
      <label htmlFor={id}>Compare with an anchor kept elsewhere</label>
      <ButtonRow>
        <OutlinedInput
          id={id}
          value={pasted}
          multiline
          maxRows={4}
          onChange={(event) => {
            setPasted(event.target.value)
            setAnswer(null)
          }}
          sx={{ width: 'min(480px, 100%)', fontFamily: "'IBM Plex Mono', monospace" }}
          inputProps={{ maxLength: 4_000, spellCheck: false, autoComplete: 'off' }}
        />
        <Button variant="outlined" aria-disabled={compare.busy} onClick={() => void compare.run()}>
          Compare anchor
        </Button>
      </ButtonRow>
      <output htmlFor={id}>
        {answer === null ? null : (
          <ButtonRow>
            <StatusMark mark={marks[answer.state]} word={words[answer.state]} />
            <span>{answer.detail}.</span>
            {answer.state === 'unreadable' ? null : (
              <span>
                Checked <FactTime at={answer.at} />.
              </span>
            )}
          </ButtonRow>
        )}
      </output>
      {compare.problem === null ? null : <ProblemPanel problem={compare.problem} />}
    </div>
  )
}
