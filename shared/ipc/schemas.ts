import { z } from 'zod'
import { exportKinds, type FormDescription, type FormFacts } from '../forms/form.ts'
import type { Problem } from '../errors/problem.ts'
import type { ProofLevel } from '../model/evidence.ts'
import {
  asDraftId,
  asHandleId,
  asPlaceId,
  asPlanDigest,
  asRunId,
  asServerPath,
  asTargetId,
} from '../model/ids.ts'
import type { KeyCopyProof } from '../model/evidence.ts'
import type { DoctorReport } from '../model/ekm-doctor.ts'
import type { OpenHsmKey } from '../model/hsm.ts'
import type { KeyringUpkeep } from '../model/keyring.ts'
import { jobIds, type JobId } from '../model/job.ts'
import type { ReviewedPlan, RunLook, RunSummary, RunView } from '../model/plan.ts'
import { printPageNames, type PrintDocument } from '../model/print.ts'
import { purposesOfMain, secretPurposes, type SecretPurpose } from '../model/secrets.ts'
import type {
  AzureConnection,
  Connection,
  Environment,
  HsmConnection,
  SqlConnection,
  VaultConnection,
} from '../model/target.ts'

/** Ids are short and of a closed alphabet: anything else never reaches a handler. */
const id = z.string().regex(/^[a-z0-9-]{1,40}$/)

export const targetId = id.transform(asTargetId)
/** A module's file, by the id that main gave it. */
export const moduleId = id
export const runId = id.transform(asRunId)
export const draftId = id.transform(asDraftId)
export const handleId = id.transform(asHandleId)
export const placeId = id.transform(asPlaceId)
export const planDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform(asPlanDigest)
export const serverPath = z.string().max(1024).transform(asServerPath)
/** Tenant, application and object ids of Entra. */
export const azureId = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/)
export const jobId = z.enum(jobIds)
export const exportKind = z.enum(exportKinds)
export const printPage = z.enum(printPageNames)
export const printId = id.nullable()
export const secretPurpose = z.enum(secretPurposes).exclude(purposesOfMain)
export const environment = z.enum(['production', 'test', 'rehearsal'])
export const shortText = z.string().max(4096)

/** Secret bytes from the one secret component. At most 4 KB; wiped by the router after dispatch. */
export const secretBytes = z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 4096)
/** A certificate with its private key as PEM text is longer than a password. */
export const longSecretBytes = z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 16_384)

/** Name of a keyring file as `keyring.findBackups` gave it: no path. */
export const backupName = z.string().regex(/^[^./\\][^/\\]{0,200}\.json$/)

export const answers = z.record(
  z.string().max(64),
  z.union([
    z.string().max(20_000),
    z.number(),
    z.boolean(),
    z.array(z.string().max(1024)).max(5000),
    z.null(),
  ]),
)

/**
 * Replies are made by main from typed values; the window trusts main. So a reply is typed, and checked only for being
 * there: checking each field again would be a second copy of the model.
 */
export const reply = <T>() => z.custom<T>((value) => value !== undefined)

export const nothing = z.object({}).strict()
export const done = z.object({ done: z.literal(true) })

/** Which rows, and in which order: a page of a table, a saved view and an exported file ask alike. */
export const selection = z.object({
  sort: z.object({ column: z.string().max(64), direction: z.enum(['asc', 'desc']) }).nullable(),
  search: z.string().max(256),
  filters: z
    .array(
      z.object({
        property: z.string().max(64),
        /** `before` and `after` compare times; a cell that is no time never matches them. */
        operator: z.enum(['is', 'is-not', 'contains', 'before', 'after']),
        value: z.string().max(256),
      }),
    )
    .max(10),
})
export type Selection = z.infer<typeof selection>

export const page = selection.extend({
  offset: z.number().int().min(0).max(10_000_000),
  limit: z.number().int().min(1).max(100),
})
export type PageRequest = z.infer<typeof page>

