import { useCallback, useEffect, useState } from 'react'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import { ask, listen, problemFrom } from '../../bridge/index.ts'

/** A run as main tells it: read once, then followed. What comes last is what is shown. */
export const useRun = (run: string) => {
  const [view, setView] = useState<RunView | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const read = useCallback(
    () =>
      ask('runs.get', { run }).then(
        (value) => {
          setView(value)
          setProblem(null)
        },
        (thrown: unknown) => setProblem(problemFrom(thrown)),
      ),
    [run],
  )
  useEffect(() => {
    const stop = listen('run.changed', (changed) => {
      if (changed.id === run) setView(changed)
    })
    void read()
    return stop
  }, [run, read])
  return { view, problem, read }
}
