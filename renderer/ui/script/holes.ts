import type { Piece, Role } from './highlight.ts'

export interface MarkedPiece {
  role: Role | 'hole'
  text: string
}

const holes = /«[^»\n]{1,80}»|‹[^›\n]{1,80}›/g

/** A line with every «secret» and ‹blank› as one piece, however the grammar cut it; strings included. */
export const withHoles = (pieces: readonly Piece[]): MarkedPiece[] => {
  const line = pieces.map(({ text }) => text).join('')
  const found = Array.from(line.matchAll(holes), (match) => ({
    from: match.index,
    to: match.index + match[0].length,
  }))
  if (found.length === 0) return [...pieces]
  const marked: MarkedPiece[] = []
  let at = 0
  for (const { role, text } of pieces) {
    const end = at + text.length
    let from = at
    for (const hole of found) {
      if (hole.to <= from || hole.from >= end) continue
      if (hole.from > from) marked.push({ role, text: line.slice(from, hole.from) })
      // The whole hole is written where it begins; pieces that lie inside it add nothing.
      if (hole.from >= at) marked.push({ role: 'hole', text: line.slice(hole.from, hole.to) })
      from = Math.min(hole.to, end)
    }
    if (from < end) marked.push({ role, text: line.slice(from, end) })
    at = end
  }
  return marked
}
