import type { LockFactsRow } from '../catalog/view.ts'
import { RequestAborted } from './errors.ts'

export type LockMode = 'Shared' | 'Update' | 'IntentShared' | 'IntentExclusive' | 'Exclusive'

interface Held {
  spid: number
  databaseId: number
  resource: string
  mode: LockMode
  count: number
}

interface Waiter {
  spid: number
  databaseId: number
  resource: string
  mode: LockMode
  granted: () => void
}

const SHORT: Record<LockMode, string> = {
  Shared: 'S',
  Update: 'U',
  IntentShared: 'IS',
  IntentExclusive: 'IX',
  Exclusive: 'X',
}
const COMPATIBLE: Record<LockMode, readonly LockMode[]> = {
  Shared: ['Shared', 'Update', 'IntentShared'],
  Update: ['Shared', 'IntentShared'],
  IntentShared: ['Shared', 'Update', 'IntentShared', 'IntentExclusive'],
  IntentExclusive: ['IntentShared', 'IntentExclusive'],
  Exclusive: [],
}

export const lockModeNamed = (name: string): LockMode | undefined =>
  (Object.keys(SHORT) as LockMode[]).find((mode) => mode.toLowerCase() === name.toLowerCase())

/** Application locks of sessions (sp_getapplock). They are in memory only: a restart or a lost connection frees them. */
export class AppLocks {
  private readonly held: Held[] = []
  private readonly waiting: Waiter[] = []

  private blocked(spid: number, databaseId: number, resource: string, mode: LockMode): boolean {
    return this.held.some(
      (lock) =>
        lock.spid !== spid &&
        lock.databaseId === databaseId &&
        lock.resource === resource &&
        !COMPATIBLE[lock.mode].includes(mode),
    )
  }

  /** 0 granted at once, 1 granted after waiting, -1 timed out. `timeoutMs` -1 waits for ever. */
  async acquire(
    spid: number,
    databaseId: number,
    resource: string,
    mode: LockMode,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<0 | 1 | -1> {
    if (!this.blocked(spid, databaseId, resource, mode)) {
      this.grant(spid, databaseId, resource, mode)
      return 0
    }
    if (timeoutMs === 0) return -1
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const waiter: Waiter = { spid, databaseId, resource, mode, granted: () => finish(() => resolve(1)) }
      const finish = (then: () => void): void => {
        if (timer !== undefined) clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        const index = this.waiting.indexOf(waiter)
        if (index >= 0) this.waiting.splice(index, 1)
        then()
      }
      const aborted = (): void => finish(() => reject(new RequestAborted()))
      if (timeoutMs > 0) timer = setTimeout(() => finish(() => resolve(-1)), timeoutMs)
      signal.addEventListener('abort', aborted)
      this.waiting.push(waiter)
    })
  }

  /** false when this session holds no such lock. */
  release(spid: number, databaseId: number, resource: string): boolean {
    const index = this.held.findIndex(
      (lock) => lock.spid === spid && lock.databaseId === databaseId && lock.resource === resource,
    )
    const lock = this.held[index]
    if (lock === undefined) return false
    lock.count -= 1
    if (lock.count === 0) this.held.splice(index, 1)
    this.wake()
    return true
  }

  releaseSession(spid: number): void {
    for (let i = this.held.length - 1; i >= 0; i -= 1) if (this.held[i]?.spid === spid) this.held.splice(i, 1)
    this.wake()
  }

  modeOf(spid: number, databaseId: number, resource: string): string {
    return (
      this.held.find(
        (lock) => lock.spid === spid && lock.databaseId === databaseId && lock.resource === resource,
      )?.mode ?? 'NoLock'
    )
  }

  available(spid: number, databaseId: number, resource: string, mode: LockMode): boolean {
    return !this.blocked(spid, databaseId, resource, mode)
  }

  rows(): LockFactsRow[] {
    const row = (lock: Held | Waiter, status: 'GRANT' | 'WAIT'): LockFactsRow => ({
      sessionId: lock.spid,
      databaseId: lock.databaseId,
      resource: lock.resource,
      mode: SHORT[lock.mode],
      status,
    })
    return [
      ...this.held.map((lock) => row(lock, 'GRANT')),
      ...this.waiting.map((waiter) => row(waiter, 'WAIT')),
    ]
  }

  private grant(spid: number, databaseId: number, resource: string, mode: LockMode): void {
    const own = this.held.find(
      (lock) => lock.spid === spid && lock.databaseId === databaseId && lock.resource === resource,
    )
    if (own !== undefined) {
      own.count += 1
      if (mode === 'Exclusive') own.mode = mode
    } else this.held.push({ spid, databaseId, resource, mode, count: 1 })
  }

  private wake(): void {
    for (const waiter of [...this.waiting]) {
      if (this.blocked(waiter.spid, waiter.databaseId, waiter.resource, waiter.mode)) continue
      this.grant(waiter.spid, waiter.databaseId, waiter.resource, waiter.mode)
      waiter.granted()
    }
  }
}
