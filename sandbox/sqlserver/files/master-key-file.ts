/** Exported service and database master keys. Microsoft's layout is not public, so this one is ours and says so. */
import { z } from 'zod'
import { orRefuse, refuse } from './errors.ts'
import { unwrapWithPassword, wrapWithPassword } from './wrap.ts'

export type MasterKeyKind = 'smk' | 'dmk'

export interface MasterKeyFile {
  kind: MasterKeyKind
  key: Buffer
  /** Facts kept encrypted beside the key (key guid, algorithm, database), at most 16 KB as JSON. */
  meta: Record<string, string>
}

const FIRST_LINES: Record<MasterKeyKind, Buffer> = {
  smk: firstLine('service master key'),
  dmk: firstLine('database master key'),
}
const MAX_META = 16 * 1024
const MAX_KEY = 64
const Meta = z.record(z.string(), z.string())

function firstLine(what: string): Buffer {
  return Buffer.from(
    `Keyturn rehearsal format 1, ${what}. This is not a file of Microsoft SQL Server.\n`,
    'latin1',
  )
}

/** First line in clear text, then everything else under the password; the first line is authenticated too. */
export function writeMasterKeyFile(file: MasterKeyFile, password: Buffer, cost?: number): Buffer {
  const meta = Buffer.from(JSON.stringify(file.meta), 'utf8')
  if (meta.length > MAX_META) throw new RangeError('The facts of a master key file are at most 16 KB.')
  if (file.key.length < 1 || file.key.length > MAX_KEY)
    throw new RangeError('A master key has 1 to 64 bytes.')
  const line = FIRST_LINES[file.kind]
  const length = Buffer.alloc(4)
  length.writeUInt32LE(meta.length)
  const plain = Buffer.concat([length, meta, file.key])
  return Buffer.concat([line, wrapWithPassword(password, plain, line.toString('latin1'), cost)])
}

/** Throws FileFormatError: `format` (not such a file), `password` (wrong password, or a changed byte), `damaged`. */
export function readMasterKeyFile(bytes: Buffer, password: Buffer): MasterKeyFile {
  for (const kind of ['smk', 'dmk'] as const) {
    const line = FIRST_LINES[kind]
    if (!bytes.subarray(0, line.length).equals(line)) continue
    const plain = unwrapWithPassword(password, bytes.subarray(line.length), line.toString('latin1'))
    return { kind, ...readContent(plain) }
  }
  return refuse('format', 'Not a master key file of a rehearsal.')
}

function readContent(plain: Buffer): { key: Buffer; meta: Record<string, string> } {
  const metaLength = plain.length >= 4 ? plain.readUInt32LE(0) : MAX_META + 1
  const key = plain.subarray(4 + metaLength)
  if (metaLength > MAX_META || key.length < 1 || key.length > MAX_KEY) {
    refuse('damaged', 'The content of the master key file has an impossible length.')
  }
  const meta = orRefuse('damaged', 'The facts in the master key file are malformed.', () =>
    Meta.parse(JSON.parse(plain.toString('utf8', 4, 4 + metaLength))),
  )
  return { key: Buffer.from(key), meta }
}
