import { SecretBytes } from '../platform/secret-bytes.ts'

export interface SecretLines {
  /** One line, without its end, after a prompt on standard error. Null: the input is over and nothing was left. */
  ask(prompt: string): Promise<SecretBytes | null>
  /** Lets the process end. */
  close(): void
}

const interrupt = 3
const endOfInput = 4
const carriageReturn = 13
const lineFeed = 10
const erase = new Set([8, 127])
const longest = 4096

/**
 * Lines from standard input that must not be seen: at a terminal they are not shown. The bytes go into the holders as
 * they arrive; no string is made of them. What came with one line and belongs to the next is kept for it.
 */
export const secretLines = (
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): SecretLines => {
  let waiting: Buffer[] = []
  let ended = false
  let afterReturn = false
  let wake: (() => void) | null = null
  const note = (): void => {
    wake?.()
    wake = null
  }
  const onData = (chunk: Buffer | string): void => {
    waiting.push(Buffer.from(chunk))
    input.pause()
    note()
  }
  const onEnd = (): void => {
    ended = true
    note()
  }
  input.on('data', onData).on('end', onEnd).on('error', onEnd)
  input.pause()

  const moreCame = async (): Promise<void> => {
    const came = new Promise<void>((resolve) => (wake = resolve))
    input.resume()
    await came
  }

  /** True: the line is over. Takes the bytes it read out of `chunk`, and leaves the rest. */
  const take = (chunk: Buffer, line: { bytes: Buffer; length: number }): boolean => {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0
      chunk[at] = 0
      const skip = byte === lineFeed && afterReturn
      afterReturn = byte === carriageReturn
      if (skip) continue
      if (byte === interrupt && input.isTTY) process.exit(130)
      if (byte === lineFeed || byte === carriageReturn || (byte === endOfInput && input.isTTY)) {
        waiting = [chunk.subarray(at + 1), ...waiting.slice(1)]
        return true
      }
      if (erase.has(byte)) line.length = Math.max(0, line.length - 1)
      else if (line.length < longest) line.bytes[line.length++] = byte
    }
    waiting = waiting.slice(1)
    return false
  }

  const readLine = async (): Promise<SecretBytes | null> => {
    const line = { bytes: Buffer.alloc(longest), length: 0 }
    try {
      for (;;) {
        const [chunk] = waiting
        if (chunk !== undefined) {
          if (take(chunk, line)) break
        } else if (ended) {
          if (line.length === 0) return null
          break
        } else await moreCame()
      }
      return SecretBytes.take(line.bytes.subarray(0, line.length))
    } finally {
      line.bytes.fill(0)
    }
  }

  // From before the first prompt to the end: what is typed ahead, between two questions, must not be seen either.
  const hide = (hidden: boolean): void => {
    if (input.isTTY) input.setRawMode(hidden)
  }

  return {
    ask: async (prompt) => {
      hide(true)
      output.write(prompt)
      try {
        return await readLine()
      } finally {
        output.write('\n')
      }
    },
    close: () => {
      for (const chunk of waiting) chunk.fill(0)
      hide(false)
      input.off('data', onData).off('end', onEnd).off('error', onEnd)
      input.pause()
    },
  }
}
