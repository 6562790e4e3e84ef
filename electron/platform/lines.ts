import { StringDecoder } from 'node:string_decoder'

/** Cuts a stream of UTF-8 bytes into lines. A line that grows over `limit` characters is given cut, its rest dropped. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #listener: (line: string) => void
  readonly #limit: number
  #line = ''

  constructor(listener: (line: string) => void, limit = 65_536) {
    this.#listener = listener
    this.#limit = limit
  }

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk))
  }

  /** Gives what is left after the last line end, if anything. */
  end(): void {
    this.#take(this.#decoder.end())
    if (this.#line !== '') this.#give()
  }

  #take(text: string): void {
    const pieces = text.split('\n')
    pieces.forEach((piece, index) => {
      if (this.#line.length < this.#limit) this.#line = (this.#line + piece).slice(0, this.#limit)
      if (index < pieces.length - 1) this.#give()
    })
  }

  #give(): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    this.#listener(line)
  }
}
