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
  const load = useCallback(() => {
    round.current += 1
    const mine = round.current
    const settle = (plan: ReviewedPlan | null, found: Problem | null) => {
      if (mine !== round.current) return
      setReviewed(plan)
      setProblem(found)
      setPlanning(false)
    }
    return store
      .flush()
      .then(() => ask('wizard.review', { draft: store.id }))
      .then(
        (value) => settle(value, null),
        (thrown: unknown) => settle(null, problemFrom(thrown)),
      )
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
