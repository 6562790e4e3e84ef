import type { JobId } from '../model/job.ts'
import type { AskedPurpose } from '../model/secrets.ts'

/**
 * Forms as data: fields and screens of a job, rendered by the one wizard frame. A job adds a form here and a folder in
 * `electron/wizards`; the window learns nothing new.
 *
 * Answers are flat: one value per field name. Text that a person reads is part of the description.
 */
export type AnswerValue = string | number | boolean | string[] | null
export type Answers = Record<string, AnswerValue>

export interface FormDescription {
  job: JobId
  /** Verb and object, as a door on Set up: "Take an encrypted backup". */
  title: string
  /** What comes out of it, in one or two sentences; stands under the door. */
  summary: string
  /** What it makes, for a list of drafts: "Encrypted backup". */
  noun: string
  /** Answers that name targets. Secrets and places belong to the first unless they name another. */
  targetFields: readonly [string, ...string[]]
  intro: FormIntro
  screens: readonly Screen[]
  /** What its plans can be taken along as, in the order of the menu. */
  exports: readonly ExportKind[]
  /** What a person should do after a run of it, on the result page. */
  next: readonly NextStep[]
}

/** What a plan can be taken along as: runbooks for a server without network, snippets for schedules. */
export const exportKinds = [
  'runbook-sql',
  'runbook-az',
  'runbook-ps1',
  'runbook-md',
  'agent-job',
  'ola',
] as const
export type ExportKind = (typeof exportKinds)[number]

export interface NextStep {
  text: string
  label: string
  /** A page, or a job to begin. */
  to: 'keys' | 'audit' | 'connections' | 'backups' | 'escrow' | JobId
  /**
   * What the new draft begins with: the vault key that the run read back, or its transfer files with the token that made
   * their key. Absent: nothing.
   */
  carries?: 'vault-key' | 'transfer-files'
}

/** The first screen: what this will do, before any field. */
export interface FormIntro {
  question: string
  changes: readonly string[]
  needs: readonly string[]
  cannotBeUndone: readonly string[]
  minutes: string
}

export interface Screen {
  id: string
  /** Short noun for the list of steps. */
  noun: string
  question: string
  purpose: string
  /**
   * Labels of the facts and names of the checks that main always reads for it, in their order: their place is kept before
   * they are read. Some answers bring more.
   */
  reads: { facts: readonly string[]; checks: readonly string[] }
  fields: readonly Field[]
}

export type Field =
  | TextField
  | NumberField
  | ChoiceField
  | FlagField
  | PickField
  | SecretField
  | ShareField
  | ServerPathField
  | PlaceField
  | DateField

interface FieldBase {
  name: string
  label: string
  /** Why it is asked, as text. */
  why: string
  /** The rule in words: length, characters. */
  rule?: string
  /** An example, never a placeholder. */
  hint?: string
  /** Shown only while this holds. */
  when?: Condition
}

/** All parts must hold. `is` compares with the answer of another field, or with each of a list; a fact is a value that main puts in FormFacts.flags. */
export interface Condition {
  field?: string
  is?: readonly (string | boolean)[]
  fact?: string
  /** Another condition that must hold as well. */
  also?: Condition
}

export interface TextField extends FieldBase {
  kind: 'text'
  maxLength: number
  mono?: boolean
  multiline?: boolean
  /** What main reads for this screen hangs on the text: it is read again once the answer is saved. */
  changesFacts?: boolean
}
export interface NumberField extends FieldBase {
  kind: 'number'
  min: number
  max: number
  unit: string
}
/** Fixed radios. */
export interface ChoiceField extends FieldBase {
  kind: 'choice'
  options: readonly Option[]
}
export interface FlagField extends FieldBase {
  kind: 'flag'
  /** What it does to the script, or "No effect on the script". */
  effect: string
}
/** A list read by main; unusable rows stay visible with their reason. `from` names the source in FormFacts.options. */
export interface PickField extends FieldBase {
  kind: 'pick'
  from: string
  many: boolean
  /** Kind of the connections that a list of targets offers; absent: SQL Servers. */
  service?: 'azure' | 'hsm'
  /** The values are ids that tell a person nothing: what stands for one is its option's label. */
  opaque?: true
}
export interface SecretField extends FieldBase {
  kind: 'secret'
  purpose: AskedPurpose
  secretRule: SecretRuleId
  canGenerate: boolean
  /** True where it must be a password that exists already: no Generate, no strength rule. */
  existing: boolean
  /** Name of the answer that holds the target it is bound to; default: the form's first. */
  targetField?: string
}
/**
 * A holder's share: its words are typed, or read from a file of the holder's medium. Main checks it against what it is
 * given for before it keeps it, so the answer is a handle of a share that belongs there.
 */
export interface ShareField extends FieldBase {
  kind: 'share'
  /** Answers that name the picked folder and the package in it where there are several; or a group of this profile. */
  givenFor: { folderField: string; packageField: string } | { groupField: string }
  /** Answers of the other shares: the same share is not taken twice. */
  others: readonly string[]
}
/** A place on the server: typed, or picked from a listing that the server gives. */
export interface ServerPathField extends FieldBase {
  kind: 'server-path'
  /** Name of the answer that holds the target. */
  targetField: string
}
/** A local folder, picked through main. */
export interface PlaceField extends FieldBase {
  kind: 'place'
}
/** `YYYY-MM-DD`, UTC. */
export interface DateField extends FieldBase {
  kind: 'date'
}

export interface Option {
  value: string
  label: string
  detail?: string
}

export type SecretRuleId =
  | 'key-file-password'
  | 'master-key-password'
  | 'existing-password'
  | 'login-password'
  | 'client-certificate'
  | 'storage-token'
  | 'access-key'
  | 'ekm-client-secret'
  | 'token-pin'

/** What main read for a screen. */
export interface FormFacts {
  options: Record<string, readonly FactOption[]>
  /** Short facts for the head of the screen, each with source and time. */
  shown: readonly { label: string; value: string; source: string; at: string }[]
  flags: Record<string, boolean>
  /** Suggested values for fields that have no answer yet, each with its reason. */
  suggested: Record<string, { value: AnswerValue; because: string }>
  /** Checks against the target with a result; failures join the error summary. */
  checks: readonly {
    name: string
    state: 'ok' | 'failed' | 'unknown'
    detail: string
    at: string
    field: string | null
  }[]
  readAt: string
}

export interface FactOption extends Option {
  usable: boolean
  /** Why it can't be used; required when it can't. */
  reason?: string
  /** Columns of a list row: label → value. */
  facts?: Record<string, string>
}

/** Whether a field is on the screen with these answers and facts. */
export const isVisible = (field: Field, answers: Answers, flags: Record<string, boolean>): boolean =>
  holds(field.when, answers, flags)

const holds = (when: Condition | undefined, answers: Answers, flags: Record<string, boolean>): boolean => {
  if (!when) return true
  if (!holds(when.also, answers, flags)) return false
  if (when.fact !== undefined && flags[when.fact] !== true) return false
  if (when.field === undefined) return true
  const answer = answers[when.field]
  const given = Array.isArray(answer) ? answer : [answer]
  return (when.is ?? []).some((wanted) => given.includes(wanted))
}