export const tableName = z.enum([
  'keys',
  'audit',
  'passwords',
  'drills',
  'share-groups',
  'packages',
  'token-keys',
])
export type TableName = z.infer<typeof tableName>

/** How a person likes to look at a table; kept by main, per table. */
export const tableView = selection.extend({
  name: z.string().trim().min(1).max(60),
  hidden: z.array(z.string().max(64)).max(40),
  density: z.enum(['compact', 'comfortable']),
})
export type TableView = z.infer<typeof tableView>
export const tableViews = z.array(tableView).max(20)

/** `held`: only what was read before; nothing is connected. `missing`: targets never read too. `again`: all of them. */
export const inventoryRead = z.enum(['held', 'missing', 'again'])

/** A page of a table, filtered and sorted by main. */
export interface PageReply<Row> {
  rows: Row[]
  total: number
  /** Time of the oldest read among the sources; null: nothing read yet. */
  asOf: string | null
  /** Sources that did not answer, with the time of the rows that stand in for them. */
  missing: { source: string; rowsFrom: string | null; problem: Problem }[]
}

export interface AppState {
  version: string
  shell: 'electron' | 'chromium'
  profile: 'main' | 'rehearsal'
  /** True where this window may not touch real systems (the browser has no sandbox as root). */
  rehearsalsOnly: boolean
  /** Most dangerous environment of the profile's targets; a page narrows it to what it touches. */
  environment: Environment | 'none'
  keyring: { state: 'absent' | 'locked' | 'unlocked'; waitSeconds: number }
  /** Null while locked or absent. */
  upkeep: KeyringUpkeep | null
  autoLock: AutoLockState
  operator: string
  /** Rehearsals only: passphrase to practise locking with. Nothing in a rehearsal is secret. */
  rehearsalPassphrase: string | null
  rehearsal: RehearsalState | null
  /** Sign-ins to Azure that wait for a person with a browser. */
  signIns: PendingSignIn[]
  runs: RunSummary[]
  /** Keys of tokens that a run left open for wrapping. */
  openKeys: OpenHsmKey[]
  scheme: 'light' | 'dark' | 'system'
}

/** A code that a person enters at this address, on any device. */
export interface PendingSignIn {
  target: string
  name: string
  url: string
  code: string
  /** ISO 8601, UTC. */
  until: string
}

export interface AutoLockState {
  minutes: number
  /** Only during the last minute before it locks: seconds left when this was sent. `extendable`: a person can stay. */
  warning: { seconds: number; extendable: boolean } | null
  /** `system`: locking the screen and sleep lock Keyturn too; `window`: only what the window sees of a person. */
  watches: 'system' | 'window'
}

/** A keyring file in a folder, read without its passphrase. */
export interface KeyringBackupView {
  name: string
  /** Empty where `problem` says why it does not read. */
  keyring: string
  at: string
  secrets: number
  sameKeyring: boolean
  /** How many secrets of the present keyring it lacks or has only in an older generation. */
  gone: number
  /** Their labels; empty while the keyring is locked. */
  goneLabels: string[]
  problem: Problem | null
}

/** A place where a key is that a kept password opens. */
export interface KeptCopy {
  key: string
  kind: KeyCopyProof['kind']
  location: string
  level: KeyCopyProof['level']
  thumbprint: string | null
  run: string
  at: string
  /** The generation of the password that opens it. */
  generation: number
}

export interface KeptSecretRow {
  id: string
  label: string
  purpose: SecretPurpose
  /** Name of the system it is for; null: none in particular. */
  target: string | null
  generation: number
  keptAt: string
  copies: KeptCopy[]
  /** What else needs it, as words: connections, drafts, undecided runs. */
  uses: string[]
}

export interface RehearsalState {
  state: 'starting' | 'ready' | 'failed'
  servers: { name: string; note: string }[]
  problem: Problem | null
}

/** A door on Set up. */
export interface JobView {
  job: JobId
  title: string
  /** What comes out of it, in one or two sentences. */
  summary: string
}

