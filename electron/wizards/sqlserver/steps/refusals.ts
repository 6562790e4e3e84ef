/** Names and numbers in what a server refused with; its text comes in the server's language. */

/** The first name in quotes; null: none. */
export const quoted = (text: string): string | null =>
  /'((?:[^']|'')+)'/.exec(text)?.[1] ?? /"([^"]+)"/.exec(text)?.[1] ?? null

/** "Operating system error 5(Access is denied.)", "... error 5: ...": the number stands in the text of any language. */
export const systemError = (text: string): number | null => {
  const number = /\b(\d{1,5})\s*\(/.exec(text.replace(quoted(text) ?? '', ''))?.[1]
  return number === undefined ? null : Number(number)
}

/** Of SQL 33111. */
export const thumbprintIn = (text: string): string =>
  /0x([0-9A-F]{2,64})/i.exec(text)?.[1]?.toUpperCase() ?? 'that the server did not name'

/** The command for an administrator of the machine that holds the file: to read it, or to change it too. */
export const grantCommand = (path: string, account: string | null, rights: 'R' | 'F' = 'R'): string =>
  `icacls "${path}" /grant "${account ?? '<service account of SQL Server>'}:(${rights})"`
