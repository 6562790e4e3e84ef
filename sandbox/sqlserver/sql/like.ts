/** LIKE with %, _, [set], [^set] and an escape character. Trailing spaces of the pattern count, as in the engine. */
export function likeMatches(
  value: string,
  pattern: string,
  escape: string | null,
  ignoreCase: boolean,
): boolean {
  let source = ''
  for (let i = 0; i < pattern.length; i += 1) {
    const ch = pattern[i] as string
    if (escape !== null && ch === escape && i + 1 < pattern.length) {
      i += 1
      source += literal(pattern[i] as string)
    } else if (ch === '%') source += '[\\s\\S]*'
    else if (ch === '_') source += '[\\s\\S]'
    else if (ch === '[') {
      const close = pattern.indexOf(']', i + 1)
      if (close < 0) return false
      source += setOf(pattern.slice(i + 1, close))
      i = close
    } else source += literal(ch)
  }
  return new RegExp(`^${source}$`, ignoreCase ? 'i' : '').test(value)
}

const literal = (ch: string): string => ch.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

function setOf(body: string): string {
  const negated = body.startsWith('^')
  const content = (negated ? body.slice(1) : body).replace(/[\\\]^]/g, '\\$&').replaceAll('[', '\\[')
  return content === '' ? '(?!)' : `[${negated ? '^' : ''}${content}]`
}
