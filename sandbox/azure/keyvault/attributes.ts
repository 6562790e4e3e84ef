import { z } from 'zod'
import { notSimulated, refuse } from '../http.ts'
import type { KeyVersion } from '../state/model.ts'
import { refuseParameter } from './errors.ts'

const seconds = z.number().int()

/** What a caller may say of a key besides its numbers. */
export const Described = z.looseObject({
  key_ops: z.array(z.string()).nullish(),
  attributes: z
    .looseObject({
      enabled: z.boolean().nullish(),
      nbf: seconds.nullish(),
      exp: seconds.nullish(),
      exportable: z.boolean().nullish(),
    })
    .nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  release_policy: z.unknown().optional(),
})
export type Described = z.infer<typeof Described>

export const RSA_OPERATIONS = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey']
export const EC_OPERATIONS = ['sign', 'verify']
const MOST_TAGS = 15
const LONGEST_TAG = 256

/** Refuses with the field's name. */
export const parseBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return refuseParameter(`Property ${issue?.path.join('.') ?? ''} has invalid value: ${issue?.message ?? ''}`)
}

export const checkDescribed = (described: Described, allowed: readonly string[]): void => {
  if (described.release_policy !== undefined && described.release_policy !== null)
    refuse(notSimulated('release policies'))
  if (described.attributes?.exportable === true)
    refuseParameter('AKV.SKR.1001: The exportable attribute must be accompanied with a release policy.')
  const wrong = described.key_ops?.find((each) => !allowed.includes(each) && each !== 'import')
  if (wrong !== undefined) refuseParameter(`Property key_ops has invalid value: ${wrong}`)
  if (described.key_ops?.includes('import') && described.key_ops.length > 1)
    refuseParameter('The key operation import can not be combined with other operations.')
  const tags = Object.entries(described.tags ?? {})
  if (tags.length > MOST_TAGS) refuseParameter(`A key can have at most ${MOST_TAGS} tags.`)
  if (tags.some((pair) => pair.some((text) => text.length > LONGEST_TAG)))
    refuseParameter(`A tag's name and value can have at most ${LONGEST_TAG} characters.`)
}

/** An expiry in the past of the epoch shows a client's overflow; it is refused, as is an end before the start. */
export const checkTimes = (nbf: number | null, exp: number | null): void => {
  if (nbf !== null && nbf < 0) refuseParameter('Property attributes.nbf has invalid value.')
  if (exp !== null && exp <= 0) refuseParameter('Property attributes.exp has invalid value.')
  if (nbf !== null && exp !== null && exp <= nbf)
    refuseParameter('Attribute exp must be later than attribute nbf.')
}

/** `undefined` leaves a field as it is; null takes an expiry away. */
export const withDescribed = (version: KeyVersion, described: Described, now: number): KeyVersion => {
  const { attributes, tags, key_ops: keyOps } = described
  const keep = <T>(said: T | undefined, known: T): T => (said === undefined ? known : said)
  const changed = {
    ...version,
    keyOps: keyOps ?? version.keyOps,
    enabled: attributes?.enabled ?? version.enabled,
    nbf: keep(attributes?.nbf, version.nbf),
    exp: keep(attributes?.exp, version.exp),
    tags: tags ?? version.tags,
    updated: Math.floor(now / 1000),
  }
  checkTimes(changed.nbf, changed.exp)
  return changed
}
