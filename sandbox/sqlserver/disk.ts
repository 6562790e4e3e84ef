import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** What the operating system of the simulated server answers; `text` is what the engine puts behind "Operating system error". */
export class OsError extends Error {
  readonly code: number
  readonly text: string
  constructor(code: number) {
    const meaning = OS_ERRORS[code] ?? 'Unknown error.'
    super(meaning)
    this.code = code
    this.text = `${code}(${meaning})`
  }
}

const OS_ERRORS: Record<number, string> = {
  2: 'The system cannot find the file specified.',
  3: 'The system cannot find the path specified.',
  5: 'Access is denied.',
  53: 'The network path was not found.',
  80: 'The file exists.',
  112: 'There is not enough space on the disk.',
  123: 'The filename, directory name, or volume label syntax is incorrect.',
  206: 'The filename or extension is too long.',
  1117: 'The request could not be performed because of an I/O device error.',
}

export interface DriveOptions {
  /** One upper-case letter. */
  letter: string
  label: string
  /** Bytes that the drive can hold. */
  capacity: number
}

export interface DirectoryEntry {
  name: string
  isDirectory: boolean
  size: number
  modified: Date
}

export interface ServerFile {
  /** Canonical server path, `D:\Backup\a.bak`. */
  shown: string
  /** Where its bytes are on this machine; never shown to a client. */
  real: string
  drive: DriveOptions
  exists: boolean
}

