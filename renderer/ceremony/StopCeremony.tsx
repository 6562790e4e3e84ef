import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import { useId, useState } from 'react'
import { ceremonyLimits, type CeremonyView } from '../../shared/model/ceremony.ts'
import { ask, useAction } from '../bridge/index.ts'
import { ButtonRow, Panel } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

/** Ends it for good: the consequence first, then the act. */
export const StopCeremony = (props: { ceremony: CeremonyView; onChanged: (next: CeremonyView) => void }) => {
  const { ceremony, onChanged } = props
  const id = useId()
  const [asked, setAsked] = useState(false)
  const [reason, setReason] = useState('')
  const stop = useAction(async () => onChanged(await ask('ceremony.stop', { group: ceremony.group, reason })))
  if (!asked)
    return (
      <ButtonRow>
        <Button variant="text" onClick={() => setAsked(true)}>
          Stop the ceremony
        </Button>
      </ButtonRow>
    )
  const written = ceremony.holders.filter(({ where }) => where !== null).length
  return (
    <Panel aria-label="Stop the ceremony">
      <p>
        All shares of this ceremony become void, also those that were read back.{' '}
        {written === 0
          ? 'None was written so far.'
          : `${written === 1 ? '1 share was' : `${written} shares were`} written; their sheets are listed to be destroyed.`}
      </p>
      <div>
        <label htmlFor={id}>Reason, for the record</label>
        <OutlinedInput
          id={id}
          fullWidth
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          inputProps={{ maxLength: ceremonyLimits.longestReason, autoComplete: 'off' }}
        />
      </div>
      {stop.problem === null ? null : <ProblemPanel problem={stop.problem} />}
      <ButtonRow>
        <Button variant="outlined" autoFocus onClick={() => setAsked(false)}>
          Go on with the ceremony
        </Button>
        <Button variant="contained" color="error" aria-disabled={stop.busy} onClick={() => void stop.run()}>
          Make this ceremony void
        </Button>
      </ButtonRow>
    </Panel>
  )
}
