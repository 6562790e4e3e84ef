import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEventSink } from '../../../electron/ipc/events.ts'
import type { AppState } from '../../../shared/ipc/schemas.ts'
import type { RunView } from '../../../shared/model/plan.ts'

const state = (version: number) => () => ({ version: String(version) }) as AppState
const run = (id: string) => () => ({ id }) as RunView

describe('events to the window', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('at most ten in a second of one kind, the first at once and the last never lost', () => {
    const sent: unknown[] = []
    const sink = createEventSink((_name, value) => sent.push((value as AppState).version))
    for (let count = 0; count < 950; count++) {
      sink.emit('app.changed', '', state(count))
      vi.advanceTimersByTime(1)
    }
    expect(sent).toHaveLength(10)
    expect(sent[0]).toBe('0')
    vi.advanceTimersByTime(1000)
    expect(sent).toHaveLength(11)
    expect(sent.at(-1)).toBe('949')
  })

  it('one run does not hold back another, nor another kind', () => {
    const sent: unknown[] = []
    const sink = createEventSink((name, value) => sent.push([name, (value as RunView).id]))
    sink.emit('run.changed', 'a', run('a'))
    sink.emit('run.changed', 'b', run('b'))
    sink.emit('app.changed', 'a', state(1))
    expect(sent).toEqual([
      ['run.changed', 'a'],
      ['run.changed', 'b'],
      ['app.changed', undefined],
    ])
  })

  it('the value is made when it is sent, so values that nobody sees cost nothing', () => {
    let made = 0
    const sink = createEventSink(() => undefined)
    for (let count = 0; count < 50; count++) {
      sink.emit('app.changed', '', () => {
        made++
        return {} as AppState
      })
    }
    expect(made).toBe(1)
    vi.advanceTimersByTime(100)
    expect(made).toBe(2)
  })

  it('nothing is sent, and no timer is left, after it is closed', () => {
    const sent: unknown[] = []
    const sink = createEventSink((_name, value) => sent.push(value))
    sink.emit('app.changed', '', state(1))
    sink.emit('app.changed', '', state(2))
    sink.close()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(1000)
    expect(sent).toHaveLength(1)
  })
})
