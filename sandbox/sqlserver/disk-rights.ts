import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

/** (R) and (F) of icacls. */
export type Rights = 'read' | 'full'

interface Entry {
  owner: string
  readers: string[]
  /** May also change it. */
  writers: string[]
}

/**
 * Who may read the files of one volume: a small file beside it, by path in the volume (lower case). A file without an
 * entry has what its folder gives, which is everybody. A service that writes a file is its owner and its only reader
 * until an administrator grants more, as the real engine does with key files, backups and data files.
 */
export class VolumeRights {
  private readonly path: string

  /** `path` is the file that keeps the entries. Volumes that several servers share use the same file. */
  constructor(path: string) {
    this.path = path
  }

  mayRead(file: string, account: string): boolean {
    const entry = this.read().get(file.toLowerCase())
    return (
      entry === undefined ||
      [entry.owner, ...entry.readers, ...entry.writers].some((one) => sameAccount(one, account))
    )
  }

  /** Overwriting, deleting, or opening as the file of a database. */
  mayWrite(file: string, account: string): boolean {
    const entry = this.read().get(file.toLowerCase())
    return entry === undefined || [entry.owner, ...entry.writers].some((one) => sameAccount(one, account))
  }

  own(file: string, account: string): void {
    this.change((entries) => {
      entries.set(file.toLowerCase(), { owner: account, readers: [], writers: [] })
    })
  }

  /** A file that everybody could read stays so. */
  grant(file: string, account: string, rights: Rights): void {
    this.change((entries) => {
      const entry = entries.get(file.toLowerCase())
      const granted = rights === 'full' ? entry?.writers : entry?.readers
      if (granted?.some((one) => sameAccount(one, account)) === false) granted.push(account)
    })
  }

  /** The entry of one file given to another: a copy that keeps its rights. */
  give(file: string, to: VolumeRights, target: string): void {
    const entry = this.read().get(file.toLowerCase())
    if (entry === undefined) to.forget(target)
    else
      to.change((entries) => {
        entries.set(target.toLowerCase(), entry)
      })
  }

  forget(file: string): void {
    if (!this.read().has(file.toLowerCase())) return
    this.change((entries) => {
      entries.delete(file.toLowerCase())
    })
  }

  private read(): Map<string, Entry> {
    if (!existsSync(this.path)) return new Map()
    return new Map(JSON.parse(readFileSync(this.path, 'utf8')) as [string, Entry][])
  }

  private change(change: (entries: Map<string, Entry>) => void): void {
    const entries = this.read()
    change(entries)
    const part = `${this.path}.part`
    const handle = openSync(part, 'w', 0o600)
    try {
      writeSync(handle, JSON.stringify([...entries]))
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(part, this.path)
  }
}

const sameAccount = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
