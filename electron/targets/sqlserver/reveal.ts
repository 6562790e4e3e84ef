import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Script, ScriptPart } from '../../../shared/model/script.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'

/**
 * The text that is sent, with its secrets. This function and the send are the span in which they are strings. A hole
 * stands between quotes (`N'`, perhaps with the 32 digits of a client id, and `'`) and is filled with the secret, its
 * quotes doubled; or behind `0x`, and is filled with the digits of its bytes. `internal`: a hole anywhere else, a missing or empty secret, and a quoted one with a
 * line end or another control character (a backslash before a line end would vanish from the literal); those are
 * refused where secrets are typed.
 */
export const reveal = (script: Script, secrets: ReadonlyMap<string, SecretBytes>): string =>
  script.parts
    .map((part, at) => {
      if (typeof part === 'string') return part
      const secret = secrets.get(part.hole)
      const [before, after] = [script.parts[at - 1], script.parts[at + 1]]
      if (secret === undefined || secret.length === 0) throw new KeyturnError('internal')
      if (isBinary(before, after)) return secret.use(digitsOf)
      if (!isQuoted(before, after)) throw new KeyturnError('internal')
      return secret.use(textOf).replaceAll("'", "''")
    })
    .join('')

const textOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8')
  const sound = !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && Buffer.from(text, 'utf8').equals(bytes)
  if (!sound) throw new KeyturnError('internal')
  return text
}

const digitsOf = (bytes: Buffer): string => bytes.toString('hex').toUpperCase()

/** A constant of its own: nothing before `0x` and nothing behind the digits that could belong to it. */
const isBinary = (before: ScriptPart | undefined, after: ScriptPart | undefined): boolean =>
  typeof before === 'string' &&
  /(^|[^\p{L}\p{N}_@#$'])0x$/u.test(before) &&
  (after === undefined || (typeof after === 'string' && !/^[\p{L}\p{N}_@#$']/u.test(after)))

const isQuoted = (before: ScriptPart | undefined, after: ScriptPart | undefined): boolean =>
  typeof before === 'string' &&
  typeof after === 'string' &&
  /N'(?:[0-9a-f]{32})?$/.test(before) &&
  after.startsWith("'")
