import { OsError } from './disk.ts'
import { RequestAborted, SqlError } from './engine/errors.ts'
import type { Session } from './engine/session.ts'
import type { Statement } from './engine/script.ts'

/** Trouble that a test or a rehearsal orders through the control channel. `match` is a part of the statement's head, any case. */
export type Fault =
  | { kind: 'slow'; milliseconds: number; match?: string | undefined }
  | { kind: 'drop'; match: string; nth: number; when: 'before' | 'after' }
  | { kind: 'kill'; match: string; nth: number; when: 'before' | 'after' }
  | { kind: 'fail'; match: string; nth: number; number: number; message: string }
  | { kind: 'diskFull'; drive: string; freeBytes: number }
  | { kind: 'readOnlyFolder'; folder: string }
  | { kind: 'denyPermission'; permission: string }
  | { kind: 'wrongThumbprint'; certificate: string }
  | { kind: 'wrongRowCount'; match: string; count: number }
  | { kind: 'throttle'; bytesPerSecond: number }
  | { kind: 'damageFile'; path: string; offset: number }

/** Answered statements end here: a killed process runs no handler. */
export type KillProcess = () => void

export class Faults {
  private readonly active: { fault: Fault; seen: number }[] = []
  private readonly kill: KillProcess

  constructor(kill: KillProcess) {
    this.kill = kill
  }

  add(fault: Fault): void {
    this.active.push({ fault, seen: 0 })
  }

  clear(): void {
    this.active.length = 0
  }

  get bytesPerSecond(): number | undefined {
    return this.find('throttle')?.bytesPerSecond
  }

  /** The thumbprint that is shown for a certificate: changed in its last byte when a lie was ordered. */
  shownThumbprint(name: string, hex: string): string {
    const lies = this.active.some(
      ({ fault }) =>
        fault.kind === 'wrongThumbprint' && fault.certificate.toLowerCase() === name.toLowerCase(),
    )
    return lies ? hex.slice(0, -2) + (hex.endsWith('00') ? '01' : '00') : hex
  }

  async around(
    session: Session,
    statement: Statement,
    run: () => Promise<number | null | undefined>,
  ): Promise<number | null | undefined> {
    if (this.active.length === 0) return run()
    const hits = this.active.filter(
      ({ fault }) =>
        'match' in fault &&
        fault.match !== undefined &&
        statement.command.toLowerCase().includes(fault.match.toLowerCase()),
    )
    for (const { fault } of this.active) {
      if (fault.kind === 'slow' && (fault.match === undefined || hits.some((hit) => hit.fault === fault)))
        await delay(fault.milliseconds, session.requestSignal)
    }
    for (const hit of hits) hit.seen += 1
    const due = hits.filter((hit) => 'nth' in hit.fault && hit.seen === hit.fault.nth)
    for (const { fault } of due) {
      if (fault.kind === 'fail') throw new SqlError(fault.number, fault.message)
      if ((fault.kind === 'drop' || fault.kind === 'kill') && fault.when === 'before')
        this.end(fault.kind, session)
    }
    const count = await run()
    for (const { fault } of due) {
      if ((fault.kind === 'drop' || fault.kind === 'kill') && fault.when === 'after')
        this.end(fault.kind, session)
    }
    const lie = hits.map(({ fault }) => fault).find((fault) => fault.kind === 'wrongRowCount')
    return lie === undefined ? count : lie.count
  }

  /**
   * The same around what is asked of the server's computer (`host restart-service`): slow, fail with a number of Windows
   * (5: access is denied), and kill before or after it.
   */
  async aroundCall<T>(command: string, run: () => Promise<T>): Promise<T> {
    const hits = this.active.filter(
      ({ fault }) => 'match' in fault && command.includes((fault.match ?? '').toLowerCase()),
    )
    for (const hit of hits) hit.seen += 1
    const dies = (when: 'before' | 'after'): boolean =>
      hits.some(({ fault, seen }) => fault.kind === 'kill' && fault.when === when && fault.nth === seen)
    for (const { fault } of hits) if (fault.kind === 'slow') await delay(fault.milliseconds, undefined)
    if (dies('before')) this.kill()
    for (const { fault, seen } of hits)
      if (fault.kind === 'fail' && fault.nth === seen) throw new OsError(fault.number, fault.message)
    const answer = await run()
    if (dies('after')) this.kill()
    return answer
  }

  /** The answer never comes, because nobody is there to hear it; the statement itself ends here, as an aborted one. */
  private end(kind: 'drop' | 'kill', session: Session): never {
    if (kind === 'kill') this.kill()
    session.instance.dropConnection(session.spid)
    throw new RequestAborted()
  }

  private find<K extends Fault['kind']>(kind: K): Extract<Fault, { kind: K }> | undefined {
    const hit = this.active.find(({ fault }) => fault.kind === kind)
    return hit?.fault as Extract<Fault, { kind: K }> | undefined
  }
}

/** Waits, or less when the request is aborted. */
export function delay(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}
