import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { asHandleId, asRunId, asTargetId, type RunId } from '../../../shared/model/ids.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { PlanOutcome, StepContext, StepOutcome } from '../../../electron/engine/contract.ts'
import type { EscrowMeans } from '../../../electron/escrow/means.ts'
import { recombinePy } from '../../../electron/escrow/recombine-script.ts'
import { openRegister } from '../../../electron/escrow/register.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { createCertificate, dropCertificate } from '../../../electron/scripts/tsql/certificate.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { readParams } from '../../../electron/scripts/runbook/step-params.ts'
import { collect } from '../../../electron/wizards/escrow-export/steps/collect.ts'
import { writePfx } from '../../../sandbox/sqlserver/files/index.ts'
import { escrowExport } from '../../../electron/wizards/escrow-export/index.ts'
import { makeRecipient, makeTestGroup, testSigner, type TestGroup } from '../../support/escrow-package.ts'
import { planReader } from '../../support/plan-reader.ts'
import { registerGroup } from '../../support/share-group.ts'
import { target } from './fake-server.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { contextOf, passwords, world } from './walk.ts'

export const typedText = 'Typed-Passphrase-1'
export const keptText = 'Kept-Password-Zürich-1'
const places = ['p-one', 'p-two', 'p-three', 'p-files'] as const

/** A simulated server with two certificates, an active share group, and folders to write to. */
export interface ExportStage {
  server: SqlServer
  group: TestGroup
  root: string
  means: EscrowMeans
  run: RunId
  /** `p-deep`: of more than 400 characters, and not made yet. */
  folder(place: (typeof places)[number] | 'p-recipients' | 'p-deep'): string
  planned(changes?: Answers): Promise<PlanOutcome>
  /** The plan, which has no blocker. */
  ready(changes?: Answers): Promise<Plan>
  context(step: PlannedStep, before?: Json): StepContext
  walkStep(step: PlannedStep, recorded?: Json): Promise<StepOutcome>
  walk(plan: Plan): Promise<StepOutcome[]>
  earlier: Evidence[]
  /** Writes the certificate of a new custodian into the folder of recipients. */
  addRecipient(file: string, pem?: boolean): ReturnType<typeof makeRecipient>
}

let runs = 0

