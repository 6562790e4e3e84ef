export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'binary' | 'variable' | 'symbol' | 'end'

export interface Token {
  kind: TokenKind
  /** As written. */
  text: string
  /** Decoded: string content, identifier without brackets, upper-cased word for keywords (`upper`). */
  value: string
  upper: string
  /** For strings: N'' or ''. */
  national: boolean
  line: number
  start: number
  end: number
}
