import { describe, expect, test } from 'vitest'
import { createAutoLock } from '../../../electron/keyring/auto-lock.ts'

/** Two clocks and a timer that run only when the test says so. */
const stage = (minutes = 15) => {
  let steady = 0
  let wall = Date.parse('2026-11-22T08:00:00.000Z')
  let due: { run: () => void; at: number } | null = null
  const locks: string[] = []
  const setting = { minutes }
  let told = 0
  const lock = createAutoLock({
    clock: { now: () => new Date(wall), monotonicMs: () => steady },
    minutes: () => setting.minutes,
    lock: (because) => locks.push(because),
    changed: () => (told += 1),
    schedule: (run, ms) => {
      const mine = { run, at: steady + ms }
      due = mine
      return { cancel: () => void (due = due === mine ? null : due) }
    },
  })
  const pass = (seconds: number): void => {
    const end = steady + seconds * 1_000
    for (let next = due; next !== null && next.at <= end; next = due) {
      wall += next.at - steady
      steady = next.at
      due = null
      next.run()
    }
    wall += end - steady
    steady = end
  }
  return {
    lock,
    locks,
    setting,
    pass,
    told: () => told,
    sleep: (seconds: number) => void (wall += seconds * 1_000),
    setBack: (seconds: number) => void (wall -= seconds * 1_000),
  }
}

describe('the automatic lock', () => {
  test('comes after the set minutes, with a warning in the last one that counts down', () => {
    const { lock, locks, pass, told } = stage()
    lock.start()
    pass(14 * 60 - 1)
    expect([lock.warning(), told()]).toEqual([null, 0])
    pass(1)
    expect([lock.warning(), told()]).toEqual([{ seconds: 60, extendable: true }, 1])
    pass(40)
    expect(lock.warning()).toEqual({ seconds: 20, extendable: true })
    expect(locks).toEqual([])
    pass(20)
    expect([locks, lock.warning()]).toEqual([['idle'], null])
    pass(3_600)
    expect(locks).toEqual(['idle'])
  })

  test('a person who stays ends the warning and gets the whole time again', () => {
    const { lock, locks, pass, told } = stage()
    lock.start()
    pass(14 * 60 + 30)
    lock.active()
    expect([lock.warning(), told()]).toEqual([null, 2])
    pass(14 * 60)
    expect(lock.warning()).toEqual({ seconds: 60, extendable: true })
    pass(60)
    expect(locks).toEqual(['idle'])
  })

  test('does nothing before it is unlocked and after it is locked', () => {
    const { lock, locks, pass } = stage()
    pass(3_600)
    lock.active()
    pass(3_600)
    lock.start()
    lock.stop()
    lock.active()
    pass(3_600)
    expect([locks, lock.warning()]).toEqual([[], null])
  })

  test('a shorter setting counts at once', () => {
    const { lock, locks, pass, setting } = stage()
    lock.start()
    pass(5 * 60)
    setting.minutes = 2
    lock.look()
    expect(locks).toEqual(['idle'])
  })

  test('a machine that slept is locked soon after it woke up; too late a sign of life does not help', () => {
    const slept = stage()
    slept.lock.start()
    slept.sleep(3_600)
    slept.pass(15)
    expect(slept.locks).toEqual(['idle'])
    const late = stage()
    late.lock.start()
    late.sleep(3_600)
    late.lock.active()
    expect(late.locks).toEqual(['idle'])
  })

  test('a clock that is set back does not prolong it', () => {
    const { lock, locks, pass, setBack } = stage()
    lock.start()
    setBack(86_400)
    pass(15 * 60)
    expect(locks).toEqual(['idle'])
  })

  test('a page that says for ever that somebody is there: the passphrase is asked again after 20 hours', () => {
    const { lock, locks, pass } = stage()
    lock.start()
    for (let seconds = 0; seconds < 20 * 3_600; seconds += 20) {
      pass(20)
      lock.active()
    }
    expect(locks).toEqual([])
    expect(lock.warning()).toEqual({ seconds: 60, extendable: false })
    for (let seconds = 0; seconds < 60; seconds += 5) {
      pass(5)
      lock.active()
    }
    expect(locks).toEqual(['long'])
  })
})
