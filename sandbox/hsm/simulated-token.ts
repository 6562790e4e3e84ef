import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '../common/durable-file.ts'
import { configure, makeToken, softHsmModule, type SimulatedToken } from './make-token.ts'

/** What a rehearsal is told of its token: where it is, or what it lacks. Its PINs are simulated, and public. */
export type TokenFacts = { token: SimulatedToken } | { missing: string }

/** The token of a rehearsal: made once, and found again after that. */
export class RehearsalToken {
  readonly #folder: string
  readonly #label: string
  #facts: TokenFacts = { missing: 'it was not made yet' }

  constructor(folder: string, label: string) {
    this.#folder = folder
    this.#label = label
  }

  facts(): TokenFacts {
    return this.#facts
  }

  async start(): Promise<void> {
    this.#facts = await this.#findOrMake()
  }

  /** Another token, with another serial number, as a new device has. */
  async reset(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true })
    await this.start()
  }

  async #findOrMake(): Promise<TokenFacts> {
    const module = softHsmModule()
    if (module === null) return { missing: 'SoftHSM is not installed (Debian: softhsm2)' }
    const file = join(this.#folder, 'token.json')
    try {
      if (existsSync(file)) {
        const token = JSON.parse(readFileSync(file, 'utf8')) as SimulatedToken
        // SoftHSM may have been updated since.
        const sha256 = createHash('sha256').update(readFileSync(module)).digest('hex')
        return { token: { ...token, module, sha256, configuration: await configure(this.#folder) } }
      }
      // Of a start that was killed between the two.
      rmSync(this.#folder, { recursive: true, force: true })
      const token = await makeToken(this.#folder, this.#label)
      writeDurably(file, JSON.stringify(token))
      return { token }
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) }
    }
  }
}
