import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { KeyturnError, problemOf, type Problem } from '../../../shared/errors/problem.ts'
import { shareFields } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import { asHandleId, asPlaceId, asRunId, type PackageId, type RunId } from '../../../shared/model/ids.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { FactReader, PlanOutcome, StepContext, StepHandler } from '../../../electron/engine/contract.ts'
import type { EscrowMeans } from '../../../electron/escrow/means.ts'
import { packageIdOf } from '../../../electron/escrow/package-id.ts'
import { verifyPackage } from '../../../electron/escrow/package/verify.ts'
import { folderPlace, readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { recombinePy } from '../../../electron/escrow/recombine-script.ts'
import { openRegister } from '../../../electron/escrow/register.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { escrowRewrap } from '../../../electron/wizards/escrow-rewrap/index.ts'
import {
  makeRecipient,
  makeSample,
  makeTestGroup,
  rsaTokenKey,
  testSigner,
  type SamplePackage,
  type TestGroup,
  type TestRecipient,
} from '../../support/escrow-package.ts'
import { noAzure, noHosts, noHsm, noKeeper } from '../../support/no-azure.ts'
import { noUsers } from '../../support/no-users.ts'
import { planReader } from '../../support/plan-reader.ts'
import { registerGroup } from '../../support/share-group.ts'

export const folders = ['p-one', 'p-two', 'p-stick', 'p-other', 'p-recipients'] as const
export type Folder = (typeof folders)[number]

/** Two groups, the old one replaced by the new, and packages of the old one in folders. */
export interface RewrapStage {
  old: TestGroup
  next: TestGroup
  recipient: TestRecipient
  means: EscrowMeans
  run: RunId
  folder(place: Folder): string
  /** Writes a package with one item of each form and lists it as escrowed in these folders, of the given kinds. */
  addPackage(
    places: readonly (readonly [Folder, 'folder' | 'usb'])[],
    recipients?: TestRecipient[],
  ): Promise<SamplePackage>
  newIdOf(sample: SamplePackage): PackageId
  filesIn(place: Folder, id: PackageId): ReturnType<typeof readPackageFolder>
  answers(changes?: Answers): Answers
  planned(changes?: Answers, reader?: Partial<FactReader>): Promise<PlanOutcome>
  /** The plan, which has no blocker. */
  ready(changes?: Answers): Promise<Plan>
  reader(changes?: Partial<FactReader>): FactReader & { plannedAt: Date }
  handler(step: PlannedStep): StepHandler
  context(step: PlannedStep, before?: Json): StepContext
  /** Walks from that step on as the engine does, and stops at the first failure. */
  walk(plan: Plan, from?: number): Promise<Walked>
  /** Undoes what was walked, last step first. */
  undo(plan: Plan, walked: Walked): Promise<(Problem | null)[]>
  shares: string[]
  earlier: Evidence[]
}

export interface Walked {
  done: { step: PlannedStep; before: Json }[]
  failed: { step: PlannedStep; problem: Problem } | null
}

let runs = 0

export const useRewrapStage = (): RewrapStage => {
  const stage = {} as RewrapStage
  let root: string
  const signer = testSigner()
  const groups: TestGroup[] = []
  // Making RSA keys takes longer than all else here.
  const token = rsaTokenKey()
  beforeAll(async () => {
    for (let made = 0; made < 2; made += 1) groups.push(await makeTestGroup(2, 3))
    stage.recipient = makeRecipient('Custodian in Geneva')
  })
  beforeEach(async () => {
    runs += 1
    root = mkdtempSync(join(tmpdir(), 'kt-rewrap-'))
    for (const name of [...folders, 'profile']) mkdirSync(join(root, name))
    const [old, next] = groups
    if (old === undefined || next === undefined) throw new Error('no groups')
    const register = await openRegister(join(root, 'profile'))
    Object.assign(stage, {
      old,
      next,
      run: asRunId(`k${String(runs).padStart(7, '2')}cdef`),
      shares: old.shares.slice(0, 2),
      earlier: [],
      means: {
        register,
        signer: () => Promise.resolve(signer),
        knownSigners: () => new Set([signer.fingerprint]),
        recombine: recombinePy,
        program: '0.0.0-test',
        environment: 'rehearsal',
        placeOf: (label) => {
          const found = folders.find((name) => join(root, name) === label)
          return found === undefined ? null : asPlaceId(found)
        },
      } satisfies EscrowMeans,
    })
    for (const group of [old, next]) await registerGroup(register, group)
    await register.changeGroup(old.group.facts.id, (facts) => ({
      ...facts,
      state: 'replaced',
      replacedBy: next.group.facts.id,
    }))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const folderOf = (id: string): string => {
    if (!folders.some((name) => name === id)) throw new KeyturnError('not-found', { what: 'This folder' })
    return join(root, id)
  }
  const places = { folderOf, label: folderOf }
  stage.folder = folderOf
  stage.addPackage = async (stored, recipients = [stage.recipient]) => {
    const sample = makeSample(stage.old, recipients, signer, token)
    const { id } = sample.wanted
    for (const [place, kind] of stored)
      await folderPlace({ folder: folderOf(place), kind, label: '' }).write(id, sample.files)
    const { manifest, manifestSha256 } = verifyPackage(sample.files, { kind: 'nobody' })
    await stage.means.register.addPackage({
      id,
      made: { at: manifest.made.at, run: asRunId(manifest.made.run) },
      group: manifest.group.id,
      recipients: manifest.recipients,
      items: manifest.items,
      storedAt: stored.map(([place, kind]) => ({
        kind,
        label: folderOf(place),
        state: 'escrowed',
        readBackAt: manifest.made.at,
      })),
      manifestSha256,
      replacedBy: null,
    })
    return sample
  }
  stage.newIdOf = (sample) => packageIdOf(stage.run, sample.wanted.id)
  stage.filesIn = (place, id) => readPackageFolder(join(folderOf(place), packageFolderName(id)))
  stage.answers = (changes = {}) => ({
    oldGroup: stage.old.group.facts.id,
    lookIn: null,
    packages: stage.means.register
      .packages()
      .filter(({ replacedBy, group }) => replacedBy === null && group === stage.old.group.facts.id)
      .map(({ id }) => id),
    newGroup: stage.next.group.facts.id,
    recipientMode: 'keep',
    placeMode: 'same',
    share1: 'h-share1',
    share2: 'h-share2',
    ...changes,
  })
  stage.reader = (changes = {}) =>
    planReader(
      () => {
        throw new Error('this job has no server')
      },
      {
        places,
        keptFor: (target, purpose) =>
          purpose === 'escrow.share' && target === (stage.old.group.facts.id as string)
            ? shareFields.slice(0, 3).map((field) => ({
                id: asHandleId(`h-${field}`),
                label: field,
                keptAt: '2026-11-26T10:00:00.000Z',
              }))
            : [],
        ...changes,
      },
    )
  stage.planned = async (changes, reader) => {
    const job = escrowRewrap(stage.means)
    const draft = job.parse(stage.answers(changes))
    return job.plan(draft, await job.readFacts(draft, stage.reader(reader)), stage.run)
  }
  stage.ready = async (changes) => {
    const { plan, advice } = await stage.planned(changes)
    expect(advice.blockers).toEqual([])
    return plan
  }
  stage.handler = (step) => {
    const found: StepHandler | undefined = escrowRewrap(stage.means).steps[step.kind]
    if (found === undefined) throw new Error(`no handler for ${step.kind}`)
    return found
  }
  stage.context = (step, before = null) => ({
    runId: stage.run,
    step,
    before,
    attempt: 1,
    get sql(): never {
      throw new Error('this job has no server')
    },
    server: () => {
      throw new Error('this job has no server')
    },
    session: () => Promise.reject(new Error('this job has no server')),
    earlier: stage.earlier,
    secrets: new Map(
      stage.shares.map(
        (words, index) =>
          [`share_${String(index + 1).padStart(2, '0')}`, SecretBytes.fromText(words)] as const,
      ),
    ),
    azure: noAzure,
    hosts: noHosts,
    hsm: noHsm,
    keeper: noKeeper,
    places,
    verdicts: noUsers,
    clock: { now: () => new Date('2026-11-26T12:00:00Z'), monotonicMs: () => 0 },
    signal: new AbortController().signal,
    progress: () => undefined,
    say: () => undefined,
  })
  stage.walk = async (plan, from = 0) => {
    const done: Walked['done'] = []
    for (const step of plan.steps.slice(from)) {
      try {
        const handler = stage.handler(step)
        const found = await handler.check(stage.context(step))
        if (found.state === 'foreign' || found.state === 'blocked')
          return { done, failed: { step, problem: found.problem } }
        if (found.state === 'needed') await handler.apply(stage.context(step, found.before))
        const outcome = await handler.verify(stage.context(step, found.before))
        stage.earlier.push(...outcome.evidence)
        done.push({ step, before: found.before })
      } catch (error) {
        return { done, failed: { step, problem: problemOf(error) } }
      }
    }
    return { done, failed: null }
  }
  stage.undo = async (plan, { done }) => {
    const problems: (Problem | null)[] = []
    for (const { step, before } of done.toReversed()) {
      if (step.undo.can === false) continue
      const handler = stage.handler(step)
      const found = await handler.check(stage.context(step, before))
      if (found.state !== 'satisfied') throw new Error(`${step.id} is ${found.state}`)
      problems.push(
        await (handler.undo?.(stage.context(step, before)) ?? Promise.reject(new Error('no undo'))).then(
          () => null,
          problemOf,
        ),
      )
    }
    expect(plan.steps.length).toBeGreaterThan(0)
    return problems
  }
  return stage
}
