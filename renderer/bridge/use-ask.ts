import { useCallback, useEffect, useReducer, useRef } from 'react'
import type { Problem } from '../../shared/errors/problem.ts'
import type { ChannelName, ReplyOf, RequestOf } from '../../shared/ipc/contract.ts'
import { ask, problemFrom } from './client.ts'

/**
 * `loading`: nothing read yet. `refreshing`: the old value stays on screen while it is read again. `failed`: not read;
 * `value` is then the last one that was, if any.
 */
export interface Asked<Value> {
  state: 'loading' | 'ready' | 'refreshing' | 'failed'
  value: Value | null
  problem: Problem | null
  /** Reads again. */
  reload: () => void
}

interface State<Value> {
  key: string
  round: number
  settledRound: number
  value: Value | null
  problem: Problem | null
}

type Change<Value> =
  | { kind: 'key'; key: string }
  | { kind: 'reload' }
  | { kind: 'read'; key: string; round: number; value: Value }
  | { kind: 'failed'; key: string; round: number; problem: Problem }

const reduce = <Value>(state: State<Value>, change: Change<Value>): State<Value> => {
  if (change.kind === 'key') {
    return change.key === state.key
      ? state
      : { key: change.key, round: state.round + 1, settledRound: state.round, value: null, problem: null }
  }
  if (change.kind === 'reload') return { ...state, round: state.round + 1 }
  if (change.key !== state.key || change.round < state.settledRound) return state
  return change.kind === 'read'
    ? { ...state, settledRound: change.round, value: change.value, problem: null }
    : { ...state, settledRound: change.round, problem: change.problem }
}

/**
 * Reads something from main when the page shows it. `request` is compared by content; null asks nothing. A reply of an
 * older request never replaces a newer one.
 */
export const useAsk = <Name extends ChannelName>(
  name: Name,
  request: RequestOf<Name> | null,
): Asked<ReplyOf<Name>> => {
  const key = request === null ? '' : JSON.stringify([name, request])
  const [state, change] = useReducer(reduce<ReplyOf<Name>>, {
    key,
    round: 1,
    settledRound: 0,
    value: null,
    problem: null,
  })
  const latest = useRef(request)
  useEffect(() => {
    latest.current = request
    change({ kind: 'key', key })
  })
  const { round } = state
  const settledKey = state.key
  useEffect(() => {
    const wanted = latest.current
    if (wanted === null || settledKey === '') return
    let gone = false
    ask(name, wanted).then(
      (value) => !gone && change({ kind: 'read', key: settledKey, round, value }),
      (thrown: unknown) =>
        !gone && change({ kind: 'failed', key: settledKey, round, problem: problemFrom(thrown) }),
    )
    return () => {
      gone = true
    }
  }, [name, settledKey, round])
  const reload = useCallback(() => change({ kind: 'reload' }), [])
  const settled = state.settledRound === state.round && state.key === key
  const value = state.key === key ? state.value : null
  if (!settled) return { state: value === null ? 'loading' : 'refreshing', value, problem: null, reload }
  if (state.problem) return { state: 'failed', value, problem: state.problem, reload }
  return { state: 'ready', value, problem: null, reload }
}
