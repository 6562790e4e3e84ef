import { SecretBytes } from '../platform/secret-bytes.ts'

/**
 * One line from standard input. At a terminal it is not shown. The bytes go into the holder as they arrive; no string
 * is made of them.
 */
export const askPassphrase = async (
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<SecretBytes> => {
  const hidden = input.isTTY
  // Before the question: what is typed as soon as it stands there must not be seen.
  if (hidden) input.setRawMode(true)
  output.write('Passphrase of the keyring: ')
  try {
    return await readLine(input)
  } finally {
    if (hidden) input.setRawMode(false)
    output.write('\n')
    input.pause()
  }
}

const interrupt = 3
const lineEnds = new Set([10, 13])
const erase = new Set([8, 127])
const longest = 4096

const readLine = async (input: NodeJS.ReadStream): Promise<SecretBytes> => {
  const typed = Buffer.alloc(longest)
  let length = 0
  try {
    for await (const chunk of input as AsyncIterable<Buffer | string>) {
      for (const byte of Buffer.from(chunk)) {
        if (lineEnds.has(byte)) return SecretBytes.take(typed.subarray(0, length))
        if (byte === interrupt) process.exit(130)
        if (erase.has(byte)) length = Math.max(0, length - 1)
        else if (length < longest) typed[length++] = byte
      }
    }
    return SecretBytes.take(typed.subarray(0, length))
  } finally {
    typed.fill(0)
  }
}
