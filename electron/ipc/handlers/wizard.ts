import { join } from 'node:path'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { DraftView, JobView, PreviewStatement, ReviewedPlan } from '../../../shared/ipc/schemas.ts'
import type { DraftId, PlanDigest } from '../../../shared/model/ids.ts'
import type { ExportKind } from '../../../shared/forms/form.ts'
import type { JobId } from '../../../shared/model/job.ts'
import type { FactReader } from '../../engine/contract.ts'
import type { Engine } from '../../engine/engine.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import type { Connections } from '../../profile/connections.ts'
import type { Drafts, StoredDraft } from '../../profile/drafts.ts'
import type { PlaceStore } from '../../profile/places.ts'
import type { Record } from '../../record/record.ts'
import type { JobFront, JobFronts } from '../../wizards/front.ts'
import type { Handlers } from '../router.ts'

export interface WizardParts {
  fronts: JobFronts
  drafts: Drafts
  engine: Engine
  reader: FactReader
  connections: Connections
  places: PlaceStore
  record: Record
  rehearsal: boolean
}

const done = { done: true } as const
/** Reviewed plans that exports may still ask for; the engine holds its own for approval. */
const mostReviewed = 50

export const wizardHandlers = (parts: WizardParts) => {
  const { fronts, drafts, engine, reader, connections, places, record, rehearsal } = parts
  const reviewed = new Map<PlanDigest, ReviewedPlan>()
  const previews = new Map<DraftId, string[]>()

  const frontOf = (job: JobId): JobFront => {
    const front = fronts.get(job)
    if (!front) throw new KeyturnError('not-in-this-version', { what: job })
    return front
  }
  const view = (draft: StoredDraft): DraftView => {
    const { id, job, answers, screen, savedAt, savedBy } = draft
    const { form } = frontOf(job)
    const chosen = form.targetFields.flatMap((field) => answers[field] ?? [])
    const known = connections.list().filter((connection) => chosen.includes(connection.id))
    return {
      id,
      job,
      jobNoun: form.noun,
      stop: form.screens.find((one) => one.id === screen)?.noun ?? (screen === 'review' ? 'Review' : 'About'),
      answers,
      screen,
      savedAt,
      savedBy,
      targetNames: known.map(({ name }) => name),
    }
  }
  const exportOf = (digest: PlanDigest, kind: ExportKind) => {
    const plan = reviewed.get(digest)
    if (!plan) throw new KeyturnError('plan-unknown')
    const made = frontOf(plan.plan.job).exports[kind]
    if (!made) throw new KeyturnError('not-in-this-version', { what: kind })
    return { plan: plan.plan, name: made.fileName(plan.plan), text: made.text(plan) }
  }

  return {
    'wizard.jobs': async () =>
      [...fronts.values()].map(({ form: { job, title, summary } }): JobView => ({ job, title, summary })),
    'wizard.form': async ({ job }) => frontOf(job).form,
    'wizard.open': async ({ job, draft }) =>
      view(draft === null ? await drafts.create(job) : drafts.get(draft)),
    'wizard.save': async ({ draft, answers, screen }) => ({
      savedAt: (await drafts.save(draft, answers, screen)).savedAt,
    }),
    'wizard.facts': async ({ draft, screen }) => {
      const { job, answers } = drafts.get(draft)
      return frontOf(job).facts(answers, screen, reader)
    },
    'wizard.check': async ({ draft, screen }) => {
      const { job, answers } = drafts.get(draft)
      const fields = frontOf(job).problems(answers, screen)
      if (fields.length === 0) return { problem: null }
      return { problem: new KeyturnError('answers-incomplete', { count: fields.length }, { fields }).problem }
    },
    'wizard.preview': async ({ draft }) => {
      const { id, job, answers } = drafts.get(draft)
      const before = previews.get(id)
      const { statements, refused } = frontOf(job).preview(answers)
      previews.set(
        id,
        statements.map(({ text }) => text),
      )
      return {
        statements: statements.map(({ title, text }): PreviewStatement => ({
          title,
          text,
          changed: before !== undefined && !before.includes(text),
        })),
        refused,
      }
    },
    'wizard.drafts': async () => drafts.list().map(view),
    'wizard.deleteDraft': async ({ draft }) => {
      await drafts.remove(draft)
      return done
    },
    'wizard.restoreDraft': async ({ draft }) => {
      await drafts.restore(draft)
      return done
    },
    'wizard.review': async ({ draft }) => {
      const { job, answers } = drafts.get(draft)
      const plan = await engine.review(job, answers)
      reviewed.set(plan.digest, plan)
      const oldest = reviewed.keys().next()
      if (reviewed.size > mostReviewed && !oldest.done) reviewed.delete(oldest.value)
      return plan
    },
    'wizard.export': async ({ digest, kind, place }) => {
      const { plan, name, text } = exportOf(digest, kind)
      const file = rehearsal ? `REHEARSAL-${name}` : name
      await writeNewFile(join(places.folderOf(place), file), Buffer.from(text))
      record.append({
        kind: 'runbook-exported',
        body: { title: plan.title, digest, format: kind, to: places.label(place) },
        outcome: 'done',
      })
      return { name: file }
    },
    'wizard.snippet': async ({ digest, kind }) => ({ text: exportOf(digest, kind).text }),
  } satisfies Partial<Handlers>
}
