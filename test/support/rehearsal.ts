import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram, type Program, type ProgramOptions } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { ReviewedPlan, RunView } from '../../shared/model/plan.ts'
import { askOf, type Ask } from './ask.ts'
import { saveDraft } from './encrypted-backup-answers.ts'
import { simulatorsOf, stopSimulators, type Simulators } from './simulators.ts'

/** The main process of a rehearsal in a temporary folder, without a window. */
export interface TestRehearsal {
  readonly program: Program
  readonly ask: Ask
  readonly simulators: Simulators
  /** Where main's folder list begins. */
  readonly home: string
  /** A folder in `home`. */
  readonly escrow: string
  review(answers: Answers): Promise<ReviewedPlan>
  /** Starts the plan of these answers and waits until it ended or needs a person. */
  run(answers: Answers): Promise<RunView>
  end(): Promise<void>
}

/** `before`: what lies in the folders before the program starts. `means`: what the program is given in place of its own. */
export const openRehearsal = async (
  before: (folders: { profile: string; home: string }) => Promise<unknown> = () => Promise.resolve(),
  means: Pick<ProgramOptions, 'clock' | 'startHsmProcess'> = {},
): Promise<TestRehearsal> => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-rehearsal-'))
  const home = join(root, 'home')
  const escrow = join(home, 'escrow')
  const profile = join(root, 'profile')
  mkdirSync(escrow, { recursive: true })
  mkdirSync(profile, { mode: 0o700 })
  await before({ profile, home })
  const program = await startProgram({
    profile: 'rehearsal',
    dataFolder: profile,
    version: '0.0.0-test',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: home,
    ...means,
  })
  const end = async (): Promise<void> => {
    await program.close()
    await stopSimulators(profile)
    rmSync(root, { recursive: true, force: true })
  }
  try {
    await program.ready()
  } catch (error) {
    await end()
    throw error
  }
  const ask = askOf(program)
  const review = async (answers: Answers): Promise<ReviewedPlan> =>
    ask('wizard.review', { draft: await saveDraft(ask, answers) })
  return {
    program,
    ask,
    simulators: simulatorsOf(profile),
    home,
    escrow,
    review,
    run: async (answers) => {
      const { digest } = await review(answers)
      const { run } = await ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
      return program.engine.settled(asRunId(run))
    },
    end,
  }
}
