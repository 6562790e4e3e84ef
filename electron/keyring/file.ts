import { createHash } from 'node:crypto'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { assertParameters, type KdfPolicy } from './kdf.ts'
import { limits } from './limits.ts'
import {
  fileVersion1,
  fileVersion2,
  type KeyringHeader,
  type StoredKey,
  type StoredRun,
  type StoredSet,
} from './schema.ts'

/** What a keyring file says, whichever version it was written in. */
export interface KeyringContent {
  header: KeyringHeader
  key: StoredKey
  /** Only in a backup. */
  savedAt?: string | undefined
  revision: number
  changes: number
  sets: ReadonlyMap<string, StoredSet>
  runs: ReadonlyMap<string, StoredRun>
}

export interface KeyringFile {
  version: 1 | 2
  content: KeyringContent
  /** What the MAC in the file covers, in the file's own version. */
  macText: string
  mac: string
}

/** What the MAC covers. Parsed and written files have one order of fields, so the text is the same on both sides. */
export const macText = (content: KeyringContent): string => JSON.stringify(fieldsOf(content))

const fieldsOf = ({ header, key, savedAt, revision, changes, sets, runs }: KeyringContent) => ({
  format: 'keyturn-keyring',
  version: 2,
  header,
  key,
  ...(savedAt === undefined ? {} : { savedAt }),
  revision,
  changes,
  sets: [...sets.values()],
  runs: [...runs.values()],
})

const checksumOf = (covered: string, mac: string): string =>
  createHash('sha256').update(`${covered}\n${mac}`).digest('hex')

const render = (fields: object, covered: string, mac: string): string =>
  `${JSON.stringify({ ...fields, mac, checksum: checksumOf(covered, mac) }, null, 1)}\n`

/** `covered` is `macText` of the same content, which the caller has made for the MAC. */
export const renderFile = (content: KeyringContent, covered: string, mac: string): string =>
  render(fieldsOf(content), covered, mac)

export const damaged = (what: string): KeyturnError => new KeyturnError('keyring-damaged', { what })

/**
 * Strict: a file is taken only in the very form in which Keyturn writes it. Key derivation limits are checked before
 * anything is computed. Errors: `keyring-damaged`, `keyring-foreign`, `keyring-parameters`.
 */
export const parseFile = (text: string, policy: KdfPolicy): KeyringFile => {
  if (text.length > limits.fileBytes) throw damaged('the file is larger than any keyring')
  const raw = parseJson(text)
  const version = versionOf(raw)
  const parsed = (version === 1 ? fileVersion1 : fileVersion2).safeParse(raw)
  if (!parsed.success) throw damaged(`the field ${fieldOf(parsed.error)} is not what it should be`)
  const file = parsed.data
  assertParameters(file.header.kdf, policy)
  const { mac, checksum, ...fields } = file
  const covered = JSON.stringify(fields)
  if (checksum !== checksumOf(covered, mac) || render(fields, covered, mac) !== text)
    throw damaged('its checksum does not fit its content')
  return { version, content: contentOf(file), macText: covered, mac }
}

const contentOf = (file: z.infer<typeof fileVersion1> | z.infer<typeof fileVersion2>): KeyringContent => {
  const lists = { sets: unique(file.sets, ({ id }) => id), runs: unique(file.runs, ({ run }) => run) }
  if (file.version === 2) {
    const { header, key, savedAt, revision, changes } = file
    return { header, key, ...(savedAt === undefined ? {} : { savedAt }), revision, changes, ...lists }
  }
  const { header, wrapped, revision } = file
  const { check, ...rest } = header
  // Version 1 did not count changes; each generation of what is there was one.
  const changes = 1 + file.sets.reduce((sum, { generation }) => sum + generation, 0)
  return { header: rest, key: { check, wrapped }, revision, changes, ...lists }
}

const unique = <Entry>(entries: readonly Entry[], idOf: (entry: Entry) => string): Map<string, Entry> => {
  const byId = new Map(entries.map((entry) => [idOf(entry), entry]))
  if (byId.size !== entries.length) throw damaged('an entry is there twice')
  return byId
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw damaged('the file is cut short or is not a keyring')
  }
}

const versionOf = (raw: unknown): 1 | 2 => {
  const outline = z.object({ format: z.literal('keyturn-keyring'), version: z.number() }).safeParse(raw)
  if (!outline.success) throw damaged('the file is not a keyring')
  const { version } = outline.data
  if (version !== 1 && version !== 2) throw new KeyturnError('keyring-foreign', { version })
  return version
}

/** Only the place, never the value: the file's content does not get into errors. */
const fieldOf = (error: z.ZodError): string => {
  const path = error.issues[0]?.path ?? []
  return path.length === 0 ? 'list' : path.map(String).join('.').slice(0, 80)
}
