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

export type ScriptLanguage = 'tsql' | 'rest' | 'powershell' | 'pkcs11' | 'file'

export interface Script {
  language: ScriptLanguage
  parts: readonly ScriptPart[]
}

/** First line of every script for a Windows host. */
export const hostScriptStart = '#Requires -Version 5.1'

/** How work on files of this computer begins; Keyturn does it itself, so it is told and not sent. */
const fileWorkStart = /^(WRITE|COPY|READ|REGISTER|OPEN) keyturn-escrow-/

/**
 * What a shown script is, by its beginning: calls of a service, a script for a Windows host, calls of a token, files,
 * or statements of a server.
 */
export const languageOfText = (text: string): ScriptLanguage =>
  fileWorkStart.test(text)
    ? 'file'
    : /^(GET|PUT|POST|PATCH|DELETE) https:\/\//.test(text)
      ? 'rest'
      : text.startsWith(hostScriptStart)
        ? 'powershell'
        : /^C_[A-Z][A-Za-z]+ /.test(text)
          ? 'pkcs11'
          : 'tsql'

export const languageWords: Readonly<Record<ScriptLanguage, string>> = {
  tsql: 'T-SQL',
  rest: 'REST',
  powershell: 'PowerShell',
  pkcs11: 'PKCS#11',
  file: 'Files',
}

/** The form on screen and in the record: «name» where a secret stands. */
export const displayScript = (script: Script): string =>
  script.parts.map((part) => (typeof part === 'string' ? part : `«${part.hole}»`)).join('')

/** The form of an exported runbook: sqlcmd variables, in upper case. */
export const runbookScript = (script: Script): string =>
  script.parts.map((part) => (typeof part === 'string' ? part : `$(${part.hole.toUpperCase()})`)).join('')

export const holesOf = (script: Script): SecretHole[] =>
  script.parts.filter((part): part is SecretHole => typeof part !== 'string')
