import type { RunId } from '../../shared/model/ids.ts'
import type { StoredStep } from '../record/runs.ts'
import type { EngineDeps } from './engine-deps.ts'
import type { LiveRun } from './live-run.ts'
import { underWayStates } from './run-machine.ts'

/**
 * A run whose process is gone becomes `interrupted`, and a step with an intent and no outcome is shown as not
 * verified. Nothing is sent to any target. Repeating it changes nothing.
 */
export const markInterrupted = (live: LiveRun): void => {
  if (!underWayStates.includes(live.run.state)) return
  const open = live.steps.findIndex(isOpen)
  const step = open < 0 ? null : live.planned(open)
  live.commit({
    event: 'died',
    entries: [
      {
        kind: 'run-interrupted',
        outcome: 'failed',
        body: { title: live.run.title, step: step?.id ?? null, undoing: live.run.direction === 'back' },
        ...(open < 0 ? {} : { ordinal: open }),
      },
    ],
    steps: open < 0 ? new Map() : new Map([[open, broken(live.step(open))]]),
  })
}

const isOpen = ({ effect, state }: StoredStep): boolean =>
  (effect === 'open' && state !== 'failed') || effect === 'undo-open'

const broken = (step: StoredStep): Partial<StoredStep> => ({
  state: 'not-verified',
  messages: [
    ...step.messages,
    'Keyturn ended during this step. Whether it took effect is read when the run goes on.',
  ],
})

/** Erases sealed secrets of runs that are decided or never began. While the keyring is locked: at the next unlock. */
export const sweepSealedSecrets = async (
  { keyring }: EngineDeps,
  isUndecided: (run: RunId) => boolean,
): Promise<void> => {
  if (keyring.status().state !== 'unlocked') return
  for (const run of keyring.sealedRuns()) {
    if (!isUndecided(run)) await keyring.eraseRun(run).catch(() => undefined)
  }
}
