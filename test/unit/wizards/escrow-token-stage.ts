import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { shareFields } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { KeptProbe } from '../../../shared/model/hsm.ts'
import { asHandleId, asPlaceId, asTargetId } from '../../../shared/model/ids.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import type { PlanOutcome, PlanReader, StepContext, StepHandler } from '../../../electron/engine/contract.ts'
import type { EscrowMeans } from '../../../electron/escrow/means.ts'
import { recombinePy } from '../../../electron/escrow/recombine-script.ts'
import { openRegister } from '../../../electron/escrow/register.ts'
import { systemClock } from '../../../electron/platform/clock.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { HsmToken } from '../../../electron/ports/hsm.ts'
import type { OpenHsm } from '../../../electron/ports/hsm-targets.ts'
import { identityOf, keptOf } from '../../../electron/targets/hsm/hsm-targets.ts'
import type { NewItem } from '../../../electron/escrow/package/write.ts'
import { escrowDrill } from '../../../electron/wizards/escrow-drill/index.ts'
import { packageWith, writeTo, type DrillPackage } from '../../support/escrow-drill-package.ts'
import { makeTestGroup, testSigner } from '../../support/escrow-package.ts'
import { hsmStage, softToken } from '../../support/hsm-stage.ts'
import { openersOf, twoTokenKeys } from '../../support/token-keys.ts'
import { planReader } from '../../support/plan-reader.ts'
import { runId } from './samples.ts'

