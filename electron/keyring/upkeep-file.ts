import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { writeFileAtomic } from '../platform/atomic-file.ts'

const time = z.iso.datetime()
const name = z.string().max(1_024)

/** Beside the keyring, without any secret: what was done about it, and wrong passphrases in a row. */
const schema = z.strictObject({
  format: z.literal(1),
  /** `until`: when the next passphrase may be tried, by the wall clock. */
  wrong: z.strictObject({ count: z.int().min(0), until: time.nullable() }),
  /** The last backup that was reopened, or the one that was restored. */
  backup: z
    .strictObject({ keyring: name, changes: z.int(), at: time, name, folder: name, secrets: z.int() })
    .nullable(),
  /** The last recovery sheet, and what it says. */
  sheet: z.strictObject({ at: time, salt: name, path: name, outerWrap: z.boolean() }).nullable(),
})
export type Upkeep = z.infer<typeof schema>

const nothing: Upkeep = { format: 1, wrong: { count: 0, until: null }, backup: null, sheet: null }
const mostBytes = 64 * 2 ** 10

export interface UpkeepFile {
  readonly content: Upkeep
  /** Writes first, then changes `content`. Errors of `writeFileAtomic`. */
  update(part: Partial<Upkeep>): Promise<void>
}

/**
 * A file that is missing or can't be read counts as "nothing was done": then a backup and a sheet are due, which is the
 * harmless mistake.
 */
export const openUpkeep = (path: string): UpkeepFile => {
  let content = read(path)
  let last: Promise<unknown> = Promise.resolve()
  return {
    get content() {
      return content
    },
    update: (part) => {
      const step = last.then(async () => {
        const next = { ...content, ...part }
        await writeFileAtomic(path, Buffer.from(JSON.stringify(next, null, 1)))
        content = next
      })
      last = step.catch(() => undefined)
      return step
    },
  }
}

const read = (path: string): Upkeep => {
  try {
    if (statSync(path).size > mostBytes) return nothing
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return nothing
  }
}