const DEVICE_NAMES = /^(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)/i
const FORBIDDEN = /[<>"|?*\u0000-\u001f:/]/
const MAX_PATH = 259

/** The disks of one simulated server: folders below `root`, shown as Windows drives; nothing outside is reachable. */
export class ServerDisk {
  private readonly root: string
  readonly drives: readonly DriveOptions[]
  /** Server folders (as shown, lower case) that can't be written. */
  readonly readOnlyFolders = new Set<string>()
  /** Drive letter -> bytes left, in place of what is really left. */
  readonly forcedFree = new Map<string, number>()

  constructor(root: string, drives: readonly DriveOptions[]) {
    this.root = root
    this.drives = drives
    for (const drive of drives) mkdirSync(join(root, drive.letter), { recursive: true })
  }

  /** Finds a path without touching the file. Throws OsError for what Windows would refuse. */
  resolve(path: string, defaultFolder: string): ServerFile {
    const segments = this.segments(path, defaultFolder)
    const drive = this.drives.find((candidate) => candidate.letter === segments.letter)
    if (drive === undefined) throw new OsError(3)
    let real = join(this.root, drive.letter)
    const shown = [`${drive.letter}:`]
    let exists = true
    segments.names.forEach((name, i) => {
      const found = exists ? findIgnoringCase(real, name) : undefined
      if (found === undefined && i < segments.names.length - 1) throw new OsError(3)
      exists = found !== undefined
      real = join(real, found ?? name)
      shown.push(found ?? name)
    })
    return { shown: shown.length === 1 ? `${drive.letter}:\\` : shown.join('\\'), real, drive, exists }
  }

  private segments(path: string, defaultFolder: string): { letter: string; names: string[] } {
    const slashed = path.replaceAll('/', '\\')
    if (slashed.includes('\u0000') || slashed === '') throw new OsError(123)
    if (slashed.startsWith('\\\\')) throw new OsError(53)
    if (slashed.length > MAX_PATH) throw new OsError(206)
    const absolute = /^([a-zA-Z]):\\/.exec(slashed)
    if (absolute === null && slashed.includes(':')) throw new OsError(123)
    const full =
      absolute !== null
        ? slashed
        : slashed.startsWith('\\')
          ? `${defaultFolder.slice(0, 2)}${slashed}`
          : `${defaultFolder}\\${slashed}`
    const names: string[] = []
    for (const raw of full.slice(3).split('\\')) {
      if (raw === '' || raw === '.') continue
      if (raw === '..') names.pop()
      else names.push(checkedName(raw))
    }
    return { letter: (full[0] ?? 'C').toUpperCase(), names }
  }

  private assertWritable(file: ServerFile): void {
    const lower = file.shown.toLowerCase()
    for (const folder of this.readOnlyFolders) {
      if (lower === folder || lower.startsWith(`${folder.replace(/\\$/, '')}\\`)) throw new OsError(5)
    }
  }

  /** For a file that someone else is going to write; throws OsError 5 where that is not allowed. */
  forWriting(path: string, defaultFolder: string): ServerFile {
    const file = this.resolve(path, defaultFolder)
    this.assertWritable(file)
    if (file.exists && statSync(file.real).isDirectory()) throw new OsError(5)
    return file
  }

  /** Writes a new file, flushed to disk; OsError 80 when it exists, 112 when the drive is full. */
  createFile(path: string, defaultFolder: string, bytes: Uint8Array): ServerFile {
    const file = this.forWriting(path, defaultFolder)
    if (file.exists) throw new OsError(80)
    if (bytes.length > this.freeBytes(file.drive.letter)) throw new OsError(112)
    const handle = openSync(file.real, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      writeSync(handle, bytes)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    return file
  }

  readFile(path: string, defaultFolder: string, limit: number): Buffer {
    const file = this.resolve(path, defaultFolder)
    if (!file.exists) throw new OsError(2)
    const facts = statSync(file.real)
    if (facts.isDirectory()) throw new OsError(5)
    if (facts.size > limit) throw new OsError(1117)
    return readFileSync(file.real)
  }

  remove(file: ServerFile): void {
    this.assertWritable(file)
    unlinkSync(file.real)
  }

  makeFolder(path: string): void {
    const parts = path
      .replaceAll('/', '\\')
      .split('\\')
      .filter((part) => part !== '')
    parts.forEach((_, i) => {
      if (i === 0) return
      const file = this.resolve(parts.slice(0, i + 1).join('\\'), 'C:\\')
      if (file.exists) return
      this.assertWritable(file)
      mkdirSync(file.real, 0o700)
    })
  }

  /** undefined when there is no such folder. */
  list(path: string): DirectoryEntry[] | undefined {
    try {
      const folder = this.resolve(path, 'C:\\')
      if (!folder.exists || !statSync(folder.real).isDirectory()) return undefined
      return readdirSync(folder.real).map((name) => {
        const facts = statSync(join(folder.real, name))
        return {
          name,
          isDirectory: facts.isDirectory(),
          size: facts.isDirectory() ? 0 : facts.size,
          modified: facts.mtime,
        }
      })
    } catch (error) {
      if (error instanceof OsError) return undefined
      throw error
    }
  }

  kindOf(path: string): 'file' | 'folder' | undefined {
    try {
      const found = this.resolve(path, 'C:\\')
      if (!found.exists) return undefined
      return statSync(found.real).isDirectory() ? 'folder' : 'file'
    } catch (error) {
      if (error instanceof OsError) return undefined
      throw error
    }
  }

  freeBytes(letter: string): number {
    const forced = this.forcedFree.get(letter)
    if (forced !== undefined) return forced
    const drive = this.drives.find((candidate) => candidate.letter === letter)
    return drive === undefined ? 0 : Math.max(0, drive.capacity - sizeBelow(join(this.root, letter)))
  }
}

function checkedName(raw: string): string {
  if (FORBIDDEN.test(raw)) throw new OsError(123)
  // Windows drops dots and spaces at the end of a name.
  const name = raw.replace(/[. ]+$/, '')
  if (name === '' || DEVICE_NAMES.test(name)) throw new OsError(123)
  return name
}

function findIgnoringCase(folder: string, name: string): string | undefined {
  if (existsSync(join(folder, name))) return name
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return undefined
  const lower = name.toLowerCase()
  return readdirSync(folder).find((candidate) => candidate.toLowerCase() === lower)
}

function sizeBelow(folder: string): number {
  let sum = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    sum += entry.isDirectory() ? sizeBelow(path) : statSync(path).size
  }
  return sum
}
