import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { localFileError } from './atomic-file.ts'

export interface ProfileLock {
  /** Repeating it is harmless. */
  release(): void
}

/**
 * One process per profile. The lock is one that the operating system holds for an open file (taken through SQLite,
 * which does it on every platform): it ends with the process, also after SIGKILL or a power cut, so there is no left
 * over lock and no guessing whether a process id was used again. A second file only names the holder for the message. No other code of this process may open
 * `profile.lock`: on POSIX, closing any handle of a file drops the process's locks on it.
 * Errors: `already-running` with the holder's process id, or those of local files.
 */
export const lockProfile = (folder: string): ProfileLock => {
  const holderFile = join(folder, 'profile.holder.json')
  const database = openLockFile(join(folder, 'profile.lock'))
  try {
    database.exec('PRAGMA busy_timeout = 0')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw localFileError(error, 'profile.lock')
    throw new KeyturnError('already-running', { pid: holderOf(holderFile) })
  }
  nameHolder(holderFile)
  held.add(database)
  return {
    release: () => {
      if (!held.delete(database)) return
      rmSync(holderFile, { force: true })
      database.close()
    },
  }
}

/** An open lock that nobody refers to would be collected, closed and so lost: who ignores the result still holds it. */
const held = new Set<DatabaseSync>()

const openLockFile = (path: string): DatabaseSync => {
  try {
    return new DatabaseSync(path)
  } catch (error) {
    throw localFileError(error, path)
  }
}

const busyNumber = 5

const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === busyNumber

const nameHolder = (path: string): void => {
  try {
    const startedAt = new Date(Date.now() - process.uptime() * 1_000).toISOString()
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt }), { mode: 0o600 })
  } catch {
    // The lock is held all the same; a second start then says "unknown" instead of a process id.
  }
}

const holderOf = (path: string): number | 'unknown' => {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof holder === 'object' && holder !== null && 'pid' in holder && typeof holder.pid === 'number') {
      return holder.pid
    }
  } catch {
    // Missing or being written right now: the lock itself has already said no.
  }
  return 'unknown'
}
