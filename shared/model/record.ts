import { z } from 'zod'
import type { RunId } from './ids.ts'
import { ceremonyRecordBodies } from './record-ceremony.ts'
import { lockReasons } from './keyring.ts'
import type { Json } from './plan.ts'

/**
 * What the record holds. Every entry is journal (for resuming) and audit (for people) at once. A body is plain data
 * and never holds a secret; its schema is closed, so that nothing else can slip in.
 */
const cutAt = (most: number) => (value: string) =>
  value.length > most ? `${value.slice(0, most - 1)}…` : value
/** Longer texts are cut, never refused: an outcome must always fit into the record. */
const text = z.string().overwrite(cutAt(4_000))
const name = z.string().overwrite(cutAt(400))
const time = z.string().max(40)
const json: z.ZodType<Json> = z.json()

const problem = z.strictObject({
  code: name,
  kind: name,
  title: text,
  unchanged: text,
  causes: z.array(text),
  next: text,
  retrySafe: z.boolean(),
  vendor: z
    .strictObject({ system: name, number: z.union([z.number(), name]), text: text.optional() })
    .optional(),
  fields: z.array(z.strictObject({ field: name, message: text })).optional(),
})

const evidence = z.strictObject({
  statement: text,
  value: text,
  source: text,
  at: time,
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
})

const proof = z.strictObject({
  key: name,
  kind: name,
  location: text,
  level: name,
  by: name,
  at: time,
  thumbprint: name.nullable(),
  note: text,
})

const step = { step: name, title: text, attempt: z.number().int().min(0) }
const messages = z.array(text)
const connection = z.strictObject({ name, address: name, environment: name })
const keptSecret = z.strictObject({ handle: name, purpose: name, label: name, generation: z.number().int() })
const nothing = z.strictObject({})
/** A public key as hex of its SubjectPublicKeyInfo, and the SHA-256 of those bytes. */
const publicKey = { publicKey: name, fingerprint: name }
/** A state of the record: how many entries, and the hash of the last of them. */
const head = { count: z.number().int().min(0), head: name }

/** One backup set that a drill was about: what the source's history calls it. */
const drilledSet = z.strictObject({
  setId: name,
  kind: z.enum(['full', 'differential', 'log']),
  finishedAt: time,
})
/** How far a restore drill of one database came. The recovery ledger reads these. */
const drillEnded = z.strictObject({
  sourceId: name,
  source: name,
  drillServerId: name,
  drillServer: name,
  database: name,
  sets: z.array(drilledSet),
  /** Certificates that were brought from files and used, SHA-1 of each, as the drill server shows them. */
  thumbprints: z.array(name),
  /** Where the passwords of the key files came from. */
  passwords: z.enum(['typed', 'kept', 'typed and kept', 'none']),
  /** Highest rung that the backup reached in this drill. */
  level: z.enum(['recorded', 'seen', 'matched', 'opened', 'restored']),
  outcome: z.enum(['restored', 'failed', 'not-finished']),
  /** What was asked of the restored database. */
  checks: z.array(name),
  /** Whole seconds; null: that part was not reached. */
  restoreSeconds: z.number().int().min(0).nullable(),
  totalSeconds: z.number().int().min(0),
  problem: problem.nullable(),
})

/** How far a drill of an escrow package came, or a recovery from one. Holders by name, never shares. */
const escrowDrillEnded = z.strictObject({
  purpose: z.enum(['drill', 'recovery']),
  package: name,
  manifestSha256: name,
  signer: name,
  standing: z.enum(['given', 'known']),
  openedWith: z.enum(['shares', 'recipient']),
  /** Null: nothing was opened. */
  openedBy: text.nullable(),
  server: name,
  items: z.array(
    z.strictObject({
      number: z.number().int(),
      kind: name,
      name,
      level: z.enum(['recorded', 'opened', 'restored']),
      thumbprint: name.nullable(),
    }),
  ),
  /** Database of the backup that a restored certificate opened; null: none was read. */
  backupOf: name.nullable(),
  outcome: z.enum(['proven', 'failed', 'not-finished']),
  /** Which part of the way did not hold; null: none. */
  layer: z.enum(['package', 'signature', 'shares', 'group key', 'item', 'restore', 'use']).nullable(),
  seconds: z.array(z.strictObject({ step: text, seconds: z.number().int().min(0) })),
  totalSeconds: z.number().int().min(0),
  problem: problem.nullable(),
})

