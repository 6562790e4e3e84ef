import type { SecretPurpose } from './secrets.ts'

/**
 * The exact text that a step sends, with secrets as typed holes. Only the target adapter fills a hole, at the moment
 * of sending; everything else (review, record, digest, runbook) sees the hole's name.
 */
export type ScriptPart = string | SecretHole

export interface SecretHole {
  /** Lower-case letters, digits and underscores; unique within a plan: the same name is the same secret. */
  hole: string
  purpose: SecretPurpose | null
}

export interface Script {
  language: 'tsql' | 'rest'
  parts: readonly ScriptPart[]
}

/** Whether a shown script is calls of a service, not statements of a server. */
export const isRestText = (text: string): boolean => /^(GET|PUT|POST|PATCH|DELETE) https:\/\//.test(text)

/** The form on screen and in the record: «name» where a secret stands. */
export const displayScript = (script: Script): string =>
  script.parts.map((part) => (typeof part === 'string' ? part : `«${part.hole}»`)).join('')

/** The form of an exported runbook: sqlcmd variables, in upper case. */
export const runbookScript = (script: Script): string =>
  script.parts.map((part) => (typeof part === 'string' ? part : `$(${part.hole.toUpperCase()})`)).join('')

export const holesOf = (script: Script): SecretHole[] =>
  script.parts.filter((part): part is SecretHole => typeof part !== 'string')
