import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'

/** The sentence that a person types before anything is written to their server. */
export const consentSentence = (server: string): string => `Create and drop scratch objects on ${server}`

/** True only for the exact sentence; an input that ends says no. */
export const askConsent = async (server: string, input: Readable, output: Writable): Promise<boolean> => {
  const sentence = consentSentence(server)
  const lines = createInterface({ input, output })
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
  try {
    const typed = await Promise.race([
      lines.question(
        `--writes makes a database KT_conf_<random> with keys in it, and drops it.\nType: ${sentence}\n> `,
      ),
      ended,
    ])
    return typed.trim() === sentence
  } finally {
    lines.close()
  }
}
