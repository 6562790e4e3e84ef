import type { TokenKeyRow } from '../../../shared/model/token-key.ts'
import type { Mark } from '../../ui/StatusMark.tsx'

const leavesMarks: Readonly<Record<TokenKeyRow['leaves'], { mark: Mark; word: string }>> = {
  yes: { mark: 'attention', word: 'can be wrapped' },
  'no longer': { mark: 'ok', word: 'locked' },
  never: { mark: 'ok', word: 'never could' },
  'not said': { mark: 'unknown', word: 'not said' },
  public: { mark: 'unknown', word: 'public half only' },
}

/** Whether it can leave the token; a run that is not finished goes before that. */
export const leavesMark = ({
  leaves,
  open,
}: Pick<TokenKeyRow, 'leaves' | 'open'>): { mark: Mark; word: string } =>
  open === null ? leavesMarks[leaves] : { mark: 'attention', word: 'open' }
