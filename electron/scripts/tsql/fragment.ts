import type { Script, ScriptPart } from '../../../shared/model/script.ts'
import type { SecretPurpose } from '../../../shared/model/secrets.ts'
import { quotedDate, quotedName, quotedText, wholeNumber } from './quote.ts'

/**
 * A piece of T-SQL that was made by a builder. A plain string can't stand in for one, so nothing typed by a person
 * enters a statement without passing through one of the functions below.
 */
export interface Fragment {
  readonly fragment: readonly ScriptPart[]
}

export const name = (value: string, field?: string): Fragment => ({ fragment: [quotedName(value, field)] })
export const text = (value: string, field?: string): Fragment => ({ fragment: [quotedText(value, field)] })
export const date = (value: string, field?: string): Fragment => ({ fragment: [quotedDate(value, field)] })
export const whole = (value: number, least: number, most: number, field?: string): Fragment => ({
  fragment: [wholeNumber(value, least, most, field)],
})
/** A hole inside a string literal: the adapter doubles the quotes of what it fills in. */
export const secret = (hole: string, purpose: SecretPurpose): Fragment => ({
  fragment: ["N'", { hole, purpose }, "'"],
})
/**
 * A hole inside a string literal behind the 32 hexadecimal digits of a client id: SQL Server takes both as one value.
 * The digits are all that may stand there, so nothing of them has to be quoted.
 */
export const literalWithSecret = (digits: string, hole: string, purpose: SecretPurpose): Fragment => {
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new TypeError('not the digits of a client id')
  return { fragment: [`N'${digits}`, { hole, purpose }, "'"] }
}
/** A hole for bytes: the adapter fills in their hexadecimal digits. */
export const binary = (hole: string): Fragment => ({ fragment: ['0x', { hole, purpose: null }] })
/** One of a closed set of words; the set is what makes it harmless. */
export const word = <const Words extends readonly string[]>(words: Words, value: Words[number]): Fragment => {
  if (!words.includes(value)) throw new TypeError('not a word of its set')
  return { fragment: [value] }
}

/** Statement text with fragments in it. The template itself is source code, never input. */
export const tsql = (template: TemplateStringsArray, ...values: readonly Fragment[]): Fragment => ({
  fragment: template.flatMap((piece, index) => [piece, ...(values[index]?.fragment ?? [])]),
})

export const joined = (pieces: readonly Fragment[], separator: string): Fragment => ({
  fragment: pieces.flatMap((piece, index) =>
    index === 0 ? [...piece.fragment] : [separator, ...piece.fragment],
  ),
})

/** Neighboring texts become one part, so that equal statements have one form (the digest depends on it). */
export const script = (piece: Fragment): Script => {
  const parts: ScriptPart[] = []
  for (const part of piece.fragment) {
    const last = parts.at(-1)
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part
    else if (part !== '') parts.push(part)
  }
  return { language: 'tsql', parts }
}

/** The text of a statement without secrets, for reading. */
export const queryText = (piece: Fragment): string =>
  piece.fragment
    .map((part) => {
      if (typeof part !== 'string') throw new TypeError('a read holds no secrets')
      return part
    })
    .join('')
