import type { Program } from '../../electron/program.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { RunView } from '../../shared/model/plan.ts'
import type { Stage } from '../crash/scenario.ts'
import { askOf } from '../support/ask.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { visit } from './house.ts'
import { reason, ticket, type Seat, type Telling } from './scenario.ts'

/** A window of the tour with what stands behind it. */
export interface TourSeat {
  page: Seat['page']
  stage: Stage
  telling: Telling
}

/** The rehearsal of a window, begun afresh: a part of the tour needs nothing of another. */
export const seatAfresh = async (
  { page, program }: Seat & { program: Program },
  telling: Telling,
  profile: string,
): Promise<TourSeat> => {
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(profile) }
  await stage.ask('rehearsal.reset', {})
  return { page, stage, telling }
}

export interface TourRun {
  job: JobId
  draft: string
  /** What its pictures begin with. */
  name: string
  /** Those of its screens that are looked at; absent: each. */
  screens?: readonly string[]
  /** Texts that have to be on the review and on the result. */
  onReview?: RegExp
  onResult?: string | RegExp
  /** What a person does outside when the run waits for it; then *Retry* is pressed. Absent: it does not wait. */
  help?(code: string, run: RunView): Promise<void>
}

/** The screens of answers of a draft, where somebody looks closer. */
export const lookAtAnswers = async (
  { page, stage, telling }: TourSeat,
  { job, draft, name, screens }: Pick<TourRun, 'job' | 'draft' | 'name' | 'screens'>,
): Promise<void> => {
  if (telling.look === undefined) return
  const form = await stage.ask('wizard.form', { job })
  for (const { id, question } of form.screens.filter((one) => screens?.includes(one.id) ?? true)) {
    await visit(page, `#/setup/${job}/${draft}/${id}`, question)
    await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached', timeout: 60_000 })
    await telling.look(page, stage.ask, `${name}-${id}`)
  }
}

/** Review, approval, run and result, each by what a person sees. Throws where the run does not end verified. */
export const runThrough = async (
  seat: TourSeat,
  { job, draft, name, screens, onReview, onResult, help }: TourRun,
): Promise<void> => {
  const { page, stage, telling } = seat
  await lookAtAnswers(seat, { job, draft, name, ...(screens === undefined ? {} : { screens }) })
  await visit(page, `#/setup/${job}/${draft}/review`, 'Is this what should run?')
  const button = page.getByRole('button', { name: /^Run \d+ step/ })
  await button.waitFor({ timeout: 60_000 })
  if (onReview !== undefined) await page.getByText(onReview).first().waitFor()
  await telling.shot(page, `${name}-review`)
  await telling.look?.(page, stage.ask, `${name}-review`)
  await page.getByLabel('Ticket number').fill(ticket)
  await page.getByLabel('Reason', { exact: true }).fill(reason)
  await button.click()
  // The run's page, not one of its states: a short run is through before the window shows a step of it.
  await page.waitForURL(/#\/runs\/[^/]+$/)
  const id = asRunId(page.url().split('/').at(-1) ?? '')
  const run = await stage.program.engine.settled(id)
  if (help !== undefined && run.state === 'waiting-for-decision') {
    await help(problemOf(run)?.code ?? '', run)
    await page.getByRole('button', { name: /^Retry/ }).click()
  }
  const notChecked = page.getByRole('heading', { name: 'Not checked' })
  await notChecked.waitFor({ timeout: 120_000 }).catch(() => undefined)
  const ended = stage.program.engine.get(id)
  if (ended.state !== 'verified') throw new Error(`${job}: ${ended.state}, ${problemOf(ended)?.title ?? ''}`)
  await notChecked.waitFor()
  if (onResult !== undefined) await page.getByText(onResult).first().waitFor()
  await telling.shot(page, `${name}-result`)
  await telling.look?.(page, stage.ask, `${name}-result`)
}

const problemOf = ({ steps }: RunView) => steps.find(({ problem }) => problem !== null)?.problem
