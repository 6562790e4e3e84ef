/**
 * Attack: whatever channel there is, a foreign frame asks it, a taken-over page asks it while the keyring is locked, or
 * sends it junk and fields that nobody agreed on. A channel that is added later is tried here without a word, or the
 * test says that it can't make a request for it.
 */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Sender } from '../../electron/ipc/router.ts'
import type { Channel } from '../../shared/ipc/channel.ts'
import { channelNames, contract } from '../../shared/ipc/contract.ts'
import { toyRouter, window } from '../unit/ipc/toy-handlers.ts'

interface JsonSchema {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: unknown
  propertyNames?: JsonSchema
  items?: JsonSchema
  pattern?: string
  minLength?: number
  maxLength?: number
  maxItems?: number
  minItems?: number
  minimum?: number
}

const schemaOf = (request: Channel['request']): JsonSchema =>
  z.toJSONSchema(request, { unrepresentable: 'any', io: 'input', reused: 'inline' }) as JsonSchema

/** Texts that the patterns of the contract ask for. */
const texts = [
  'x',
  't-aaaaaaaaaaaa',
  'p-aaaaaaaaaaaa',
  'd-aaaaaaaaaaaa',
  'h-aaaaaaaaaaaa',
  'aaaaaaaaaaaa',
  'a.json',
  'sg-aaaaaaaaaaaa',
  'ep-aaaaaaaaaaaa',
  'a.txt',
  '00000000-0000-4000-8000-000000000000',
  'a'.repeat(64),
  '2026-11-22T08:00:00.000Z',
]

const textFor = ({ pattern, minLength = 0, maxLength = Infinity }: JsonSchema): string => {
  const fits = (text: string): boolean =>
    text.length >= minLength &&
    text.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(text))
  const found = texts.find(fits)
  if (found === undefined) throw new Error(`no text for ${pattern}`)
  return found
}

/** Something that a schema takes. What has no form in JSON are bytes. */
const sampleOf = (schema: JsonSchema): unknown => {
  const [first] = schema.anyOf ?? schema.oneOf ?? []
  if (first !== undefined) return sampleOf(first)
  if ('const' in schema) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]),
      )
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}))
    case 'string':
      return textFor(schema)
    case 'number':
    case 'integer':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return new Uint8Array(20).fill(7)
  }
}

const foreign: readonly (Sender | null)[] = [
  null,
  { isMainFrame: false, origin: window.origin },
  { isMainFrame: true, origin: 'https://attacker.example' },
]
const junk: readonly unknown[] = [
  undefined,
  null,
  0,
  'text',
  true,
  [],
  [{}],
  new Map([['id', 'x']]),
  new Date(0),
  { nobodyAgreed: 1 },
  JSON.parse('{"__proto__":{"isMainFrame":true},"nobodyAgreed":1}'),
]

describe.each(channelNames)('%s', (name) => {
  const { request, whileLocked = false }: Channel = contract[name]
  const schema = schemaOf(request)
  const valid = (): unknown => sampleOf(schema)

  test('a request can be made for it', () => {
    expect(request.safeParse(valid()).error).toBeUndefined()
  })

  test('no foreign frame is answered', async () => {
    const { router, calls } = toyRouter()
    for (const sender of foreign)
      expect(await router.dispatch(sender, name, valid())).toMatchObject({
        ok: false,
        problem: { code: 'ipc-refused' },
      })
    expect(calls).toEqual([])
  })

  test('while the keyring is locked it answers only where that is agreed', async () => {
    const { router, calls } = toyRouter({}, true)
    const answer = await router.dispatch(window, name, valid())
    if (whileLocked) expect(answer.ok).toBe(true)
    else expect(answer).toMatchObject({ ok: false, problem: { code: 'keyring-locked' } })
    expect(calls.length).toBe(whileLocked ? 1 : 0)
  })

  test('junk is refused, and a field that nobody agreed on reaches no handler', async () => {
    const { router, calls } = toyRouter()
    for (const one of junk)
      expect(await router.dispatch(window, name, one), JSON.stringify(one)).toMatchObject({
        ok: false,
        problem: { code: 'ipc-payload' },
      })
    expect(calls).toEqual([])
    await router.dispatch(window, name, { ...(valid() as object), nobodyAgreed: 'canary' })
    expect(JSON.stringify(calls)).not.toContain('canary')
  })

  test('every text and list in it has an end', () => {
    expect(endless(schema, name)).toEqual([])
  })
})

test('the search for endless texts and lists finds them', () => {
  const open = z.object({
    a: z.string(),
    b: z.array(z.literal('x')),
    c: z.string().regex(/^x+$/),
    d: z.string().max(3),
  })
  expect(endless(schemaOf(open), 'open')).toEqual(['open.a', 'open.b', 'open.c'])
})

/** Numbers are one value each; what has no form in JSON are bytes, which have a limit of their own. */
const endless = (schema: JsonSchema, path: string): string[] => {
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => endless(one, path))
  const named = Object.entries(schema.properties ?? {}).flatMap(([key, one]) =>
    endless(one, `${path}.${key}`),
  )
  const items = schema.items === undefined ? [] : endless(schema.items, `${path}[]`)
  const { additionalProperties: more } = schema
  const others =
    typeof more === 'object' && more !== null
      ? [
          ...endless(more, `${path}.*`),
          ...endless(schema.propertyNames ?? { type: 'string' }, `${path} names`),
        ]
      : []
  const open =
    (schema.type === 'array' && schema.maxItems === undefined) ||
    (schema.type === 'string' &&
      schema.maxLength === undefined &&
      schema.enum === undefined &&
      !('const' in schema) &&
      // A pattern that ends, and repeats nothing without a limit.
      !(schema.pattern?.endsWith('$') === true && !/[*+]|,\}/.test(schema.pattern)))
  return [...(open ? [path] : []), ...parts, ...named, ...items, ...others]
}
