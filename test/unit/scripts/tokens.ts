/**
 * A tokenizer of T-SQL that shares nothing with the builders: it reads what a server would read. Knows words, numbers,
 * symbols, bracketed names, national literals and secret marks; anything else is an error.
 */
export type Token =
  | { kind: 'word' | 'number' | 'symbol'; text: string }
  | { kind: 'name'; value: string }
  | { kind: 'literal'; value: string; national: boolean }

export const tokenize = (sql: string): Token[] => {
  const tokens: Token[] = []
  let at = 0
  const upTo = (close: string): string => {
    let value = ''
    for (;;) {
      const end = sql.indexOf(close, at)
      if (end < 0) throw new Error(`unclosed ${close}`)
      value += sql.slice(at, end)
      at = end + 1
      if (sql[at] !== close) return value
      value += close
      at += 1
    }
  }
  while (at < sql.length) {
    const rest = sql.slice(at)
    const space = /^\s+/.exec(rest)
    if (space) {
      at += space[0].length
      continue
    }
    if (rest.startsWith('--') || rest.startsWith('/*')) throw new Error('a comment in a statement')
    if (rest.startsWith('[')) {
      at += 1
      tokens.push({ kind: 'name', value: upTo(']') })
      continue
    }
    if (rest.startsWith("N'") || rest.startsWith("'")) {
      const national = rest.startsWith('N')
      at += national ? 2 : 1
      tokens.push({ kind: 'literal', value: upTo("'").replace(/\\\r?\n/g, ''), national })
      continue
    }
    const word = /^[A-Za-z_@#][A-Za-z0-9_@#$]*/.exec(rest)
    const number = /^\d+/.exec(rest)
    const text = word?.[0] ?? number?.[0] ?? /^(<>|::|[(),.;=*<>+])/.exec(rest)?.[0]
    if (text === undefined) throw new Error(`not a token: ${rest.slice(0, 10)}`)
    tokens.push({ kind: word ? 'word' : number ? 'number' : 'symbol', text })
    at += text.length
  }
  return tokens
}

export const names = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.kind === 'name' ? [token.value] : []))
export const literals = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.kind === 'literal' ? [token.value] : []))
/** The statement with every name and literal taken out: what must not depend on any input. */
export const skeleton = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => (token.kind === 'name' ? '[]' : token.kind === 'literal' ? "''" : token.text))
    .join(' ')