/** Kinds that a job may write at the end of its run, by its own `results`. All others are the engine's. */
export const resultKinds = ['drill-ended', 'escrow-drill-ended'] as const satisfies readonly string[]

export const recordBodies = {
  'program-started': z.strictObject({ version: name, profile: name }),

  'run-approved': z.strictObject({
    job: name,
    title: text,
    digest: name,
    ticket: text,
    reason: text,
    principals: z.array(z.strictObject({ target: name, principal: name })),
    steps: z.array(z.strictObject({ step: name, title: text })),
  }),
  'step-intent': z.strictObject({ ...step, before: json }),
  'step-outcome': z.strictObject({
    ...step,
    how: z.enum(['applied', 'already-there', 'found-done']),
    evidence: z.array(evidence),
    proofs: z.array(proof),
    messages,
  }),
  'step-failed': z.strictObject({ ...step, during: z.enum(['check', 'apply', 'verify']), problem, messages }),
  'step-voided': z.strictObject(step),
  'run-stop-requested': z.strictObject({ how: z.enum(['after-step', 'now']) }),
  'run-stopped': z.strictObject({ before: name, title: text, because: z.enum(['asked', 'disk-full']) }),
  'run-continued': z.strictObject({ how: z.enum(['retry', 'resume']), step: name.nullable() }),
  'run-interrupted': z.strictObject({ title: text, step: name.nullable(), undoing: z.boolean() }),
  'undo-started': z.strictObject({ title: text }),
  'undo-intent': z.strictObject(step),
  'undo-outcome': z.strictObject({
    ...step,
    result: z.enum(['undone', 'nothing-there', 'kept']),
    because: text.nullable(),
    evidence: z.array(evidence),
    problem: problem.nullable(),
    messages,
  }),
  'undo-failed': z.strictObject({ ...step, problem, messages }),
  'run-ended': z.strictObject({
    title: text,
    state: z.enum(['verified', 'undone']),
    counts: z.record(z.string(), z.number()),
  }),
  'run-left': z.strictObject({ title: text, reason: text }),
  'drill-ended': drillEnded,
  'escrow-drill-ended': escrowDrillEnded,

  ...ceremonyRecordBodies({ text, name, time, problem }),

  refused: z.strictObject({ action: name, about: text.nullable(), problem }),

  'connection-added': connection,
  'connection-edited': z.strictObject({ name, changed: z.array(name), credentialDropped: z.boolean() }),
  'connection-removed': z.strictObject({ name }),
  'connection-tested': z.strictObject({ name, principal: name.nullable(), problem: problem.nullable() }),
  /** A person had the vault wrap and unwrap as an application: two lines of the vault's log are of that. */
  'wrap-asked': z.strictObject({ application: name, key: name, vault: name, problem: problem.nullable() }),
  'keyring-created': nothing,
  'keyring-unlocked': nothing,
  'keyring-unlock-refused': z.strictObject({ problem }),
  'keyring-locked': z.strictObject({ runsGoOn: z.boolean(), because: z.enum(lockReasons).optional() }),
  'keyring-passphrase-changed': z.strictObject({
    secrets: z.number().int(),
    runs: z.number().int(),
    removed: z.array(name),
  }),
  'keyring-strengthened': z.strictObject({ from: name, to: name }),
  'keyring-backed-up': z.strictObject({
    file: name,
    to: text,
    secrets: z.number().int(),
    removed: z.array(name),
  }),
  'keyring-restored': z.strictObject({
    file: name,
    from: text,
    keyring: name,
    secrets: z.number().int(),
    gone: z.array(name),
    keptAs: name.nullable(),
  }),
  'keyring-outer-wrap': z.strictObject({ store: name.nullable() }),
  'recovery-sheet-made': nothing,
  'secret-kept': keptSecret,
  'secret-replaced': keptSecret,
  'secret-dropped': z.strictObject({ handle: name, label: name }),
  'runbook-exported': z.strictObject({ title: text, digest: name, format: name, to: text }),
  'report-exported': z.strictObject({ title: text, format: name, to: text }),
  'rehearsal-started': z.strictObject({ systems: z.array(name) }),
  'rehearsal-ended': nothing,
  'rehearsal-changed': z.strictObject({ what: text }),
  'settings-changed': z.strictObject({
    changed: z.array(z.strictObject({ setting: name, from: text, to: text })),
  }),
  'record-checked': z.strictObject({
    entries: z.number().int(),
    brokenAt: z.number().int().nullable(),
    why: text.nullable(),
  }),

  'signing-began': z.strictObject({
    epoch: z.number().int(),
    ...publicKey,
    ...head,
    because: z.enum(['first', 'key-missing']),
  }),
  'signing-key-changed': z.strictObject({
    epoch: z.number().int(),
    ...publicKey,
    because: z.enum(['start', 'lock', 'end', 'entries', 'time']),
  }),
  'countersigner-began': z.strictObject({
    ...publicKey,
    because: z.enum(['first', 'not-in-keyring', 'not-in-record']),
    /** Fingerprint of the countersigning key that the record named before. */
    before: name.nullable(),
  }),
  countersigned: z.strictObject({
    ...head,
    /** First entry that no countersignature covered before. */
    since: z.number().int().min(1),
    fingerprint: name,
    signature: name,
  }),
  'countersign-failed': z.strictObject({ problem }),
  'anchor-made': z.strictObject({
    ...head,
    how: z.enum(['saved', 'print']),
    /** The folder, for a saved one. */
    to: text.nullable(),
  }),
  'record-exported': z.strictObject({ from: z.number().int().min(1), ...head, to: text }),
} as const satisfies Readonly<Record<string, z.ZodType>>

