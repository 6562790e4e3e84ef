import Button from '@mui/material/Button'
import type { CeremonyView } from '../../shared/model/ceremony.ts'
import { ask, useAction } from '../bridge/index.ts'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { Holders, Stage } from './parts.tsx'
import { StopCeremony } from './StopCeremony.tsx'

interface Props {
  ceremony: CeremonyView
  number: number
  onChanged: (next: CeremonyView) => void
}

/** Between two holders: nothing of the one before is here, and the next one leaves it. */
export const HandOver = ({ ceremony, number, onChanged }: Props) => {
  const next = withoutControls(ceremony.holders[number - 1]?.name ?? '')
  const before = ceremony.holders[number - 2]
  const take = useAction(async () =>
    onChanged(await ask('ceremony.take', { group: ceremony.group, holder: number })),
  )
  return (
    <Stage>
      <PageHeader
        title={`Hand over to ${next}, share ${number} of ${ceremony.holders.length}`}
        page="Share ceremony"
        object={withoutControls(ceremony.name)}
      />
      {before === undefined ? null : (
        <p>
          {withoutControls(before.name)} steps back and takes the medium or the paper of share {before.number}{' '}
          along.
        </p>
      )}
      <p>
        Only {next} goes on, with nobody else looking at the screen, at the printer or at the medium. The
        witnesses see that it is {next}.
      </p>
      {take.problem === null ? null : <ProblemPanel problem={take.problem} />}
      <ButtonRow>
        <Button variant="contained" aria-disabled={take.busy} onClick={() => void take.run()}>
          I am {next}: begin my part
        </Button>
      </ButtonRow>
      <Holders ceremony={ceremony} />
      <StopCeremony ceremony={ceremony} onChanged={onChanged} />
    </Stage>
  )
}
