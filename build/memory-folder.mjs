/**
 * Temporary files of a test run in memory, where the machine has enough of it. The program and the simulators flush
 * everything that they write, and a suite waits for the disk longer than it computes. Nothing that is tested depends on
 * the disk: a process that is killed leaves the same files in either place, and a loss of power is none of the tests.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const place = '/dev/shm'
const prefix = 'keyturn-test-'
const gibibyte = 1024 ** 3
/** A run needs some 0.2 GiB of files at a time, and programs need memory too. */
const leastFree = 2 * gibibyte
const leastMemory = 6 * gibibyte
const tmpfs = 0x01021994

/** A new folder in memory, which goes when this process ends; null: files go where the system has them. */
export const folderInMemory = () => {
  // A person who named a folder means it.
  if (process.env.TMPDIR !== undefined || !isRoomy()) return null
  removeOfDead()
  let folder
  try {
    folder = mkdtempSync(join(place, `${prefix}${process.pid}-`))
  } catch {
    return null
  }
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.on('exit', remove)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
  return folder
}

const isRoomy = () => {
  try {
    const { type, bavail, bsize } = statfsSync(place)
    return (
      type === tmpfs &&
      bavail * bsize >= leastFree &&
      process.availableMemory() >= leastMemory &&
      !mountOptions().includes('noexec')
    )
  } catch {
    return false
  }
}

const mountOptions = () =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, where]) => where === place)
    .flatMap(([, , , options]) => (options ?? '').split(','))

/** A run that was killed could not tidy up, and memory is dearer than a disk. */
const removeOfDead = () => {
  for (const name of readdirSync(place)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !isThere(Number(pid))) removeIfOurs(join(place, name))
  }
}

/** That of another user stays: it is theirs. */
const removeIfOurs = (folder) => {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error
  }
}

const isThere = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
