import type { Blocker } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'

/** A blocker of something that the EKM doctor of that server tests and explains: the review leads there. */
export const seenByDoctor = ({ id, name }: TargetRef, blocker: Blocker): Blocker => ({
  ...blocker,
  doctor: { id, name },
})
