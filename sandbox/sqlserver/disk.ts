import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { VolumeRights } from './disk-rights.ts'
import type { Rights } from './disk-rights.ts'

/** What the operating system of the simulated server answers; `text` is what the engine puts behind "Operating system error". */
export class OsError extends Error {
  readonly code: number
  readonly text: string
  constructor(code: number, meaning = OS_ERRORS[code] ?? 'Unknown error.') {
    super(meaning)
    this.code = code
    this.text = `${code}(${meaning})`
  }
}

const OS_ERRORS: Record<number, string> = {
  2: 'The system cannot find the file specified.',
  3: 'The system cannot find the path specified.',
  5: 'Access is denied.',
  32: 'The process cannot access the file because it is being used by another process.',
  53: 'The network path was not found.',
  67: 'The network name cannot be found.',
  80: 'The file exists.',
  112: 'There is not enough space on the disk.',
  123: 'The filename, directory name, or volume label syntax is incorrect.',
  206: 'The filename or extension is too long.',
  1117: 'The request could not be performed because of an I/O device error.',
}

export interface DriveOptions {
  /** One upper-case letter; for a shared folder its UNC name. */
  letter: string
  label: string
  /** Bytes that the drive can hold. */
  capacity: number
}

/** A folder that several simulated servers see under one UNC name. */
export interface ShareOptions {
  /** `\\\\server\\share` */
  unc: string
  /** Where its files are on this machine. */
  folder: string
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
  /** Path inside the volume, as the volume's rights know it. */
  inside: string
}

export interface DiskOptions {
  /** The service account: who reads and writes. */
  account?: string
  shares?: readonly ShareOptions[]
}

interface Volume {
  drive: DriveOptions
  real: string
  rights: VolumeRights
}