const ref = { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token-2', environment: 'test' } as const
const medium = asPlaceId('p-medium')

/** A SoftHSM token that knows nothing of the keys, and a group; packages are made by each test. */
export const tokenStage = async () => {
  const hsm = hsmStage()
  const { token, simulated } = await softToken(hsm)
  const group = await makeTestGroup(2, 3)
  const signer = testSigner()
  const means: EscrowMeans = {
    register: await openRegister(hsm.folder),
    signer: () => Promise.resolve(signer),
    knownSigners: () => new Set([signer.fingerprint]),
    recombine: recombinePy,
    program: '0.1.0',
    environment: 'rehearsal',
    placeOf: () => null,
  }
  const probe = keptOf(await token.probe())
  let at = 0
  const putting = (items: readonly NewItem[]): { made: DrillPackage; folder: string } => {
    const made = packageWith(items, { group, signer })
    at += 1
    const folder = join(hsm.folder, `medium-${at}`)
    mkdirSync(folder)
    writeTo(folder, made)
    return { made, folder }
  }
  return { hsm, token, simulated, group, signer, means, probe, putting, stop: () => hsm.stop() }
}
export type TokenStage = Awaited<ReturnType<typeof tokenStage>>

export const target = ({ group }: TokenStage) => openersOf(group)

/** The usual package. */
export const twoKeys = (stage: TokenStage) => {
  const { rsa, aes, items } = twoTokenKeys(stage.group)
  return { rsa, aes, ...stage.putting(items) }
}

export interface Laid {
  made: DrillPackage
  folder: string
}

export const tokenAnswers = (changes: Answers = {}): Answers => ({
  purpose: 'drill',
  packageFolder: medium,
  packageName: '',
  signerFingerprint: '',
  items: ['1', '2'],
  openWith: 'shares',
  share1: 'h-share1',
  share2: 'h-share2',
  putOn: 'token',
  hsm: ref.id,
  pinMode: 'kept',
  ...changes,
})

export const readerOf = (
  { token, hsm }: Pick<TokenStage, 'token' | 'hsm'>,
  { made, folder }: Laid,
  probe: KeptProbe | null,
  change: Partial<OpenHsm> = {},
): PlanReader =>
  planReader(
    () => {
      throw new Error('no server in this test')
    },
    {
      hsms: {
        open: async () => {
          const facts = await token.facts()
          return {
            ref,
            // The reader closes what it opened; this one goes on being the run's.
            token: { ...token, close: () => Promise.resolve() },
            identity: identityOf(facts),
            moduleSha256: probe?.moduleSha256 ?? '',
            facts,
            probe,
            logIn: () => Promise.reject(new Error('a plan tries no PIN')),
            keepProbe: () => Promise.reject(new Error('a plan probes nothing')),
            close: () => Promise.resolve(),
            ...change,
          }
        },
        keptPin: () => asHandleId('h-pin'),
      },
      places: { folderOf: (place) => (place === medium ? folder : hsm.folder), label: () => 'medium' },
      keptFor: (owner, purpose) =>
        purpose === 'escrow.share' && owner === (made.id as string)
          ? shareFields.slice(0, 3).map((field) => ({
              id: asHandleId(`h-${field}`),
              label: field,
              keptAt: '2026-11-26T10:00:00.000Z',
            }))
          : [],
    },
  )

export const planFor = async (
  stage: TokenStage,
  laid: Laid,
  changes: Answers = {},
  probe: KeptProbe | null = stage.probe,
  change: Partial<OpenHsm> = {},
): Promise<PlanOutcome> => {
  const job = escrowDrill(stage.means)
  const draft = job.parse(tokenAnswers(changes))
  return job.plan(draft, await job.readFacts(draft, readerOf(stage, laid, probe, change)), runId)
}

export interface TokenWalk {
  token: HsmToken
  laid: Laid
  earlier: Evidence[]
  secrets: Map<string, SecretBytes>
}

export const walkOf = (
  { token, group }: Pick<TokenStage, 'token' | 'group'>,
  laid: Laid,
  shares: readonly string[] = group.shares.slice(0, 2),
): TokenWalk => ({
  token,
  laid,
  earlier: [],
  secrets: new Map(
    shares.map((words, index) => [`share_0${index + 1}`, SecretBytes.fromText(words)] as const),
  ),
})

export const contextFor = (step: PlannedStep, { token, laid, earlier, secrets }: TokenWalk, before: Json) =>
  ({
    runId,
    step,
    before,
    attempt: 1,
    hsm: async () => token,
    earlier,
    secrets,
    places: { folderOf: () => laid.folder, label: () => 'medium' },
    clock: systemClock,
    signal: new AbortController().signal,
  }) as Partial<StepContext> as StepContext

export const handlerFor = ({ means }: Pick<TokenStage, 'means'>, kind: string): StepHandler => {
  const steps: Readonly<Record<string, StepHandler>> = escrowDrill(means).steps
  const found = steps[kind]
  if (found === undefined) throw new Error(`no handler for ${kind}`)
  return found
}

/** As the engine goes through the plan; where it ended, with the code of why. */
export const walkTokens = async (stage: TokenStage, plan: Plan, walk: TokenWalk): Promise<string> => {
  for (const step of plan.steps) {
    const handler = handlerFor(stage, step.kind)
    try {
      const found = await handler.check(contextFor(step, walk, null))
      if (found.state === 'foreign' || found.state === 'blocked') return `${step.kind}: ${found.problem.code}`
      if (found.state === 'needed') await handler.apply(contextFor(step, walk, found.before))
      walk.earlier.push(...(await handler.verify(contextFor(step, walk, found.before))).evidence)
    } catch (thrown) {
      return `${step.kind}: ${problemOf(thrown).code}`
    }
  }
  return 'went well'
}

/** The run’s session, with some calls that answer otherwise. */
export const withCalls = (stage: TokenStage, change: Partial<HsmToken>): TokenStage => ({
  ...stage,
  token: { ...stage.token, ...change },
})

export const refuse = (code: 'hsm-token-gone' | 'hsm-unwrap-refused' | 'hsm-decrypt-refused') => () =>
  Promise.reject(new KeyturnError(code))

export const told = (earlier: readonly Evidence[]): string =>
  earlier.map(({ statement, value }) => `${statement}: ${value}`).join('\n')
