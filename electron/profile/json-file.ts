import type { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { writeFileAtomic } from '../platform/atomic-file.ts'
import { isMissing, readFileCapped } from '../platform/read-file.ts'

/**
 * A small file of a profile, held in memory and written as a whole. Writes are queued, so the file always holds one
 * complete state. A file that can't be read stops the start: replacing it with an empty one would lose what is there.
 */
export interface JsonFile<Content> {
  readonly content: Content
  /** Writes first, then changes `content`: a failed write changes nothing. */
  update(change: (content: Content) => Content): Promise<void>
}

export const openJsonFile = async <Content>(
  path: string,
  schema: z.ZodType<Content>,
  empty: Content,
): Promise<JsonFile<Content>> => {
  let content: Content = await read(path, schema, empty)
  let queue: Promise<void> = Promise.resolve()
  return {
    get content() {
      return content
    },
    update: (change) => {
      const step = queue.then(async () => {
        const next = change(content)
        await writeFileAtomic(path, Buffer.from(JSON.stringify(next, null, 1)))
        content = next
      })
      queue = step.catch(() => undefined)
      return step
    },
  }
}

const sizeLimit = 32 * 1024 * 1024

const read = async <Content>(path: string, schema: z.ZodType<Content>, empty: Content): Promise<Content> => {
  let text: string
  try {
    text = (await readFileCapped(path, sizeLimit)).toString('utf8')
  } catch (error) {
    if (isMissing(error)) return empty
    throw error
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new KeyturnError('file-damaged', { file: path }, { cause })
  }
}
