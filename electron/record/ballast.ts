import { randomFillSync } from 'node:crypto'
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'

/** Space that belongs to the record while a run is under way, so that the run can always be ended. */
export interface Ballast {
  /** Takes the space; throws where there is not enough. Taking what is held changes nothing. */
  hold(): void
  /** Gives the space to the record. False: none was held. */
  giveBack(): boolean
  readonly held: boolean
}

/** Enough for the entries of several hundred steps, and for the pages that SQLite writes around them. */
export const ballastBytes = 4 * 1024 * 1024

/**
 * A file of really written bytes beside the database. They are random, because a file system that compresses would
 * keep no space for zeros; they are flushed, because some find out that they are full only then.
 */
export const createFileBallast = (file: string, bytes = ballastBytes): Ballast => {
  let held = sizeOf(file) >= bytes
  return {
    hold() {
      if (held) return
      try {
        writeRandom(file, bytes)
        held = true
      } catch (error) {
        rmSync(file, { force: true })
        throw error
      }
    },
    giveBack() {
      const was = held
      rmSync(file, { force: true })
      held = false
      return was
    },
    get held() {
      return held
    },
  }
}

const writeRandom = (file: string, bytes: number): void => {
  const handle = openSync(file, 'w', 0o600)
  try {
    const chunk = Buffer.allocUnsafe(64 * 1024)
    for (let written = 0; written < bytes;) {
      randomFillSync(chunk)
      written += writeSync(handle, chunk, 0, Math.min(chunk.length, bytes - written))
    }
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
