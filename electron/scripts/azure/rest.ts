import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Script, ScriptPart, SecretHole } from '../../../shared/model/script.ts'

/**
 * One call as text: method and address on the first line, then an empty line and the JSON body, where there is one. It
 * is what a person reads and a runbook sends; the client library sends the same call. Names enter an address only
 * encoded and a body only as JSON.
 */
export type RestMethod = 'get' | 'put' | 'post' | 'patch' | 'delete'

/** JSON in which a value can be a hole: a secret, or (purpose null) what an earlier step of the run is answered. */
export type RestValue =
  null | boolean | number | string | SecretHole | readonly RestValue[] | { readonly [key: string]: RestValue }

/** A piece of an address that a builder made. */
export interface AddressPart {
  readonly address: readonly ScriptPart[]
}

/** One segment of an address: what would change its path, or can't be sent, is refused; everything else is encoded. */
export const segment = (value: string, field = 'vaultName'): AddressPart => {
  if (/\p{Cc}/u.test(value) || !value.isWellFormed() || /^\.{0,2}$/.test(value)) throw refusedText(field)
  return { address: [encoded(value)] }
}

const encoded = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

/** A resource id that Azure gave or a rule checked: its segments one by one. */
export const resource = (id: string, field = 'logDestination'): AddressPart => ({
  address: [
    id
      .replace(/^\//, '')
      .split('/')
      .map((part) => String(segment(part, field).address[0]))
      .join('/'),
  ],
})

export const run = (hole: string): AddressPart => ({ address: [{ hole, purpose: null }] })

/** An address with parts in it; the template itself is source code. */
export const address = (template: TemplateStringsArray, ...values: readonly AddressPart[]): AddressPart => ({
  address: template.flatMap((piece, index) => [piece, ...(values[index]?.address ?? [])]),
})

export const rest = (method: RestMethod, to: AddressPart, body?: RestValue): Script => ({
  language: 'rest',
  parts: joined([
    `${method.toUpperCase()} https://`,
    ...to.address,
    ...(body === undefined ? [] : ['\n\n', ...jsonParts(body, '')]),
  ]),
})

/** A form as sign-ins take it: one value a line for reading. */
export const restForm = (
  to: AddressPart,
  fields: readonly (readonly [string, string | SecretHole])[],
): Script => ({
  language: 'rest',
  parts: joined([
    'POST https://',
    ...to.address,
    '\n\n',
    ...fields.flatMap(([name, value], index) => [
      `${index === 0 ? '' : '&'}${name}=`,
      typeof value === 'string' ? encodeURIComponent(value) : value,
    ]),
  ]),
})

const isHole = (value: object): value is SecretHole => 'hole' in value && 'purpose' in value

const jsonParts = (value: RestValue, indent: string): ScriptPart[] => {
  if (value === null || typeof value !== 'object') return [JSON.stringify(value)]
  if (isHole(value)) return ['"', value, '"']
  const deeper = `${indent}  `
  const [open, close, items] = Array.isArray(value)
    ? (['[', ']', value.map((item) => jsonParts(item as RestValue, deeper))] as const)
    : ([
        '{',
        '}',
        Object.entries(value).map(([key, item]): ScriptPart[] => [
          `${JSON.stringify(key)}: `,
          ...jsonParts(item as RestValue, deeper),
        ]),
      ] as const)
  if (items.length === 0) return [`${open}${close}`]
  return [
    `${open}\n`,
    ...items.flatMap((item, index) => [deeper, ...item, index === items.length - 1 ? '\n' : ',\n']),
    `${indent}${close}`,
  ]
}

/** Neighboring texts become one part, so that equal calls have one form (the digest depends on it). */
const joined = (pieces: readonly ScriptPart[]): ScriptPart[] => {
  const parts: ScriptPart[] = []
  for (const piece of pieces) {
    const last = parts.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') parts[parts.length - 1] = last + piece
    else if (piece !== '') parts.push(piece)
  }
  return parts
}

const refusedText = (field: string): KeyturnError =>
  new KeyturnError(
    'answers-incomplete',
    { count: 1 },
    {
      fields: [
        {
          field,
          message:
            'A name is empty, or holds what no address can: a control character, half of a character pair, only dots. Enter it again',
        },
      ],
    },
  )
