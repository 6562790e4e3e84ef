import Link from '@mui/material/Link'
import type { RunSummary } from '../../../shared/model/plan.ts'
import { dayAndClock, listOf, withoutControls } from '../../ui/format.ts'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { hashOf } from '../routes.ts'
import { AttentionStrip } from './attention-strip.ts'

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
        <AttentionStrip key={run.id} aria-label="Interrupted run">
          <StatusMark mark="attention" word={interruptedSentence(run)} />
          <Link href={hashOf.run(run.id)}>Look and decide</Link>
        </AttentionStrip>
      ))}
  </>
)
