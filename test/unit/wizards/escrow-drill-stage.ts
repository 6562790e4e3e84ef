import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answers } from '../../../shared/forms/form.ts'
import { shareFields } from '../../../shared/forms/escrow-drill-draft.ts'
import { asHandleId, asPlaceId, type PlaceId } from '../../../shared/model/ids.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import type { PlanOutcome, PlanReader, StepHandler } from '../../../electron/engine/contract.ts'
import type { EscrowMeans } from '../../../electron/escrow/means.ts'
import { recombinePy } from '../../../electron/escrow/recombine-script.ts'
import { openRegister } from '../../../electron/escrow/register.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { escrowDrill } from '../../../electron/wizards/escrow-drill/index.ts'
import {
  makeRecipient,
  makeTestGroup,
  testSigner,
  type TestGroup,
  type TestRecipient,
} from '../../support/escrow-package.ts'
import {
  certificateItem,
  packageWith,
  passphraseItem,
  writeTo,
  type DrillPackage,
} from '../../support/escrow-drill-package.ts'
import { planReader } from '../../support/plan-reader.ts'
import {
  drillServers,
  encryptedBackupOn,
  filePassword,
  share,
  type DrillServer,
  type DrillServers,
} from './drill-servers.ts'
import { drillContext, walkSteps, type DrillWalk, type Walked } from './drill-walk.ts'
import { runId } from './samples.ts'

/** Two simulated servers, a group, and a package with the certificate of a real backup and a passphrase. */
export interface EscrowStage {
  servers: DrillServers
  group: TestGroup
  recipient: TestRecipient
  signer: ReturnType<typeof testSigner>
  means: EscrowMeans
  made: DrillPackage
  /** The medium, and another folder of the person. */
  folder: string
  other: string
  stop(): Promise<void>
}

export const backupFile = `${share}\\sales.bak`
export const [medium, elsewhere] = [asPlaceId('p-medium'), asPlaceId('p-other')]

export const handOut = async (server: DrillServer, certificate: string) => {
  const [row] = await server.rows(
    `SELECT CERTENCODED(c.certificate_id) AS certificate, CERTPRIVATEKEY(c.certificate_id, N'${filePassword}') AS pvk FROM master.sys.certificates AS c WHERE c.name = N'${certificate}'`,
  )
  return {
    certificate: row?.['certificate'] as Uint8Array,
    pvk: row?.['pvk'] as Uint8Array,
    password: filePassword,
  }
}

export const escrowStage = async (): Promise<EscrowStage> => {
  const servers = await drillServers()
  await encryptedBackupOn(servers.source, 'KT_A', 'sales.bak')
  servers.grantAll()
  const group = await makeTestGroup(2, 3)
  const recipient = makeRecipient()
  const signer = testSigner()
  const folder = mkdtempSync(join(tmpdir(), 'kt-escrow-drill-'))
  const other = mkdtempSync(join(tmpdir(), 'kt-escrow-other-'))
  const made = packageWith(
    [
      certificateItem(await handOut(servers.source, 'KT_A'), 'KT_A', 'KTR-SOURCE'),
      passphraseItem('Passphrase-Of-The-Store-7'),
    ],
    { group, recipients: [recipient], signer },
  )
  writeTo(folder, made)
  const register = await openRegister(other)
  return {
    servers,
    group,
    recipient,
    signer,
    made,
    folder,
    other,
    means: {
      register,
      signer: () => Promise.resolve(signer),
      knownSigners: () => new Set([signer.fingerprint]),
      recombine: recombinePy,
      program: '0.1.0',
      environment: 'rehearsal',
      placeOf: () => null,
    },
    stop: async () => {
      await servers.stop()
      rmSync(folder, { recursive: true })
      rmSync(other, { recursive: true })
    },
  }
}

export const escrowAnswers = (changes: Answers = {}): Answers => ({
  purpose: 'drill',
  packageFolder: medium,
  packageName: '',
  signerFingerprint: '',
  items: ['1', '2'],
  openWith: 'shares',
  share1: 'h-share1',
  share2: 'h-share2',
  recipientFolder: null,
  recipientKeyFile: '',
  recipientPassphrase: null,
  drillTarget: 't-drill',
  masterKeyMode: 'throw-away',
  masterKeyPassword: null,
  backupFiles: backupFile,
  ...changes,
})

const foldersOf = (stage: EscrowStage) => {
  const folderOf = (place: PlaceId): string => (place === medium ? stage.folder : stage.other)
  return { folderOf, label: folderOf }
}

export const readerFor = (stage: EscrowStage, changes: Partial<PlanReader> = {}): PlanReader =>
  planReader(() => stage.servers.drill.open(), {
    places: foldersOf(stage),
    keptFor: (target, purpose) =>
      purpose === 'escrow.share' && target === (stage.made.id as string)
        ? shareFields.slice(0, 4).map((field) => ({
            id: asHandleId(`h-${field}`),
            label: field,
            keptAt: '2026-11-26T10:00:00.000Z',
          }))
        : [],
    ...changes,
  })

export const planEscrow = async (
  stage: EscrowStage,
  changes: Answers = {},
  reader: Partial<PlanReader> = {},
): Promise<PlanOutcome> => {
  const job = escrowDrill(stage.means)
  const draft = job.parse(escrowAnswers(changes))
  return job.plan(draft, await job.readFacts(draft, readerFor(stage, reader)), runId)
}

export const walkFor = async (
  stage: EscrowStage,
  shares: readonly string[] = stage.group.shares.slice(0, 2),
): Promise<DrillWalk> => ({
  server: await stage.servers.drill.open(),
  earlier: [],
  proofs: [],
  percents: [],
  said: [],
  secrets: new Map([
    ...shares.map(
      (words, index) => [`share_${String(index + 1).padStart(2, '0')}`, SecretBytes.fromText(words)] as const,
    ),
    ['throw_away_password', SecretBytes.fromText('Throw-Away-Password-1')] as const,
    ['dmk_password', SecretBytes.fromText('Master-Key-Password-2')] as const,
    ['recipient_passphrase', SecretBytes.fromText('Recipient-Passphrase-3')] as const,
  ]),
  servers: stage.servers,
  places: foldersOf(stage),
})

export const escrowHandler =
  (stage: EscrowStage) =>
  (kind: string): StepHandler => {
    const steps: Readonly<Record<string, StepHandler>> = escrowDrill(stage.means).steps
    const found = steps[kind]
    if (found === undefined) throw new Error(`no handler for ${kind}`)
    return found
  }

export const walkEscrow = (stage: EscrowStage, plan: Plan, walk: DrillWalk): Promise<Walked> =>
  walkSteps(plan, walk, escrowHandler(stage))

export { drillContext }
