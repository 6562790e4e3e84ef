/** What was asked, so that an answer without names can still be told with them. */
export interface Question {
  target: string
  /** The statement as shown to people: «name» where a secret stands. */
  statement: string
  /** What the statement is about, for a person: `this statement` when nothing better is known. */
  subject: string
}

/** The first name that the server put in quotes; null when there is none. */
export const quotedIn = (text: string): string | null =>
  /'((?:[^']|'')+)'/.exec(text)?.[1] ?? /"([^"]+)"/.exec(text)?.[1] ?? null

/** From the answer, else from the statement itself. */
export const pathIn = (text: string, question: Question): string =>
  quotedIn(text) ?? pathOfStatement(question.statement) ?? 'the file of this statement'

/** The words of the statement alone: a folder that is called Backup makes no backup of a restore. */
export const withoutTexts = ({ statement }: Question): string =>
  statement.replace(/N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]/g, "''")

export const databaseIn = ({ statement }: Question): string =>
  unbracketed(/\bUSE\s+(\[(?:[^\]]|\]\])+\]|\w+)/i.exec(statement)?.[1]) ?? 'the current database'

export const certificateIn = ({ statement }: Question): string =>
  unbracketed(/SERVER\s+CERTIFICATE\s*=?\s*(\[(?:[^\]]|\]\])+\]|\w+)/i.exec(statement)?.[1]) ??
  'of this statement'

const pathOfStatement = (statement: string): string | null =>
  /\b(?:FILE|DISK|URL)\s*=\s*N?'((?:[^']|'')+)'/i.exec(statement)?.[1]?.replaceAll("''", "'") ?? null

const unbracketed = (name: string | undefined): string | null => {
  if (name === undefined) return null
  return name.startsWith('[') ? name.slice(1, -1).replaceAll(']]', ']') : name
}
