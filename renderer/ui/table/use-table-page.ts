import { useCallback, useEffect, useReducer, useRef } from 'react'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { PageReply, PageRequest } from '../../../shared/ipc/schemas.ts'
import { problemFrom } from '../../bridge/index.ts'
import { requestOf, type TableQuery } from './query.ts'

interface State<Row> {
  /** What the rows on screen answer; the old ones stay while new ones are read. */
  reply: PageReply<Row> | null
  state: 'loading' | 'ready' | 'failed'
  problem: Problem | null
  /** Changes with each new reading; `sources`: main reads its sources again first. */
  round: { number: number; sources: boolean }
}

type Change<Row> =
  | { kind: 'asked' }
  | { kind: 'read'; reply: PageReply<Row> }
  | { kind: 'failed'; problem: Problem }
  | { kind: 'again'; sources: boolean }

const reduce = <Row>(state: State<Row>, change: Change<Row>): State<Row> => {
  switch (change.kind) {
    case 'asked':
      return { ...state, state: 'loading' }
    case 'read':
      return { ...state, state: 'ready', reply: change.reply, problem: null }
    case 'failed':
      return { ...state, state: 'failed', problem: change.problem }
    case 'again':
      return { ...state, round: { number: state.round.number + 1, sources: change.sources } }
  }
}

/** Reads the page that the query names. A slow answer to an older query is dropped. */
export const useTablePage = <Row>(
  load: (page: PageRequest, again: boolean) => Promise<PageReply<Row>>,
  query: TableQuery,
) => {
  const [state, change] = useReducer(reduce<Row>, {
    reply: null,
    state: 'loading',
    problem: null,
    round: { number: 0, sources: false },
  })
  const { round } = state
  const sourcesReadIn = useRef(0)
  useEffect(() => {
    let gone = false
    // Turning a page after Read again must not read the sources a second time.
    const sources = round.sources && sourcesReadIn.current !== round.number
    sourcesReadIn.current = round.number
    change({ kind: 'asked' })
    load(requestOf(query), sources).then(
      (reply) => !gone && change({ kind: 'read', reply }),
      (thrown: unknown) => !gone && change({ kind: 'failed', problem: problemFrom(thrown) }),
    )
    return () => {
      gone = true
    }
  }, [load, query, round])
  return {
    reply: state.reply,
    state: state.state,
    problem: state.problem,
    readAgain: useCallback(() => change({ kind: 'again', sources: true }), []),
    retry: useCallback(() => change({ kind: 'again', sources: false }), []),
  }
}
