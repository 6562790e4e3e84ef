import { useCallback, useEffect, useRef, useState } from 'react'
import type { Problem } from '../../shared/errors/problem.ts'
import { problemFrom } from './client.ts'

export interface Action<Arguments extends unknown[]> {
  /** Does it; a second press while it is under way does nothing. Gives true when it was done. */
  run: (...given: Arguments) => Promise<boolean>
  busy: boolean
  problem: Problem | null
  clear: () => void
}

/** Something that a button does: busy while under way, the problem kept until the next try. */
export const useAction = <Arguments extends unknown[]>(
  act: (...given: Arguments) => Promise<unknown>,
): Action<Arguments> => {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const underWay = useRef(false)
  const mounted = useRef(true)
  const latest = useRef(act)
  useEffect(() => {
    latest.current = act
  })
  useEffect(() => {
    mounted.current = true
    return () => {
      mounted.current = false
    }
  }, [])
  const run = useCallback(async (...given: Arguments) => {
    if (underWay.current) return false
    underWay.current = true
    setBusy(true)
    setProblem(null)
    try {
      await latest.current(...given)
      return true
    } catch (thrown) {
      if (mounted.current) setProblem(problemFrom(thrown))
      return false
    } finally {
      underWay.current = false
      if (mounted.current) setBusy(false)
    }
  }, [])
  const clear = useCallback(() => setProblem(null), [])
  return { run, busy, problem, clear }
}
