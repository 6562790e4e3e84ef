import { join } from 'node:path'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { answers } from '../../shared/ipc/schemas.ts'
import { jobIds } from '../../shared/model/job.ts'
import { asDraftId, type DraftId } from '../../shared/model/ids.ts'
import { newIdText, systemRandom } from '../platform/random.ts'
import type { Clock } from '../ports/clock.ts'
import { openJsonFile } from './json-file.ts'

const draft = z.object({
  id: z.string().transform(asDraftId),
  job: z.enum(jobIds),
  answers,
  screen: z.string(),
  savedAt: z.string(),
  savedBy: z.string(),
  /** Set when deleted: the draft can be brought back until the next start. */
  deletedAt: z.string().nullable(),
})
export type StoredDraft = z.output<typeof draft>

const file = z.object({ format: z.literal(1), drafts: z.array(draft) })

export interface Drafts {
  list(): StoredDraft[]
  get(id: DraftId): StoredDraft
  create(job: StoredDraft['job']): Promise<StoredDraft>
  save(id: DraftId, answers: StoredDraft['answers'], screen: string): Promise<StoredDraft>
  /** Middle ground between keeping and losing: `restore` brings it back while this process lives. */
  remove(id: DraftId): Promise<void>
  restore(id: DraftId): Promise<void>
}

/** What people filled in, with secrets as handles. Deleted drafts go for good at the next start. */
export const openDrafts = async (folder: string, clock: Clock, operator: string): Promise<Drafts> => {
  const stored = await openJsonFile(join(folder, 'drafts.json'), file, { format: 1, drafts: [] })
  if (stored.content.drafts.some(({ deletedAt }) => deletedAt !== null)) {
    await stored.update((content) => ({
      ...content,
      drafts: content.drafts.filter(({ deletedAt }) => deletedAt === null),
    }))
  }
  const find = (id: DraftId): StoredDraft => {
    const found = stored.content.drafts.find((one) => one.id === id)
    if (!found) throw new KeyturnError('not-found', { what: 'This draft' })
    return found
  }
  const put = async (next: StoredDraft): Promise<StoredDraft> => {
    await stored.update((content) => ({
      ...content,
      drafts: [...content.drafts.filter(({ id }) => id !== next.id), next],
    }))
    return next
  }
  const now = (): string => clock.now().toISOString()
  return {
    list: () => stored.content.drafts.filter(({ deletedAt }) => deletedAt === null),
    get: find,
    create: (job) =>
      put({
        id: asDraftId(`d-${newIdText(systemRandom)}`),
        job,
        answers: {},
        screen: 'intro',
        savedAt: now(),
        savedBy: operator,
        deletedAt: null,
      }),
    save: (id, given, screen) =>
      put({ ...find(id), answers: given, screen, savedAt: now(), savedBy: operator, deletedAt: null }),
    remove: async (id) => void (await put({ ...find(id), deletedAt: now() })),
    restore: async (id) => void (await put({ ...find(id), deletedAt: null })),
  }
}
