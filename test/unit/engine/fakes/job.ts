import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import type { ErrorCode } from '../../../../shared/errors/catalogue.ts'
import type { PlannedStep, ResumeClass, UndoNote } from '../../../../shared/model/plan.ts'
import { asHandleId } from '../../../../shared/model/ids.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { CheckResult, Job, StepContext, StepHandler } from '../../../../electron/engine/contract.ts'
import type { FakeServer } from './world.ts'

export interface FakeStep {
  name: string
  server?: FakeServer
  undo?: 'yes' | 'no' | { beforeStep: number; final?: true }
  resume?: ResumeClass
  stopNow?: boolean
  secret?: string
}

/** What the test wants to go wrong or to wait, by step name and verb. Set and cleared while runs go on. */
export type Verb = 'check' | 'apply' | 'verify' | 'undo'
export type Hook = (ctx: StepContext) => void | Promise<void>

export interface FakeJob {
  job: Job
  hooks: Map<`${Verb} ${string}`, Hook>
  /** Each call of a handler, in order: `apply a`. */
  calls: string[]
  /** Steps of which a broken-off attempt left a part. */
  begun: Set<string>
  /** Steps that were undone and whose name stays taken, as a vault keeps that of a deleted key. */
  taken: Set<string>
}

const tsql = (text: string): Script => ({ language: 'tsql', parts: [text] })

const undoNote = (step: FakeStep): UndoNote => {
  const { undo = 'yes', name } = step
  if (undo === 'no') return { can: false, because: 'the file stays' }
  const how = { action: `Remove ${name}`, script: tsql(`REMOVE ${name}`) }
  return undo === 'yes' ? { can: true, ...how } : { can: 'until', ...undo, ...how }
}

export const fakeJob = (server: FakeServer, steps: readonly FakeStep[]): FakeJob => {
  const hooks: FakeJob['hooks'] = new Map()
  const calls: string[] = []
  const begun = new Set<string>()
  const taken = new Set<string>()
  const serverOf = (name: string): FakeServer => steps.find((step) => step.name === name)?.server ?? server
  const nameOf = (ctx: StepContext): string => ctx.step.title
  const note = async (verb: Verb, ctx: StepContext): Promise<void> => {
    calls.push(`${verb} ${nameOf(ctx)}`)
    await hooks.get(`${verb} ${nameOf(ctx)}`)?.(ctx)
  }

  const handler: StepHandler = {
    async check(ctx): Promise<CheckResult> {
      await note('check', ctx)
      const there = serverOf(nameOf(ctx)).has(nameOf(ctx))
      if (taken.has(nameOf(ctx)))
        return {
          state: 'blocked',
          problem: problemOf(new KeyturnError('vault-key-deleted', { key: nameOf(ctx), target: 'x' })),
          undone: true,
        }
      if (there === undefined) {
        const before = { there: false }
        return begun.has(nameOf(ctx))
          ? { state: 'needed', before, partly: true }
          : { state: 'needed', before }
      }
      if (there.madeBy === 'stranger') {
        return {
          state: 'foreign',
          problem: problemOf(new KeyturnError('sql-exists', { what: there.name, target: 'x' })),
        }
      }
      return { state: 'satisfied', before: { there: true } }
    },
    async apply(ctx) {
      const session = await ctx.session()
      await session.execute(ctx.step.scripts[0] ?? tsql(''), { secrets: ctx.secrets })
      serverOf(nameOf(ctx)).make(nameOf(ctx), ctx.runId)
      await note('apply', ctx)
    },
    async verify(ctx) {
      await note('verify', ctx)
      if (serverOf(nameOf(ctx)).has(nameOf(ctx)) === undefined) {
        throw new KeyturnError('step-not-verified', { step: ctx.step.id, what: 'it is not there' })
      }
      const at = ctx.clock.now().toISOString()
      return { evidence: [{ statement: nameOf(ctx), value: 'there', source: 'fake', at }], proofs: [] }
    },
    async undo(ctx) {
      await note('undo', ctx)
      serverOf(nameOf(ctx)).remove(nameOf(ctx))
      begun.delete(nameOf(ctx))
      return [{ statement: nameOf(ctx), value: 'gone', source: 'fake', at: ctx.clock.now().toISOString() }]
    },
  }

  const planned = (step: FakeStep, index: number): PlannedStep => ({
    id: `s${String(index + 1).padStart(2, '0')}`,
    kind: 'make',
    target: (step.server ?? server).ref,
    title: step.name,
    now: 'not there',
    after: 'there',
    scripts: [
      {
        language: 'tsql',
        parts: step.secret
          ? [`MAKE ${step.name} WITH `, { hole: step.secret, purpose: 'sql.dmk-password' }]
          : [`MAKE ${step.name}`],
      },
    ],
    params: { name: step.name },
    permission: 'none',
    undo: undoNote(step),
    resume: step.resume ?? 'named',
    stopNow: step.stopNow ? { leaves: `A part of ${step.name} may be there` } : null,
  })

  const targets = [...new Set([server, ...steps.map((step) => step.server ?? server)])]
  const job: Job = {
    id: 'encrypted-backup',
    parse: (draft) => draft,
    readFacts: async () => targets.map(({ fact }) => fact),
    plan: (draft, facts, runId) => ({
      plan: {
        format: 1,
        job: 'encrypted-backup',
        runId,
        title: 'Make things',
        targets: targets.map(({ ref, identity }) => ({ ref, identity: { ...identity } })),
        steps: steps.map(planned),
        secrets: steps.flatMap((step) =>
          step.secret === undefined
            ? []
            : [
                {
                  hole: step.secret,
                  purpose: 'sql.dmk-password' as const,
                  target: server.ref,
                  handle: asHandleId('h-one'),
                  generation: 1,
                  label: 'Master key password',
                },
              ],
        ),
        relied: targets.map(({ ref }, index) => ({
          target: ref.name,
          fact: 'Mood',
          value: String((facts as string[])[index]),
        })),
      },
      advice: {
        satisfied: [],
        blockers: draft === 'blocked' ? [{ what: 'No room', measured: '1', limit: '2', screen: null }] : [],
        warnings: [],
        notes: [],
        factsAt: '2026-11-22T08:00:00.000Z',
      },
    }),
    steps: { make: handler },
    notChecked: () => ['Nobody looked behind the server.'],
  }
  return { job, hooks, calls, begun, taken }
}

export const failWith =
  (code: ErrorCode): Hook =>
  () => {
    throw new KeyturnError(code, { target: 'x', what: 'y', step: 's', user: 'backup 7', seconds: 1 })
  }