const DEVICE_NAMES = /^(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)/i
const FORBIDDEN = /[<>"|?*\u0000-\u001f:/]/
const MAX_PATH = 259

/**
 * The disks of one simulated server: folders below `root`, shown as Windows drives, and the shared folders that it
 * reaches by UNC name; nothing else is reachable. What the service account may not read answers operating system error 5.
 */
export class ServerDisk {
  private readonly volumes = new Map<string, Volume>()
  readonly account: string
  readonly drives: readonly DriveOptions[]
  /** Server folders (as shown, lower case) that can't be written. */
  readonly readOnlyFolders = new Set<string>()
  /** Drive letter -> bytes left, in place of what is really left. */
  readonly forcedFree = new Map<string, number>()

  constructor(root: string, drives: readonly DriveOptions[], options: DiskOptions = {}) {
    this.drives = drives
    this.account = options.account ?? 'NT Service\\MSSQLSERVER'
    for (const drive of drives) this.addVolume(drive, join(root, drive.letter))
    for (const { unc, folder, capacity } of options.shares ?? [])
      this.addVolume({ letter: unc, label: unc, capacity }, folder)
  }

  private addVolume(drive: DriveOptions, real: string): void {
    mkdirSync(real, { recursive: true, mode: 0o700 })
    this.volumes.set(drive.letter.toLowerCase(), {
      drive,
      real,
      rights: new VolumeRights(`${real}.rights.json`),
    })
  }

  /** Finds a path without touching the file. Throws OsError for what Windows would refuse. */
  resolve(path: string, defaultFolder: string): ServerFile {
    const { volume, names } = this.place(path, defaultFolder)
    let real = volume.real
    const inside: string[] = []
    let exists = true
    names.forEach((name, i) => {
      const found = exists ? findIgnoringCase(real, name) : undefined
      if (found === undefined && i < names.length - 1) throw new OsError(3)
      exists = found !== undefined
      real = join(real, found ?? name)
      inside.push(found ?? name)
    })
    const { letter } = volume.drive
    const root = letter.startsWith('\\\\') ? letter : `${letter}:`
    const shown = names.length === 0 ? `${root}\\` : [root, ...inside].join('\\')
    return { shown, real, drive: volume.drive, exists, inside: inside.join('\\') }
  }

  private place(path: string, defaultFolder: string): { volume: Volume; names: string[] } {
    const slashed = path.replaceAll('/', '\\')
    if (slashed.includes('\u0000') || slashed === '') throw new OsError(123)
    if (slashed.length > MAX_PATH) throw new OsError(206)
    if (slashed.startsWith('\\\\')) return this.shared(slashed)
    const absolute = /^([a-zA-Z]):\\/.exec(slashed)
    if (absolute === null && slashed.includes(':')) throw new OsError(123)
    const full =
      absolute !== null
        ? slashed
        : slashed.startsWith('\\')
          ? `${defaultFolder.slice(0, 2)}${slashed}`
          : `${defaultFolder}\\${slashed}`
    const volume = this.volumes.get((full[0] ?? 'c').toLowerCase())
    const names = segments(full.slice(3))
    if (volume === undefined) throw new OsError(3)
    return { volume, names }
  }

  private shared(path: string): { volume: Volume; names: string[] } {
    const [server = '', share = '', ...rest] = path.slice(2).split('\\')
    const volume = this.volumes.get(`\\\\${server}\\${share}`.toLowerCase())
    if (volume !== undefined) return { volume, names: segments(rest.join('\\')) }
    const known = [...this.volumes.keys()].some((unc) => unc.startsWith(`\\\\${server.toLowerCase()}\\`))
    throw new OsError(known ? 67 : 53)
  }

  private rightsOf(file: ServerFile): VolumeRights {
    return (this.volumes.get(file.drive.letter.toLowerCase()) as Volume).rights
  }

  mayRead(file: ServerFile): boolean {
    return this.rightsOf(file).mayRead(file.inside, this.account)
  }

  /** The service wrote this file: from now on it is the only one that may read it. */
  own(file: ServerFile): void {
    this.rightsOf(file).own(file.inside, this.account)
  }

  /** What an administrator does with icacls; on a folder, for every file that is in it now. */
  grant(path: string, account: string, rights: Rights): void {
    const file = this.resolve(path, 'C:\\')
    if (!file.exists) throw new OsError(2)
    if (!statSync(file.real).isDirectory()) this.rightsOf(file).grant(file.inside, account, rights)
    else
      for (const entry of this.list(file.shown) ?? [])
        this.grant(`${file.shown.replace(/\\$/, '')}\\${entry.name}`, account, rights)
  }

  /** Copies as an administrator does with `robocopy /COPYALL`: the copy has the rights of the original. */
  copyTo(path: string, target: ServerDisk, targetPath: string): void {
    const from = this.resolve(path, 'C:\\')
    if (!from.exists) throw new OsError(2)
    if (statSync(from.real).isDirectory()) throw new OsError(5)
    const to = target.resolve(targetPath, 'C:\\')
    if (to.exists) throw new OsError(80)
    if (statSync(from.real).size > target.freeBytes(to.drive.letter)) throw new OsError(112)
    copyFileSync(from.real, to.real, constants.COPYFILE_EXCL)
    this.rightsOf(from).give(from.inside, target.rightsOf(to), to.inside)
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
    if (file.exists && !this.rightsOf(file).mayWrite(file.inside, this.account)) throw new OsError(5)
    return file
  }

  /** For a file that a database is going to keep open: read and written by the service. */
  forOpening(path: string, defaultFolder: string): ServerFile {
    const file = this.forReading(path, defaultFolder)
    return this.forWriting(file.shown, defaultFolder)
  }

  /** For a file that is going to be read; throws OsError 2 where there is none, 5 where the service may not read it. */
  forReading(path: string, defaultFolder: string): ServerFile {
    const file = this.resolve(path, defaultFolder)
    if (!file.exists) throw new OsError(2)
    if (statSync(file.real).isDirectory() || !this.mayRead(file)) throw new OsError(5)
    return file
  }

  /** Writes a new file of the service, flushed to disk; OsError 80 when it exists, 112 when the drive is full. */
  createFile(path: string, defaultFolder: string, bytes: Uint8Array): ServerFile {
    const file = this.placeFile(path, bytes, defaultFolder)
    this.own(file)
    return file
  }

  /** The same for a file that an administrator puts there: it has the rights of its folder. */
  placeFile(path: string, bytes: Uint8Array, defaultFolder = 'C:\\'): ServerFile {
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
    const file = this.forReading(path, defaultFolder)
    if (statSync(file.real).size > limit) throw new OsError(1117)
    return readFileSync(file.real)
  }

  /** Also where there is no such file any more. */
  remove(file: ServerFile): void {
    this.assertWritable(file)
    rmSync(file.real, { force: true })
    this.rightsOf(file).forget(file.inside)
  }

  makeFolder(path: string): void {
    const { volume, names } = this.place(path, 'C:\\')
    const root = volume.drive.letter.startsWith('\\\\') ? volume.drive.letter : `${volume.drive.letter}:`
    names.forEach((_, i) => {
      const file = this.resolve([root, ...names.slice(0, i + 1)].join('\\'), 'C:\\')
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
    const volume = this.volumes.get(letter.toLowerCase())
    return volume === undefined ? 0 : Math.max(0, volume.drive.capacity - sizeBelow(volume.real))
  }
}

function segments(path: string): string[] {
  const names: string[] = []
  for (const raw of path.split('\\')) {
    if (raw === '' || raw === '.') continue
    if (raw === '..') names.pop()
    else names.push(checkedName(raw))
  }
  return names
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
