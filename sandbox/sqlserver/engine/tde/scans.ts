import { isSecondary } from '../../availability/rules.ts'
import type { EncryptionKeyRecord } from '../../state/encryption-model.ts'
import type { Instance } from '../instance.ts'
import { isTransition, scanStep } from './scan-step.ts'

/** How fast the scans of a server go. Tests hold them in the middle with it, instead of sleeping. */
export interface ScanPace {
  /** Pages between two looks at everything else that the server has to do. */
  pagesPerTick: number
  /** Rest between two ticks. */
  tickMilliseconds: number
  /** Scans stop exactly there and go on when it is taken away. A protector change is held by any value. */
  holdAtPercent: number | null
}

export const DEFAULT_PACE: ScanPace = { pagesPerTick: 256, tickMilliseconds: 0, holdAtPercent: null }

/** The background scans of one instance, at most one for each database. */
export class EncryptionScans {
  pace: ScanPace
  private readonly instance: Instance
  private readonly running = new Map<number, { stopped: boolean }>()
  private readonly pins = new Map<number, number>()
  private readonly waiting = new Set<() => void>()

  constructor(instance: Instance, pace: ScanPace) {
    this.instance = instance
    this.pace = pace
  }

  setPace(change: Partial<ScanPace>): void {
    this.pace = { ...this.pace, ...change }
    this.wake()
  }

  /** Goes on where the record says; does nothing when there is nothing to scan, or it is suspended. */
  start(databaseId: number): void {
    this.stop(databaseId)
    if (this.due(databaseId) === undefined) return
    const run = { stopped: false }
    this.running.set(databaseId, run)
    void this.loop(databaseId, run).catch((error: unknown) => this.aborted(databaseId, run, error))
  }

  startAll(): void {
    for (const record of this.instance.store.encryptionKeys.all()) this.start(record.databaseId)
  }

  stop(databaseId: number): void {
    const run = this.running.get(databaseId)
    if (run !== undefined) run.stopped = true
    this.running.delete(databaseId)
    this.wake()
  }

  stopAll(): void {
    for (const databaseId of [...this.running.keys()]) this.stop(databaseId)
  }

  /** Whoever reads the pages of a database over several turns holds its scan meanwhile; call the result to let it go on. */
  pin(databaseId: number): () => void {
    this.pins.set(databaseId, (this.pins.get(databaseId) ?? 0) + 1)
    return () => {
      this.pins.set(databaseId, Math.max(0, (this.pins.get(databaseId) ?? 0) - 1))
      this.wake()
    }
  }

  private due(databaseId: number): EncryptionKeyRecord | undefined {
    const { store } = this.instance
    const record = store.encryptionKeys.get(String(databaseId))
    const database = store.databases.get(String(databaseId))
    // A secondary takes what the scan of its primary did.
    const online = database?.state === 'ONLINE' && !isSecondary(database)
    return online && record?.scanState === 1 && isTransition(record.state) ? record : undefined
  }

  private async loop(databaseId: number, run: { stopped: boolean }): Promise<void> {
    for (;;) {
      await this.turn()
      if (run.stopped) return
      const record = this.due(databaseId)
      if (record === undefined) break
      const limit = Math.min(this.pace.pagesPerTick, this.pagesBeforeHold(record))
      if (limit <= 0) await new Promise<void>((resolve) => this.waiting.add(resolve))
      else if (!this.inUse(databaseId)) scanStep(this.instance, record, limit)
    }
    if (this.running.get(databaseId) === run) this.running.delete(databaseId)
  }

  private pagesBeforeHold(record: EncryptionKeyRecord): number {
    const { holdAtPercent } = this.pace
    if (holdAtPercent === null) return Infinity
    return Math.floor((record.scanPages * holdAtPercent) / 100) - record.scanPosition
  }

  /** A backup, a restore or a check reads pages: none of them may change under its hands. */
  private inUse(databaseId: number): boolean {
    return this.instance.busy.has(String(databaseId)) || (this.pins.get(databaseId) ?? 0) > 0
  }

  private turn(): Promise<void> {
    const rest = this.anyInUse()
      ? Math.max(REST_WHILE_IN_USE, this.pace.tickMilliseconds)
      : this.pace.tickMilliseconds
    return new Promise((resolve) => {
      if (rest === 0) setImmediate(resolve)
      else setTimeout(resolve, rest)
    })
  }

  private anyInUse(): boolean {
    return [...this.running.keys()].some((databaseId) => this.inUse(databaseId))
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }

  /** The scan ended by itself, half done: what is encrypted stays so, SET ENCRYPTION goes on with the rest. */
  private aborted(databaseId: number, run: { stopped: boolean }, error: unknown): void {
    if (run.stopped) return
    this.running.delete(databaseId)
    const { store } = this.instance
    const record = store.encryptionKeys.get(String(databaseId))
    if (record === undefined) return
    const name = store.databases.get(record.id)?.name ?? record.id
    this.instance.log(
      `33114 Database encryption scan for database '${name}' was aborted. Reissue ALTER DB to resume the scan. ${error instanceof Error ? error.message : String(error)}`,
    )
    store.change(undefined, () =>
      store.encryptionKeys.put({
        ...record,
        scanState: 3,
        scanModifyDate: this.instance.now().toISOString(),
      }),
    )
  }
}

const REST_WHILE_IN_USE = 5
