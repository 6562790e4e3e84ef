import powershell from 'shiki/langs/powershell.mjs'
import sql from 'shiki/langs/sql.mjs'
import { createHighlighterCore, type HighlighterCore } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'

export type Role = 'plain' | 'keyword' | 'string' | 'number' | 'comment'
export interface Piece {
  role: Role
  text: string
}

/** Colours that only stand for roles here: the page's own classes give the real ones. */
const roleOf: Record<string, Role> = {
  '#000001': 'keyword',
  '#000002': 'string',
  '#000003': 'number',
  '#000004': 'comment',
}

const roles = {
  name: 'keyturn-roles',
  type: 'dark' as const,
  fg: '#000000',
  bg: '#ffffff',
  settings: [
    { settings: { foreground: '#000000', background: '#ffffff' } },
    { scope: ['keyword', 'storage', 'support.function'], settings: { foreground: '#000001' } },
    { scope: ['keyword.operator'], settings: { foreground: '#000000' } },
    { scope: ['string'], settings: { foreground: '#000002' } },
    { scope: ['constant.numeric'], settings: { foreground: '#000003' } },
    { scope: ['comment'], settings: { foreground: '#000004' } },
  ],
}

let loading: Promise<HighlighterCore> | null = null

const highlighter = (): Promise<HighlighterCore> => {
  loading ??= createHighlighterCore({
    langs: [sql, powershell],
    themes: [roles],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  })
  return loading
}

/** Lines of pieces, each with the role of its words. */
export const piecesOf = async (text: string, lang: 'sql' | 'powershell'): Promise<Piece[][]> => {
  const { tokens } = (await highlighter()).codeToTokens(text, { lang, theme: 'keyturn-roles' })
  return tokens.map((line) =>
    line.map(({ content, color }) => ({
      text: content,
      role: roleOf[(color ?? '').toLowerCase()] ?? 'plain',
    })),
  )
}