export interface DraftView {
  id: string
  job: JobId
  /** What the job makes, as a noun: "Encrypted backup". */
  jobNoun: string
  /** Name of the screen at which it was left. */
  stop: string
  answers: z.infer<typeof answers>
  screen: string
  savedAt: string
  savedBy: string
  targetNames: string[]
}

export interface ConnectionView {
  connection: Connection
  state: 'not-tested' | 'connected' | 'unreachable' | 'signed-out' | 'rights-missing' | 'identity-changed'
  lastRead: string | null
  problem: Problem | null
  account: string
  clockDifferenceSeconds: number | null
}

export interface ConnectionCheck {
  name: string
  state: 'ok' | 'failed' | 'unknown' | 'not-reached'
  detail: string
  at: string
}

/** What the server showed before any login, so that a person can compare and pin it. */
export interface CertificateFacts {
  subject: string
  issuer: string
  notAfter: string
  sha256: string
}

export interface ConnectionTest {
  checks: ConnectionCheck[]
  certificate: CertificateFacts | null
  problem: Problem | null
}

export type { KeyRow } from './key-row.ts'
export type { GroupRow, PackageLook, PackageRow, ShareCheck } from './escrow-schemas.ts'

/** A restore drill of one backup, as the record has it. */
export interface DrillRow {
  /** Number of the entry in the record. */
  seq: number
  at: string
  run: string | null
  database: string
  source: string
  sourceId: string
  drillServer: string
  outcome: 'restored' | 'failed' | 'not-finished'
  level: ProofLevel
  /** When the full backup was finished. */
  backupOf: string
  sets: string[]
  thumbprints: string[]
  passwords: 'typed' | 'kept' | 'typed and kept' | 'none'
  checks: string[]
  restoreSeconds: number | null
  totalSeconds: number
  /** What kept it from being restored: title and next step. */
  problem: { title: string; next: string; number: string | null } | null
}

export interface AuditRow {
  seq: number
  at: string
  actor: string
  sentence: string
  kind: string
  outcome: 'done' | 'refused' | 'failed'
  object: string
  hash: string
  previousHash: string
  body: unknown
}

export interface AuditPage extends PageReply<AuditRow> {
  chain: {
    state: 'unbroken' | 'broken' | 'not-checked'
    entries: number
    at: string | null
    detail: string
    head: string | null
  }
  /** What ties the record to people and to places outside this computer. */
  ties: {
    /** SHA-256 of the public key that signing began with: what an offline check is given. */
    identity: string | null
    signedFrom: number | null
    /** Number of the key that signs now, from 1. */
    epoch: number | null
    countersigned: { to: number; at: string; key: string } | null
    /** The last anchor that was given out of this computer. */
    anchor: { count: number; at: string; how: 'saved' | 'print' } | null
  }
}

export interface AnchorComparison {
  state: 'same' | 'differs' | 'unreadable'
  detail: string
  /** When the entries were checked for it. */
  at: string
}

export interface PreviewStatement {
  title: string
  /** Secrets «name», unanswered values ‹name›. */
  text: string
  changed: boolean
}

export interface PlacePicker {
  /** Native dialog used: the place, or null when the person closed it. */
  place: { id: string; label: string } | null
  /** No native dialog in this shell: browse with `places.browse` under this id. */
  picker: string | null
}

export interface FolderListing {
  label: string
  entries: { id: string; name: string }[]
  /** Where a file is to be picked. */
  files: { id: string; name: string }[]
  parent: string | null
  current: string
  problem: Problem | null
}

export interface ServerListing {
  path: string
  entries: { name: string; folder: boolean }[]
  source: string
  at: string
  problem: Problem | null
}

export type {
  DoctorReport,
  FormDescription,
  FormFacts,
  PrintDocument,
  Problem,
  AzureConnection,
  Connection,
  HsmConnection,
  ReviewedPlan,
  RunLook,
  RunSummary,
  RunView,
  SqlConnection,
  VaultConnection,
}
