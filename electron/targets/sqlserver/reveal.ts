import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Script, ScriptPart } from '../../../shared/model/script.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'

/**
 * The text that is sent, with its secrets. This function and the send are the span in which they are strings. A hole
 * stands between quotes (`N'` and `'`) and is filled with the secret, its quotes doubled. `internal`: a hole outside
 * quotes, a missing or empty secret, and one with a line end or another control character (a backslash before a line
 * end would vanish from the literal); those are refused where secrets are typed.
 */
export const reveal = (script: Script, secrets: ReadonlyMap<string, SecretBytes>): string =>
  script.parts
    .map((part, at) => {
      if (typeof part === 'string') return part
      const secret = secrets.get(part.hole)
      const quoted = isQuoted(script.parts[at - 1], script.parts[at + 1])
      if (secret === undefined || secret.length === 0 || !quoted) throw new KeyturnError('internal')
      return secret.use(textOf).replaceAll("'", "''")
    })
    .join('')

const textOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8')
  const sound = !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && Buffer.from(text, 'utf8').equals(bytes)
  if (!sound) throw new KeyturnError('internal')
  return text
}

const isQuoted = (before: ScriptPart | undefined, after: ScriptPart | undefined): boolean =>
  typeof before === 'string' && typeof after === 'string' && before.endsWith("N'") && after.startsWith("'")
