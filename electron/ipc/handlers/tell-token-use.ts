import { problemBody } from '../../../shared/errors/problem-body.ts'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { Record } from '../../record/record.ts'

/** The record says that a token was logged in to outside of a run, or what refused it. */
export const tellTokenUse = (
  record: Pick<Record, 'append'>,
  { id, name }: { id: TargetId; name: string },
  problem: Problem | null,
): void => {
  record.append({
    kind: 'connection-tested',
    body: {
      name,
      principal: 'the token’s user',
      problem: problem === null ? null : problemBody(problem),
    },
    outcome: problem === null ? 'done' : 'failed',
    objects: [{ type: 'target', id, name }],
  })
}
