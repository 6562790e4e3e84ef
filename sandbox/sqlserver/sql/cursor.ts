import { syntaxError } from '../engine/errors.ts'
import type { SqlError } from '../engine/errors.ts'
import type { Token } from './tokens.ts'

/** Words that can't name a column, table or alias without brackets (the part of the reserved list that matters here). */
const RESERVED = new Set(
  `ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BY CASE CHECK CHECKPOINT CLOSE COALESCE COLLATE
  COLUMN COMMIT CONSTRAINT CONTINUE CONVERT CREATE CROSS CURRENT CURRENT_TIMESTAMP CURSOR DATABASE DBCC DECLARE
  DEFAULT DELETE DENY DESC DISTINCT DROP ELSE END ERRLVL ESCAPE EXCEPT EXEC EXECUTE EXISTS EXIT EXTERNAL FETCH FOR FROM FULL
  FUNCTION GOTO GRANT GROUP HAVING IDENTITY IF IN INNER INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE MERGE NOT
  NULL OF OFF ON OPEN OPTION OR ORDER OUTER OVER PERCENT PRIMARY PRINT PROC PROCEDURE RAISERROR READ RECONFIGURE RESTORE
  RETURN REVERT REVOKE RIGHT ROLLBACK SAVE SELECT SET SHUTDOWN SOME TABLE THEN TO TOP TRAN TRANSACTION TRIGGER
  TRUNCATE TRY_CONVERT UNION UNIQUE UPDATE USE VALUES VIEW WAITFOR WHEN WHERE WHILE WITH`.split(/\s+/),
)

/** A place in the token list, with the small questions every parser asks. */
export class Cursor {
  readonly sql: string
  readonly tokens: readonly Token[]
  at = 0

  constructor(sql: string, tokens: readonly Token[]) {
    this.sql = sql
    this.tokens = tokens
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)] as Token
  }

  next(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.at += 1
    return token
  }

  get line(): number {
    return this.peek().line
  }

  isEnd(): boolean {
    return this.peek().kind === 'end'
  }

  isWord(...words: string[]): boolean {
    const token = this.peek()
    return token.kind === 'word' && words.includes(token.upper)
  }

  /** The next tokens are these words, in this order. */
  startsWith(...words: string[]): boolean {
    return words.every((word, index) => this.peek(index).kind === 'word' && this.peek(index).upper === word)
  }

  isSymbol(symbol: string): boolean {
    const token = this.peek()
    return token.kind === 'symbol' && token.text === symbol
  }

  takeWord(...words: string[]): string | undefined {
    if (!this.isWord(...words)) return undefined
    return this.next().upper
  }

  /** Takes all of the words or none. */
  takeWords(...words: string[]): boolean {
    if (!this.startsWith(...words)) return false
    this.at += words.length
    return true
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.next()
    return true
  }

  expectWord(...words: string[]): string {
    return this.takeWord(...words) ?? this.fail()
  }

  expectWords(...words: string[]): void {
    for (const word of words) this.expectWord(word)
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.fail()
  }

  expectString(): string {
    if (this.peek().kind !== 'string') this.fail()
    return this.next().value
  }

  expectInteger(): number {
    const negative = this.takeSymbol('-')
    const token = this.peek()
    if (token.kind !== 'number' || !/^\d+$/.test(token.text)) this.fail()
    return Number(this.next().text) * (negative ? -1 : 1)
  }

  isName(): boolean {
    const token = this.peek()
    return token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.upper))
  }

  expectName(): string {
    if (!this.isName()) this.fail()
    return this.next().value
  }

  /** Any word, reserved or not (option names such as DATABASE, KEY). */
  expectAnyWord(): string {
    if (this.peek().kind !== 'word') this.fail()
    return this.next().upper
  }

  /** a.b.c, with empty parts (`db..object`) kept as ''. */
  nameParts(): string[] {
    const parts = [this.expectName()]
    while (this.takeSymbol('.')) parts.push(this.isSymbol('.') ? '' : this.expectNamePart())
    return parts
  }

  /** After a dot even reserved words name things. */
  private expectNamePart(): string {
    const token = this.peek()
    if (token.kind !== 'word' && token.kind !== 'quoted') this.fail()
    return this.next().value
  }

  error(token: Token = this.peek()): SqlError {
    const shown =
      token.kind === 'end'
        ? (this.tokens[Math.max(0, this.at - 1)]?.text ?? '')
        : token.kind === 'string' || token.kind === 'quoted'
          ? token.value
          : token.text
    return syntaxError(shown, token.line)
  }

  fail(token: Token = this.peek()): never {
    throw this.error(token)
  }
}
