import { useCallback, useEffect, useRef, useState } from 'react'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { ReviewedPlan } from '../../../shared/model/plan.ts'
import { ask, problemFrom } from '../../bridge/index.ts'
import type { DraftStore } from '../draft-store.ts'

/** The plan of the draft as main made it. Making it again gives a new digest; the old approval is void then. */
export const useReview = (store: DraftStore) => {
  const [reviewed, setReviewed] = useState<ReviewedPlan | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [planning, setPlanning] = useState(true)
  const round = useRef(0)
  const load = useCallback(async () => {
    round.current += 1
    const mine = round.current
    try {
      await store.flush()
      const value = await ask('wizard.review', { draft: store.id })
      if (mine !== round.current) return
      setReviewed(value)
      setProblem(null)
    } catch (thrown) {
      if (mine === round.current) {
        setReviewed(null)
        setProblem(problemFrom(thrown))
      }
    } finally {
      if (mine === round.current) setPlanning(false)
    }
  }, [store])
  useEffect(() => {
    void load()
    return () => {
      round.current += 1
    }
  }, [load])
  const plan = useCallback(() => {
    setPlanning(true)
    setProblem(null)
    return load()
  }, [load])
  return { reviewed, problem, planning, plan }
}
