import { existsSync, readFileSync, statSync } from 'node:fs'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { removeLeftovers, writeFileAtomic, writeNewFile } from '../platform/atomic-file.ts'
import { isMissing, readFileCapped } from '../platform/read-file.ts'
import { damaged, parseFile, type KeyringContent, type KeyringFile } from './file.ts'
import type { KdfPolicy } from './kdf.ts'
import { limits } from './limits.ts'

/** The one file on disk. Remembers what it last read or wrote, so that another writer is noticed before it is lost. */
export class KeyringDisk {
  readonly path: string
  readonly #policy: KdfPolicy
  #known: string | null = null
  #peeked: { mark: string; content: KeyringContent | null } | null = null

  constructor(path: string, policy: KdfPolicy) {
    this.path = path
    this.#policy = policy
  }

  get exists(): boolean {
    return existsSync(this.path)
  }

  /** Also removes what a killed writer left beside it. Errors of `parseFile`, `keyring-absent`, `local-file-not-read`. */
  async read(): Promise<KeyringFile> {
    await this.tidy()
    const text = await this.#readText()
    if (text === null) throw new KeyturnError('keyring-absent')
    const file = parseFile(text, this.#policy)
    this.#known = text
    return file
  }

  /** What a killed writer left may open with a passphrase that was changed since. */
  async tidy(): Promise<void> {
    await removeLeftovers(this.path).catch(() => 0)
  }

  /**
   * For `status`, which can't wait: null if absent, too large or not readable as a keyring. Asked at every request while
   * locked, so the file is read again only when it is another one.
   */
  peek(): KeyringContent | null {
    try {
      const { size, mtimeMs, ctimeMs, ino } = statSync(this.path)
      const mark = [size, mtimeMs, ctimeMs, ino].join(' ')
      if (this.#peeked?.mark !== mark) this.#peeked = { mark, content: this.#parsed(size) }
      return this.#peeked.content
    } catch {
      return null
    }
  }

  /** Leftovers are for `read` to remove: here another program may be writing its own part at this moment. */
  async create(text: string): Promise<void> {
    try {
      await writeNewFile(this.path, Buffer.from(text, 'utf8'))
    } catch (error) {
      throw error instanceof KeyturnError && error.code === 'local-file-exists'
        ? new KeyturnError('keyring-exists')
        : error
    }
    this.#known = text
  }

  /** `keyring-changed-outside` where the file is not what this object knows; a file that is gone is written anew. */
  async replace(text: string): Promise<void> {
    const present = await this.#readText()
    if (present !== null && present !== this.#known) throw new KeyturnError('keyring-changed-outside')
    await this.put(text)
  }

  /** Whatever is there now goes: for a restore, which has kept it elsewhere. */
  async put(text: string): Promise<void> {
    if (text.length > limits.fileBytes)
      throw new KeyturnError('keyring-full', { limit: `${limits.fileBytes} bytes` })
    await writeFileAtomic(this.path, Buffer.from(text, 'utf8'))
    this.#known = text
  }

  async #readText(): Promise<string | null> {
    try {
      return await readKeyringText(this.path)
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  #parsed(size: number): KeyringContent | null {
    if (size > limits.fileBytes) return null
    try {
      return parseFile(readFileSync(this.path, 'utf8'), this.#policy).content
    } catch {
      return null
    }
  }
}

/** `keyring-damaged` for what can't be one, `local-file-not-read`. */
export const readKeyringText = async (path: string): Promise<string> => {
  try {
    const bytes = await readFileCapped(path, limits.fileBytes)
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (error instanceof KeyturnError && error.code !== 'file-too-large') throw error
    throw damaged('the file is not a keyring')
  }
}
