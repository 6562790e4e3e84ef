import { problemOf } from '../../shared/errors/problem.ts'
import { isWord } from '../formats/slip39/index.ts'
import { readShareFile } from '../escrow/share-file.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { SecretLines } from './secret-lines.ts'

const wordsOfShare = 33

/**
 * A share as its holder types it, over as many lines as that takes; nothing of it is shown. A word that is not in the
 * list is told by its position, and typing goes on from there. Null: the input was over. The caller wipes it.
 */
export const askShare = async (
  lines: SecretLines,
  which: string,
  say: (line: string) => void,
): Promise<SecretBytes | null> => {
  for (;;) {
    using words = await askWords(lines, which, say)
    if (words === null) return null
    try {
      return words.use(readShareFile)
    } catch (error) {
      const { title, next } = problemOf(error)
      say(`${title}. ${next}. Type share ${which} again from its first word.`)
    }
  }
}

const askWords = async (
  lines: SecretLines,
  which: string,
  say: (line: string) => void,
): Promise<SecretBytes | null> => {
  const typed = Buffer.alloc(8 * 1024)
  let length = 0
  let count = 0
  try {
    while (count < wordsOfShare) {
      using line = await lines.ask(
        `Share ${which}, from word ${count + 1} of ${wordsOfShare} on (not shown): `,
      )
      if (line === null) return null
      const wrong = line.use((bytes) => {
        for (const word of wordsIn(bytes)) {
          const lower = Buffer.from(word.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)))
          using held = SecretBytes.take(lower)
          if (!held.use((own) => isWord(own.toString('latin1')))) return true
          length += word.copy(typed, length)
          typed[length++] = 0x20
          count += 1
        }
        return false
      })
      if (wrong) say(`Word ${count + 1} is not in the list of words. Go on with word ${count + 1}.`)
    }
    return SecretBytes.take(typed.subarray(0, length))
  } finally {
    typed.fill(0)
  }
}

/** Views into the line. */
function* wordsIn(line: Buffer): Generator<Buffer> {
  let start = 0
  for (let at = 0; at <= line.length; at += 1) {
    if (at < line.length && (line[at] ?? 0) > 0x20) continue
    if (at > start) yield line.subarray(start, at)
    start = at + 1
  }
}
