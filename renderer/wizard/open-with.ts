import type { Answers } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import { hashOf } from '../app/routes.ts'
import { ask } from '../bridge/index.ts'
import { introId } from './form-shape.ts'

/** A new draft that begins with these answers; its address. */
export const openWith = async (job: JobId, answers: Answers): Promise<string> => {
  const { id } = await ask('wizard.open', { job, draft: null })
  await ask('wizard.save', { draft: id, answers, screen: introId })
  return hashOf.wizard(job, id, introId)
}