export type ResultKind = (typeof resultKinds)[number]
export type RecordKind = keyof typeof recordBodies
export const recordKinds = Object.keys(recordBodies) as RecordKind[]
export type RecordBody<Kind extends RecordKind> = z.infer<(typeof recordBodies)[Kind]>

export const recordOutcomes = ['done', 'refused', 'failed'] as const
export type RecordOutcome = (typeof recordOutcomes)[number]

/** What an entry is about, by id and by the name it had then. */
export const objectRefSchema = z.strictObject({
  type: z.enum(['target', 'run', 'step', 'handle', 'certificate', 'draft', 'place', 'setting']),
  id: name,
  name,
})
export type ObjectRef = z.infer<typeof objectRefSchema>

/** The OS account that Keyturn runs under, and the name that account carries. */
export interface Operator {
  account: string
  name: string
}

/** Kind and body belong together: the compiler refuses the body of another kind. */
export type KindAndBody = { [Kind in RecordKind]: { kind: Kind; body: RecordBody<Kind> } }[RecordKind]

export type NewEntry = KindAndBody & {
  outcome: RecordOutcome
  runId?: RunId | null
  objects?: readonly ObjectRef[]
}

/** One entry as it stands in the file. */
export type RecordEntry = KindAndBody & {
  /** From 1, without gaps. */
  seq: number
  /** ISO 8601, UTC, milliseconds. */
  at: string
  /** Minutes that the clock of the machine was ahead of UTC at that moment. */
  offsetMinutes: number
  actor: Operator
  outcome: RecordOutcome
  runId: RunId | null
  objects: readonly ObjectRef[]
  /** SHA-256 of the entry before, 64 lower-case hex characters; 64 zeros for the first. */
  prev: string
  hash: string
}

export type RecordRow = RecordEntry & { sentence: string }

/** What the signatures of a whole record say. Numbers are those of entries. */
export interface SigningCheck {
  /** First entry that is signed; those before it are covered by the hash that it carries. Null: none is. */
  from: number | null
  /** Where signing started anew under another key, because the one before was missing. */
  anew: readonly number[]
  /** How often the key was changed, the first one not counted. */
  changes: number
  /** The last countersignature that fits; null: none. */
  countersigned: { to: number; at: string; fingerprint: string } | null
}

/** `brokenAt` is the first entry that does not fit: edited, missing, added, moved or not signed as it should be. */
export type ChainCheck =
  | { unbroken: true; entries: number; head: string; at: string; signing: SigningCheck }
  | { unbroken: false; entries: number; brokenAt: number; why: string; at: string }

export interface RecordPageRequest {
  filter?: {
    /** Found in kind, people, objects and bodies; upper and lower case are the same for A to Z. */
    text?: string
    kind?: readonly RecordKind[]
    outcome?: readonly RecordOutcome[]
    runId?: RunId
  }
  offset: number
  /** 1 to 100. */
  limit: number
  order: 'newest-first' | 'oldest-first'
}

export interface RecordPage {
  rows: readonly RecordRow[]
  /** How many entries the filter lets through. */
  total: number
  /** The last check of the whole chain; null: not checked since the program started. */
  chain: ChainCheck | null
}