export const useExportStage = (): ExportStage => {
  let simulated: Simulated
  const stage = { earlier: [] } as unknown as ExportStage
  beforeAll(async () => {
    simulated = await simulatedServer(15, 'Developer', { ...target, name: 'KTR-WIZARD' })
    stage.server = await simulated.open()
    const secrets = new Map([['dmk_password', SecretBytes.fromText(passwords.dmk_password)]])
    await runAll(stage.server, [createMasterKey()], secrets)
    await runAll(
      stage.server,
      ['KT_One', 'KT_Two'].map((name) =>
        createCertificate({ name, subject: `Subject of ${name}`, expiry: '2040-01-01' }),
      ),
    )
    stage.group = await makeTestGroup(2, 3)
  })
  afterAll(() => simulated.stop())
  beforeEach(async () => {
    runs += 1
    stage.run = asRunId(`k${String(runs).padStart(7, '2')}cdef`)
    stage.root = mkdtempSync(join(tmpdir(), 'kt-export-'))
    for (const name of [...places, 'p-recipients', 'profile']) mkdirSync(join(stage.root, name))
    const signer = testSigner()
    stage.means = {
      register: await openRegister(join(stage.root, 'profile')),
      signer: () => Promise.resolve(signer),
      knownSigners: () => new Set([signer.fingerprint]),
      recombine: recombinePy,
      program: '0.0.0-test',
      environment: 'rehearsal',
      placeOf: () => null,
    }
    await registerGroup(stage.means.register, stage.group)
    stage.earlier = []
  })
  afterEach(() => rmSync(stage.root, { recursive: true, force: true }))

  const folders = {
    folderOf: (id: string): string => {
      if (![...places, 'p-recipients', 'p-deep'].includes(id as never))
        throw new KeyturnError('not-found', { what: 'This folder' })
      return stage.folder(id as Parameters<ExportStage['folder']>[0])
    },
    label: (id: string): string => folders.folderOf(id),
  }
  const kept = {
    id: asHandleId('h-kept'),
    label: 'Private key file',
    keptAt: '2026-11-20T08:00:00.000Z',
  }
  stage.folder = (place) =>
    place === 'p-deep' ? join(stage.root, 'd'.repeat(200), 'd'.repeat(200)) : join(stage.root, place)
  stage.planned = async (changes = {}) => {
    const job = escrowExport(stage.means)
    const draft = job.parse({ ...exportAnswers(stage), ...changes })
    const reader = planReader(() => stage.server, {
      places: folders,
      keptFor: (id, purpose) => (id === target.id && purpose === 'sql.key-file-password' ? [kept] : []),
      secretInfo: () => ({ generation: 2, label: kept.label }),
    })
    return job.plan(draft, await job.readFacts(draft, reader), stage.run)
  }
  stage.ready = async (changes) => {
    const { plan, advice } = await stage.planned(changes)
    expect(advice.blockers).toEqual([])
    return plan
  }
  stage.context = (step, before = null) => ({
    ...contextOf(step, world(stage.server, stage.root), before),
    runId: stage.run,
    places: folders,
    earlier: stage.earlier,
    secrets: new Map([
      ['kept_password_01', SecretBytes.fromText(keptText)],
      ['escrowed_passphrase', SecretBytes.fromText(typedText)],
    ]),
  })
  stage.walkStep = async (step, recorded = null) => {
    const handler = escrowExport(stage.means).steps[step.kind]
    if (handler === undefined) throw new Error(`no handler for ${step.kind}`)
    const found = await handler.check(stage.context(step, recorded))
    if (found.state === 'foreign' || found.state === 'blocked')
      throw new KeyturnError(found.problem.code as never, {})
    if (found.state === 'needed') {
      const ctx = stage.context(step, found.before)
      const sessions: { close(): Promise<void> }[] = []
      await handler.apply({
        ...ctx,
        session: async () => {
          const session = await ctx.session()
          sessions.push(session)
          return session
        },
      })
      for (const session of sessions) await session.close()
    }
    const outcome = await handler.verify(stage.context(step, found.before))
    stage.earlier.push(...outcome.evidence)
    return outcome
  }
  stage.walk = async (plan) => {
    const outcomes: StepOutcome[] = []
    for (const step of plan.steps) outcomes.push(await stage.walkStep(step))
    return outcomes
  }
  stage.addRecipient = (file, pem = false) => {
    const made = makeRecipient(`Custodian of ${file}`)
    const der = Buffer.from(made.certificate)
    writeFileSync(
      join(stage.root, 'p-recipients', file),
      pem ? `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n` : der,
    )
    return made
  }
  return stage
}

/** A certificate of the server as files of a person: its public half, and both under the kept password. */
export const pairOfServer = async (
  stage: ExportStage,
  name: string,
): Promise<{ certificate: Buffer; pfx: Buffer }> => {
  const plan = await stage.ready({ certificates: [name], keptPasswords: [] })
  const [step] = plan.steps
  if (step === undefined) throw new Error('no step')
  const { items } = readParams('write-escrow-package', step.params)
  using collected = await collect(stage.context(step), items)
  const [item] = collected.items
  if (item?.content.kind !== 'secret') throw new Error('no item')
  const pem = item.content.secret.use((bytes) => bytes.toString('latin1'))
  const certificate = new X509Certificate(pem).raw
  return { certificate, pfx: writePfx(certificate, createPrivateKey(pem), Buffer.from(keptText)) }
}

export const exportAnswers = (stage: Pick<ExportStage, 'group'>): Answers => ({
  target: target.id,
  certificates: ['KT_One'],
  othersEncrypt: true,
  keptPasswords: ['h-kept'],
  group: stage.group.group.facts.id,
  recipientFolder: null,
  custodianFiles: [],
  recoveryFiles: [],
  place: 'p-one',
  placeKind: 'folder',
  secondPlace: 'p-two',
  secondPlaceKind: 'usb',
  thirdPlace: null,
})

export const dropAll = (server: SqlServer, ...names: string[]): Promise<void> =>
  runAll(server, names.map(dropCertificate))
export const otherTarget = asTargetId('t-otherserver2')
