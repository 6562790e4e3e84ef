import { ContentDraft } from './content.ts'
import type { KeyringContent } from './file.ts'
import type { Vault } from './vault.ts'

/** One edit: throws before it changes the draft, or changes it as a whole. */
export type Edit<Result, Secret> = (draft: ContentDraft, vault: Vault, secret: Secret) => Result

interface Waiting {
  /** Applies the edit; the returned function tells its asker when it is durable. */
  apply(draft: ContentDraft): () => void
  fail(error: unknown): void
  before(): KeyringContent
}

/**
 * Edits that are asked for while a write is under way go into the next write together: keeping ten thousand secrets at
 * once costs a few writes of the file, not ten thousand. Each asker hears only when its own edit is on the disk.
 */
export class Edits {
  #waiting: Waiting[] = []
  readonly #enqueue: (work: () => Promise<void>) => Promise<void>
  readonly #write: (content: KeyringContent) => Promise<void>

  constructor(
    enqueue: (work: () => Promise<void>) => Promise<void>,
    write: (content: KeyringContent) => Promise<void>,
  ) {
    this.#enqueue = enqueue
    this.#write = write
  }

  add<Result>(edit: (draft: ContentDraft) => Result, before: () => KeyringContent): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const apply = (draft: ContentDraft): (() => void) => {
        const result = edit(draft)
        return () => resolve(result)
      }
      this.#waiting.push({ apply, fail: reject, before })
      if (this.#waiting.length === 1) void this.#enqueue(() => this.#writeWaiting())
    })
  }

  /** Never throws: each failure is its asker's, and that of the write is everybody's in it. */
  async #writeWaiting(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    const applied: (() => void)[] = []
    try {
      const [first] = batch
      if (first === undefined) return
      const draft = new ContentDraft(first.before())
      for (const { apply, fail } of batch) {
        try {
          applied.push(apply(draft))
        } catch (error) {
          fail(error)
        }
      }
      const content = draft.finished()
      if (content !== null) await this.#write(content)
      for (const tell of applied) tell()
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
  }
}
