import type { EventName, WindowEvents } from '../../shared/ipc/contract.ts'

export interface WindowEventSink {
  emit<Name extends EventName>(name: Name, key: string, value: () => WindowEvents[Name]): void
  close(): void
}

/** Shortest time between two events of one kind and key. */
const gapMs = 100

/**
 * Progress can't flood the window: per kind and key at most ten events a second, and the value is made when it is
 * sent, so the newest state wins and nothing queues up.
 */
export const createEventSink = (
  send: (name: EventName, value: unknown) => void,
  schedule: (run: () => void, ms: number) => NodeJS.Timeout = setTimeout,
): WindowEventSink => {
  const waiting = new Map<string, { timer: NodeJS.Timeout; again: (() => void) | null }>()
  const emitNow = (slot: string, run: () => void): void => {
    run()
    waiting.set(slot, {
      again: null,
      timer: schedule(() => {
        const again = waiting.get(slot)?.again
        waiting.delete(slot)
        if (again) emitNow(slot, again)
      }, gapMs),
    })
  }
  return {
    emit: (name, key, value) => {
      const slot = `${name} ${key}`
      const run = (): void => send(name, value())
      const held = waiting.get(slot)
      if (held) held.again = run
      else emitNow(slot, run)
    },
    close: () => {
      for (const { timer } of waiting.values()) clearTimeout(timer)
      waiting.clear()
    },
  }
}
