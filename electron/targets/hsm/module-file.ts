import { createHash } from 'node:crypto'
import { open, realpath, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, isAbsolute } from 'node:path'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { HsmModuleFacts, HsmModuleRef } from '../../ports/hsm.ts'

/** A vendor's library is rarely over 50 MB; what is bigger is something else. */
const longestModule = 256 << 20

/** See `Hsms.inspect`. Reads only; nothing is loaded. */
export const inspectModule = async (path: string): Promise<HsmModuleFacts> => {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new KeyturnError('hsm-module-path', { path: path.slice(0, 200) })
  const missing = (cause: unknown): KeyturnError =>
    new KeyturnError('hsm-module-missing', { path }, { cause })
  const realPath = await realpath(path).catch((cause: unknown) => Promise.reject(missing(cause)))
  const file = await open(realPath, 'r').catch((cause: unknown) => Promise.reject(missing(cause)))
  try {
    const { uid, mode, size, isFile } = await file
      .stat()
      .then((found) => ({ ...found, isFile: found.isFile() }))
    if (!isFile) throw new KeyturnError('hsm-module-missing', { path })
    if (size > longestModule)
      throw new KeyturnError('hsm-module-not-one', { path, what: 'longer than any module' })
    const bytes = await file.readFile()
    const found = libraryKind(bytes)
    if ('not' in found) throw new KeyturnError('hsm-module-not-one', { path, what: found.not })
    await refuseWritable(realPath, { uid, mode })
    return {
      path,
      realPath,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      format: found.format,
      owner: ownerOf(uid),
    }
  } finally {
    await file.close()
  }
}

/** The file that is to be loaded: the pinned one, still not writable by others. */
export const pinnedModule = async (ref: HsmModuleRef): Promise<HsmModuleFacts> => {
  const facts = await inspectModule(ref.path)
  if (facts.sha256 !== ref.sha256) throw new KeyturnError('hsm-module-changed', { path: ref.path })
  return facts
}

type LibraryKind = { format: HsmModuleFacts['format'] } | { not: string }

/** By its header: the loader of the system would say less, and run the file's code when it takes it. */
export const libraryKind = (
  bytes: Buffer,
  computer: { platform: NodeJS.Platform; arch: string } = { platform: process.platform, arch: process.arch },
): LibraryKind => {
  const found = headerOf(bytes)
  if (found === null) return { not: 'no program library' }
  if ('not' in found) return found
  const wanted = formats[computer.platform] ?? 'elf'
  if (found.format !== wanted) return { not: `a library for another system (${formatWords[found.format]})` }
  if (found.arch !== null && found.arch !== computer.arch)
    return { not: `a library for another processor (${found.arch})` }
  return { format: found.format }
}

const formats: Readonly<Partial<Record<NodeJS.Platform, HsmModuleFacts['format']>>> = {
  win32: 'pe',
  darwin: 'mach-o',
}
const formatWords = { elf: 'Linux', pe: 'Windows', 'mach-o': 'macOS' } as const

type Header = { format: HsmModuleFacts['format']; arch: string | null } | { not: string }

const headerOf = (bytes: Buffer): Header | null => {
  if (bytes.length < 64) return null
  if (bytes.readUInt32BE() === 0x7f454c46) return elf(bytes)
  if (bytes.toString('latin1', 0, 2) === 'MZ') return pe(bytes)
  const magic = bytes.readUInt32LE()
  if (magic === 0xfeedfacf) return { format: 'mach-o', arch: machArch[bytes.readUInt32LE(4)] ?? null }
  // Universal: more than one processor in one file.
  if (bytes.readUInt32BE() === 0xcafebabe) return { format: 'mach-o', arch: null }
  return magic === 0xfeedface ? { not: 'a 32-bit library' } : null
}

const machArch: Readonly<Record<number, string>> = { 0x01000007: 'x64', 0x0100000c: 'arm64' }
const elfArch: Readonly<Record<number, string>> = { 0x3e: 'x64', 0xb7: 'arm64' }
const peArch: Readonly<Record<number, string>> = { 0x8664: 'x64', 0xaa64: 'arm64' }
const sharedObject = 3

const elf = (bytes: Buffer): Header => {
  if (bytes[4] === 1) return { not: 'a 32-bit library' }
  if (bytes[4] !== 2 || bytes[5] !== 1 || bytes.readUInt16LE(16) !== sharedObject)
    return { not: 'no program library' }
  return { format: 'elf', arch: elfArch[bytes.readUInt16LE(18)] ?? 'unknown' }
}

const pe = (bytes: Buffer): Header => {
  const at = bytes.readUInt32LE(0x3c)
  if (at > bytes.length - 26 || bytes.readUInt32BE(at) !== 0x50450000) return { not: 'no program library' }
  const optional = bytes.readUInt16LE(at + 24)
  if (optional === 0x10b) return { not: 'a 32-bit library' }
  const isLibrary = (bytes.readUInt16LE(at + 22) & 0x2000) !== 0
  if (optional !== 0x20b || !isLibrary) return { not: 'no program library' }
  return { format: 'pe', arch: peArch[bytes.readUInt16LE(at + 4)] ?? 'unknown' }
}

interface Rights {
  uid: number
  mode: number
}

/**
 * Who may change the file, or put another in its place, decides what sees the PIN. Windows has no mode bits: there the
 * hash that is compared at each start is what is left.
 */
const refuseWritable = async (path: string, file: Rights): Promise<void> => {
  if (process.platform === 'win32') return
  refuse(path, file, false)
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { uid, mode } = await stat(folder)
    refuse(folder, { uid, mode }, true)
    if (folder === dirname(folder)) return
  }
}

const refuse = (place: string, { uid, mode }: Rights, isFolder: boolean): void => {
  // In a folder with the sticky bit (like /tmp) only the owner of a file may replace it.
  const sticky = isFolder && (mode & 0o1000) !== 0
  if ((mode & 0o002) !== 0 && !sticky)
    throw new KeyturnError('hsm-module-writable', { place, who: 'every account' })
  if ((mode & 0o020) !== 0 && !sticky)
    throw new KeyturnError('hsm-module-writable', { place, who: 'a group of accounts' })
  const own = process.getuid?.()
  if (uid !== 0 && uid !== own)
    throw new KeyturnError('hsm-module-writable', { place, who: ownerOf(uid) ?? 'another account' })
}

const ownerOf = (uid: number): string | null => {
  if (process.platform === 'win32') return null
  if (uid === 0) return 'root'
  const { uid: own, username } = userInfo()
  return uid === own ? username : `uid ${uid}`
}
