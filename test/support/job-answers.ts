import type { Answers } from '../../shared/forms/form.ts'
import { asRunId, asTargetId, type TargetId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { RunView } from '../../shared/model/plan.ts'
import type { AskedPurpose } from '../../shared/model/secrets.ts'
import type { Program } from '../../electron/program.ts'
import { askOf, type Ask } from './ask.ts'
import { saveDraft } from './encrypted-backup-answers.ts'

/** The connection of that name. */
export const targetNamed = async (ask: Ask, name: string): Promise<TargetId> => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === name)
  if (!found) throw new Error(`no connection ${name}`)
  return asTargetId(found.connection.id)
}

/** A generated secret; its handle, as a person's Generate leaves it in the answers. */
export const generated = async (
  ask: Ask,
  target: TargetId,
  purpose: AskedPurpose,
  label: string,
): Promise<string> => (await ask('secrets.generate', { purpose, target, label })).handle

/** Reviews and runs a job as a person would, and waits until it ended or needs a person. Throws where it is blocked. */
export const runJob = async (program: Program, job: JobId, answers: Answers): Promise<RunView> => {
  const ask = askOf(program)
  const { digest, advice } = await ask('wizard.review', { draft: await saveDraft(ask, answers, job) })
  if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers))
  const { run } = await ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  return program.engine.settled(asRunId(run))
}
