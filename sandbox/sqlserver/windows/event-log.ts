import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { writeDurably } from '../../common/durable-file.ts'

export interface WindowsEvent {
  at: string
  id: number
  level: 'error' | 'warning' | 'information'
  source: 'connector' | 'sql-server'
  message: string
}

const KEPT = 500
const LONGEST = 4000

/**
 * The part of the Application log that belongs to one server: entries of its connector and of itself. One line of JSON
 * each; the oldest go when a server starts. Entries hold no secret: whoever adds one sees to that.
 */
export class EventLog {
  private readonly path: string
  private readonly now: () => Date

  constructor(path: string, now: () => Date) {
    this.path = path
    this.now = now
    // What a kill left half written ends here.
    if (existsSync(path) && !readFileSync(path, 'utf8').endsWith('\n')) appendFileSync(path, '\n')
    const entries = this.all()
    if (entries.length > KEPT * 2) writeDurably(path, entries.slice(-KEPT).map(asLine).join(''))
  }

  add(entry: Omit<WindowsEvent, 'at'>): void {
    const message = entry.message.slice(0, LONGEST)
    appendFileSync(this.path, asLine({ ...entry, at: this.now().toISOString(), message }), { mode: 0o600 })
  }

  /** Newest first. */
  read(source: WindowsEvent['source'], since: Date, most: number): WindowsEvent[] {
    return this.all()
      .filter((entry) => entry.source === source && Date.parse(entry.at) >= since.getTime())
      .toReversed()
      .slice(0, most)
  }

  private all(): WindowsEvent[] {
    if (!existsSync(this.path)) return []
    return readFileSync(this.path, 'utf8').split('\n').flatMap(parsed)
  }
}

const asLine = (entry: WindowsEvent): string => `${JSON.stringify(entry)}\n`

/** A process that was killed may leave half a line. */
function parsed(line: string): WindowsEvent[] {
  try {
    return [JSON.parse(line) as WindowsEvent]
  } catch {
    return []
  }
}
