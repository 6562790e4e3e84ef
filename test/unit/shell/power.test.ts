import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchPower } from '../../../electron/shell/electron/power.ts'
import { FakePowerMonitor } from './fake-electron.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the system’s own lock and sleep', () => {
  it.each([
    ['lock-screen', 'screen-lock'],
    ['user-did-resign-active', 'screen-lock'],
    ['suspend', 'suspend'],
  ])('%s locks, until nobody listens', (event, because) => {
    const monitor = new FakePowerMonitor()
    const lock = vi.fn()
    const stop = watchPower(monitor as never, 'win32', lock)
    monitor.emit(event)
    expect(lock.mock.calls).toEqual([[because]])
    stop()
    monitor.emit(event)
    expect(lock).toHaveBeenCalledOnce()
    expect(monitor.eventNames()).toEqual([])
  })

  it('is asked for on Linux, where no event tells it, and only there', () => {
    const monitor = new FakePowerMonitor()
    const [onLinux, onMac] = [vi.fn(), vi.fn()]
    const stop = watchPower(monitor as never, 'linux', onLinux)
    watchPower(monitor as never, 'darwin', onMac)
    vi.advanceTimersByTime(60_000)
    expect(onLinux).not.toHaveBeenCalled()
    monitor.state = 'locked'
    vi.advanceTimersByTime(5_000)
    expect(onLinux.mock.calls).toEqual([['screen-lock']])
    stop()
    vi.advanceTimersByTime(60_000)
    expect([onLinux.mock.calls.length, onMac.mock.calls.length]).toEqual([1, 0])
  })
})
