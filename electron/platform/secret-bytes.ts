import { inspect } from 'node:util'
import { KeyturnError } from '../../shared/errors/problem.ts'

const shown = '«secret»'

/**
 * Bytes that must not be printed, compared by text or kept longer than needed. Wiping is best effort: JavaScript may
 * have copied the bytes before they came here, and strings can't be wiped at all. Whoever gets one of these wipes it.
 * Every read after `wipe` throws `secret-wiped`.
 */
export class SecretBytes implements Disposable {
  #bytes: Buffer
  #wiped = false

  private constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Takes ownership: the bytes are copied and the input is filled with zeros. */
  static take(bytes: Uint8Array): SecretBytes {
    const own = Buffer.alloc(bytes.length)
    own.set(bytes)
    bytes.fill(0)
    return new SecretBytes(own)
  }

  /** UTF-8. The text itself stays in memory until it is collected: use it only where a string can't be avoided. */
  static fromText(text: string): SecretBytes {
    return SecretBytes.take(Buffer.from(text, 'utf8'))
  }

  get length(): number {
    return this.#read().length
  }

  get wiped(): boolean {
    return this.#wiped
  }

  /** Lends the bytes themselves, not a copy: they must not be kept or changed by `read`. */
  use<Result>(read: (bytes: Buffer) => Result): Result {
    return read(this.#read())
  }

  /** Lends a copy for as long as `read` works on it, so that a wipe in between can't turn it into zeros half way. */
  async useAsync<Result>(read: (bytes: Buffer) => Promise<Result>): Promise<Result> {
    const lent = Buffer.from(this.#read())
    try {
      return await read(lent)
    } finally {
      lent.fill(0)
    }
  }

  /** A second holder, to be wiped on its own. */
  copy(): SecretBytes {
    return SecretBytes.take(Buffer.from(this.#read()))
  }

  /** Fills the bytes with zeros. Doing it again changes nothing. */
  wipe(): void {
    this.#bytes.fill(0)
    this.#wiped = true
  }

  [Symbol.dispose](): void {
    this.wipe()
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [inspect.custom](): string {
    return shown
  }

  #read(): Buffer {
    if (this.#wiped) throw new KeyturnError('secret-wiped')
    return this.#bytes
  }
}
