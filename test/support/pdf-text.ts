import { inflateSync } from 'node:zlib'

/** Objects of a PDF as Chromium writes it: no object streams, no encryption. */
const objectsOf = (pdf: Buffer): Map<string, { head: string; stream: Buffer | null }> => {
  const text = pdf.toString('latin1')
  const objects = new Map<string, { head: string; stream: Buffer | null }>()
  for (const found of text.matchAll(/(?:^|\n)(\d+) 0 obj\s*/g)) {
    const start = found.index + found[0].length
    const end = text.indexOf('endobj', start)
    const at = text.indexOf('stream\n', start)
    const hasStream = at >= 0 && at < end
    const head = text.slice(start, hasStream ? at : end)
    const length = Number(/\/Length (\d+)/.exec(head)?.[1] ?? 0)
    const raw = hasStream ? pdf.subarray(at + 7, at + 7 + length) : null
    const stream = raw !== null && head.includes('/FlateDecode') ? inflateSync(raw) : raw
    objects.set(String(found[1]), { head, stream })
  }
  return objects
}

/** Glyph → text, from the `ToUnicode` table of one font. */
const unicodeOf = (table: string): Map<number, string> => {
  const map = new Map<number, string>()
  const textOf = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le')
  for (const [, block] of table.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
    for (const [, glyph, to] of String(block).matchAll(/<(\w+)>\s*<(\w+)>/g))
      map.set(parseInt(String(glyph), 16), textOf(String(to)))
  for (const [, block] of table.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
    for (const [, from, to, first] of String(block).matchAll(/<(\w+)>\s*<(\w+)>\s*<(\w+)>/g)) {
      const base = parseInt(String(from), 16)
      for (let glyph = base; glyph <= parseInt(String(to), 16); glyph += 1)
        map.set(glyph, String.fromCodePoint(parseInt(String(first), 16) + glyph - base))
    }
  return map
}

interface Font {
  glyphs: Map<number, string>
  /** Hex digits of one glyph. */
  digits: number
}
const noFont: Font = { glyphs: new Map(), digits: 4 }

/** The words of a PDF that Chromium made, without white space: what a search in it would find. For tests only. */
export const pdfText = (pdf: Buffer): string => {
  const objects = objectsOf(pdf)
  const fonts = new Map<string, Font>()
  const tables = new Map<string, Map<number, string>>()
  for (const { head } of objects.values())
    for (const [, name, font] of head.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const table = /\/ToUnicode (\d+) 0 R/.exec(objects.get(String(font))?.head ?? '')?.[1]
      if (table === undefined) continue
      const known = tables.get(table) ?? unicodeOf(objects.get(table)?.stream?.toString('latin1') ?? '')
      tables.set(table, known)
      // A variable font is written as drawings (Type 3), with one byte for a glyph instead of two.
      const digits = (objects.get(String(font))?.head ?? '').includes('/Type3') ? 2 : 4
      fonts.set(String(name), { glyphs: known, digits })
    }
  const words: string[] = []
  for (const { stream } of objects.values()) {
    const content = stream?.toString('latin1') ?? ''
    if (!/\bBT\b/.test(content)) continue
    let font = noFont
    for (const [, name, hex] of content.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>/g)) {
      if (name !== undefined) font = fonts.get(name) ?? noFont
      else
        for (let at = 0; at < String(hex).length; at += font.digits)
          words.push(font.glyphs.get(parseInt(String(hex).slice(at, at + font.digits), 16)) ?? '')
    }
  }
  return words.join('').replace(/\s/g, '')
}
