import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import type { RunSummary } from '../../../shared/model/plan.ts'
import { dayAndClock, listOf, withoutControls } from '../../ui/format.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { hashOf } from '../routes.ts'

const Strip = styled('section')(({ theme }) => ({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '4px 16px',
  alignItems: 'center',
  padding: '8px 16px',
  backgroundColor: theme.vars.palette.tint.attention,
  borderBottom: `1px solid ${theme.vars.palette.status.attention}`,
}))

/** What an interrupted run is, in a sentence; also used on Overview. */
export const interruptedSentence = (run: RunSummary): string =>
  `Run ${run.id.slice(0, 8)} stopped during step ${Math.min(run.stepsDone + 1, run.stepsTotal)} of ${run.stepsTotal} on ${listOf(
    run.targets.map(({ name }) => withoutControls(name)),
  )} (started ${dayAndClock(run.startedAt)}). Keyturn has done nothing since.`

/** On every page, without a close button: each interrupted run until somebody decides it. */
export const InterruptedBanner = ({ runs }: { runs: readonly RunSummary[] }) => (
  <>
    {runs
      .filter(({ state }) => state === 'interrupted')
      .map((run) => (
        <Strip key={run.id} aria-label="Interrupted run">
          <StatusMark mark="attention" word={interruptedSentence(run)} />
          <Link href={hashOf.run(run.id)}>Look and decide</Link>
        </Strip>
      ))}
  </>
)
