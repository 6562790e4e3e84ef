/**
 * A reader of the little PowerShell that Keyturn writes, after PowerShell's own tokenizer: what ends a single-quoted
 * string, what a comment is. Shares nothing with the builders. Double-quoted strings expand, so one is an error unless
 * it is the lone quote that msiexec gets.
 */
export interface ReadScript {
  /** Values of the single-quoted strings, in order. */
  strings: string[]
  /** The text with every string and comment taken out: what must not depend on any value. */
  rest: string
}

const isQuote = (mark: string | undefined): boolean =>
  mark !== undefined && /['\u2018\u2019\u201A\u201B]/.test(mark)
const isDoubleQuote = (mark: string): boolean => /["\u201C\u201D\u201E]/.test(mark)

export const readPowerShell = (text: string): ReadScript => {
  const strings: string[] = []
  let rest = ''
  let at = 0
  while (at < text.length) {
    const mark = text[at] ?? ''
    if (mark === '#') {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
      rest += '#'
      continue
    }
    if (isDoubleQuote(mark)) throw new Error('a string that expands')
    if (mark === '`') throw new Error('an escape outside of a string')
    if (!isQuote(mark)) {
      rest += mark
      at += 1
      continue
    }
    let value = ''
    at += 1
    for (;;) {
      if (at >= text.length) throw new Error('a string without an end')
      const one = text[at] ?? ''
      if (isQuote(one)) {
        if (!isQuote(text[at + 1])) break
        // Of two quotes in a row PowerShell keeps the second.
        at += 1
      }
      value += text[at] ?? ''
      at += 1
    }
    at += 1
    strings.push(value)
    rest += "''"
  }
  return { strings, rest }
}
