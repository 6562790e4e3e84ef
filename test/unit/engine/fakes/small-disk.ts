import type { DatabaseSync } from 'node:sqlite'
import type { Ballast } from '../../../../electron/record/ballast.ts'
import type { RecordOptions } from '../../../../electron/record/record.ts'

const noLimit = 1_000_000

/**
 * A disk that a test fills: SQLite itself then says that it is full. Giving the ballast back frees `spare` pages, as
 * removing a file does; 0 stands for another program that took them at the same moment.
 */
export const smallDisk = (spare: number) => {
  let db: DatabaseSync | null = null
  let full = false
  let held = false
  const limit = (pages: number): void => db?.exec(`PRAGMA max_page_count = ${pages}`)
  const used = (): number => Number(db?.prepare('PRAGMA page_count').get()?.page_count)
  const ballast: Ballast = {
    hold() {
      if (held) return
      if (full) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      held = true
    },
    giveBack() {
      const was = held
      held = false
      if (was && full) limit(used() + spare)
      return was
    },
    get held() {
      return held
    },
  }
  const options: Partial<RecordOptions> = { ballast, opened: (opened) => void (db = opened) }
  return {
    options,
    ballast,
    fill() {
      full = true
      limit(used())
    },
    free() {
      full = false
      limit(noLimit)
    },
  }
}

/** More than the free room inside the pages that the record has already. */
export const sayMuch = (say: (message: string) => void): void => {
  for (let line = 0; line < 60; line += 1) say(`${line} ${'x'.repeat(480)}`)
}
