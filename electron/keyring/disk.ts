import { existsSync, readFileSync, statSync } from 'node:fs'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { removeLeftovers, writeFileAtomic, writeNewFile } from '../platform/atomic-file.ts'
import { isMissing, readFileCapped } from '../platform/read-file.ts'
import { damaged, limits, parseFile, type KeyringFile } from './file.ts'
import type { KdfPolicy } from './kdf.ts'

/** The one file on disk. Remembers what it last read or wrote, so that another writer is noticed before it is lost. */
export class KeyringDisk {
  readonly path: string
  readonly #policy: KdfPolicy
  #known: string | null = null

  constructor(path: string, policy: KdfPolicy) {
    this.path = path
    this.#policy = policy
  }

  get exists(): boolean {
    return existsSync(this.path)
  }

  /** Also removes what a killed writer left beside it. Errors of `parseFile`, `keyring-absent`, `local-file-not-read`. */
  async read(): Promise<KeyringFile> {
    await removeLeftovers(this.path).catch(() => 0)
    const text = await this.#readText()
    if (text === null) throw new KeyturnError('keyring-absent')
    const file = parseFile(text, this.#policy)
    this.#known = text
    return file
  }

  /** For `status`, which can't wait: null if absent, too large or not readable as a keyring. */
  peek(): KeyringFile | null {
    try {
      return statSync(this.path).size > limits.fileBytes
        ? null
        : parseFile(readFileSync(this.path, 'utf8'), this.#policy)
    } catch {
      return null
    }
  }

  /** Leftovers are for `read` to remove: here another program may be writing its own part at this moment. */
  async create(text: string): Promise<void> {
    await writeNewFile(this.path, Buffer.from(text, 'utf8'))
    this.#known = text
  }

  /** `keyring-changed-outside` where the file is not what this object knows; a file that is gone is written anew. */
  async replace(text: string): Promise<void> {
    if (text.length > limits.fileBytes)
      throw new KeyturnError('keyring-full', { limit: `${limits.fileBytes} bytes` })
    const present = await this.#readText()
    if (present !== null && present !== this.#known) throw new KeyturnError('keyring-changed-outside')
    await writeFileAtomic(this.path, Buffer.from(text, 'utf8'))
    this.#known = text
  }

  async #readText(): Promise<string | null> {
    try {
      const bytes = await readFileCapped(this.path, limits.fileBytes)
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (error) {
      if (isMissing(error)) return null
      if (error instanceof KeyturnError && error.code !== 'file-too-large') throw error
      throw damaged('the file is not a keyring')
    }
  }
}
