import { createHash } from 'node:crypto'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { secretPurposes } from '../../shared/model/secrets.ts'
import { assertParameters, type KdfPolicy } from './kdf.ts'

export const limits = {
  fileBytes: 16 * 2 ** 20,
  secretBytes: 64 * 2 ** 10,
  secrets: 5_000,
  labelCharacters: 200,
} as const

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))
const idText = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/)
const count = z.int().min(1)

/** IV and tag in hex, ciphertext in base64: as command line tools take them. */
const box = { iv: hex(12), data: z.base64(), tag: hex(16) }
const binding = { purpose: z.enum(secretPurposes), target: idText.nullable() }

const setSchema = z.strictObject({
  id: idText,
  generation: count,
  ...binding,
  label: z.string().max(limits.labelCharacters * 2),
  keptAt: z.iso.datetime(),
  ...box,
})

const runSchema = z.strictObject({
  run: idText,
  sealedAt: z.iso.datetime(),
  secrets: z.array(z.strictObject({ name: idText, ...binding, ...box })).max(limits.secrets),
})

const kdfSchema = z.strictObject({
  name: z.literal('scrypt'),
  N: z.number(),
  r: z.number(),
  p: z.number(),
  salt: hex(32),
  measuredMs: z.number().min(0),
})

const headerSchema = z.strictObject({
  keyring: idText,
  createdAt: z.iso.datetime(),
  kdf: kdfSchema,
  /** SHA-256 of the second half of the derived bytes: tells a wrong passphrase from a damaged wrap. */
  check: hex(32),
})

const fileSchema = z.strictObject({
  format: z.literal('keyturn-keyring'),
  version: z.literal(1),
  header: headerSchema,
  /** The master key under the first half of the derived bytes; the header is its associated data. */
  wrapped: z.strictObject(box),
  /** One more at each write. */
  revision: count,
  sets: z.array(setSchema).max(limits.secrets),
  runs: z.array(runSchema).max(limits.secrets),
  /** HMAC over all of the above: an entry can't be removed, swapped or relabeled by who lacks the passphrase. */
  mac: hex(32),
  /** SHA-256 over all of the above: finds accidents before the passphrase is tried. */
  checksum: hex(32),
})

export interface Box {
  iv: string
  data: string
  tag: string
}
export type StoredSet = z.infer<typeof setSchema>
export type StoredRun = z.infer<typeof runSchema>
export type KeyringHeader = z.infer<typeof headerSchema>
export type KeyringFile = z.infer<typeof fileSchema>
export type KeyringContent = Omit<KeyringFile, 'mac' | 'checksum'>

/** What the MAC covers. Parsed and written files have one order of fields, so the text is the same on both sides. */
export const macText = ({ format, version, header, wrapped, revision, sets, runs }: KeyringContent): string =>
  JSON.stringify({ format, version, header, wrapped, revision, sets, runs })

const checksumOf = (content: KeyringContent, mac: string): string =>
  createHash('sha256')
    .update(`${macText(content)}\n${mac}`)
    .digest('hex')

export const renderFile = (content: KeyringContent, mac: string): string => {
  const { format, version, header, wrapped, revision, sets, runs } = content
  const file = {
    format,
    version,
    header,
    wrapped,
    revision,
    sets,
    runs,
    mac,
    checksum: checksumOf(content, mac),
  }
  return `${JSON.stringify(file, null, 1)}\n`
}

export const damaged = (what: string): KeyturnError => new KeyturnError('keyring-damaged', { what })

/**
 * Strict: a file is taken only in the very form in which Keyturn writes it. Key derivation limits are checked before
 * anything is computed. Errors: `keyring-damaged`, `keyring-foreign`, `keyring-parameters`.
 */
export const parseFile = (text: string, policy: KdfPolicy): KeyringFile => {
  if (text.length > limits.fileBytes) throw damaged('the file is larger than any keyring')
  const raw = parseJson(text)
  assertVersion(raw)
  const parsed = fileSchema.safeParse(raw)
  if (!parsed.success) throw damaged(`the field ${fieldOf(parsed.error)} is not what it should be`)
  const file = parsed.data
  assertParameters(file.header.kdf, policy)
  if (renderFile(file, file.mac) !== text) throw damaged('its checksum does not fit its content')
  assertUnique(file)
  return file
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw damaged('the file is cut short or is not a keyring')
  }
}

const assertVersion = (raw: unknown): void => {
  const outline = z.object({ format: z.literal('keyturn-keyring'), version: z.number() }).safeParse(raw)
  if (!outline.success) throw damaged('the file is not a keyring')
  if (outline.data.version !== 1) throw new KeyturnError('keyring-foreign', { version: outline.data.version })
}

const assertUnique = (file: KeyringFile): void => {
  const ids = [...file.sets.map((set) => set.id), ...file.runs.map((run) => `run ${run.run}`)]
  if (new Set(ids).size !== ids.length) throw damaged('an entry is there twice')
}

/** Only the place, never the value: the file's content does not get into errors. */
const fieldOf = (error: z.ZodError): string => {
  const path = error.issues[0]?.path ?? []
  return path.length === 0 ? 'list' : path.map(String).join('.').slice(0, 80)
}
