import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach } from 'vitest'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Json, Plan } from '../../../shared/model/plan.ts'
import type { CheckResult } from '../../../electron/engine/contract.ts'
import { planEncryptedBackup } from '../../../electron/wizards/encrypted-backup/plan.ts'
import { fakeServer, freshState, type FakeState } from './fake-server.ts'
import { makePair, type KeyPair } from './key-pair.ts'
import { draft, facts, runId } from './samples.ts'
import { contextOf, handlerOf, refusal, stepOf, walkStep, world, type World } from './walk.ts'

/** A fake server, a folder and a plan with every kind of step, made new for each test. */
export interface Stage {
  pairs: KeyPair[]
  folder: string
  state: FakeState
  around: World
  plan: Plan
  /** Walks all steps before the first of this kind. */
  upTo(kind: string): Promise<void>
  check(kind: string, before?: Json): Promise<CheckResult>
  verifyRefusal(kind: string, before?: Json): Promise<string>
  undo(kind: string, before: Json): Promise<readonly Evidence[]>
}

/** Until the first `beforeEach`; no test sees it. */
const nothingYet = {
  pairs: [],
  folder: '',
  state: freshState([]),
  around: world(fakeServer(freshState([])), ''),
  plan: planEncryptedBackup(draft(), facts(), runId).plan,
}

export const useStage = (): Stage => {
  const fresh = () => {
    const state = freshState(stage.pairs)
    const folder = mkdtempSync(join(tmpdir(), 'kt-wizard-'))
    return { state, folder, around: world(fakeServer(state), folder) }
  }
  const stage: Stage = {
    ...nothingYet,
    upTo: async (kind) => {
      for (const step of stage.plan.steps) {
        if (step.kind === kind) return
        await walkStep(step, stage.around)
      }
    },
    check: (kind, before = null) => {
      const step = stepOf(stage.plan, kind)
      return handlerOf(step).check(contextOf(step, stage.around, before))
    },
    verifyRefusal: (kind, before = null) => {
      const step = stepOf(stage.plan, kind)
      return refusal(handlerOf(step).verify(contextOf(step, stage.around, before)))
    },
    undo: async (kind, before) => {
      const step = stepOf(stage.plan, kind)
      const work = handlerOf(step).undo
      if (work === undefined) throw new Error(`${kind} has no undo`)
      return work(contextOf(step, stage.around, before))
    },
  }
  beforeAll(async () => {
    stage.pairs = [await makePair(), await makePair()]
  })
  beforeEach(() => {
    Object.assign(stage, fresh())
    stage.plan = planEncryptedBackup(
      draft({ serviceMasterKeyFile: true, serviceMasterKeyFilePassword: 'h-smk' }),
      facts(),
      runId,
    ).plan
  })
  afterEach(() => rmSync(stage.folder, { recursive: true, force: true }))
  return stage
}
