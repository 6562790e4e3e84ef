import type { ErrorCode, ErrorParams } from '../../../shared/errors/catalogue.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { certificateIn, databaseIn, pathIn, quotedIn, withoutTexts, type Question } from './answer-words.ts'
import { ekmReadings, isAsymmetricKey } from './ekm-readings.ts'
import { toldInItsWords } from './engine-readings.ts'
import { isAboutUrl, urlProblem, urlReadings } from './url-readings.ts'

/** One error as the server sent it. */
export interface ServerError {
  number: number
  severity: number
  text: string
}

export type Reading = (error: ServerError, question: Question) => [ErrorCode, ErrorParams]

/**
 * The reading of a server's errors, by number and never by text (it comes in the server's language); the text is read
 * only for the names in it. Of several errors the first that means something counts: 3013 and 3041 only say that
 * something failed before.
 */
export const answerProblem = (errors: readonly ServerError[], question: Question): KeyturnError => {
  const telling = errors.find((error) => !echoes.has(error.number)) ?? errors[0]
  if (telling === undefined) return new KeyturnError('internal')
  const reading = readings.get(telling.number) ?? refused
  const [code, params] = reading(telling, question)
  const vendor = { system: 'sql', number: telling.number, text: telling.text } as const
  return new KeyturnError(code, { target: question.target, ...params }, { vendor })
}

const echoes: ReadonlySet<number> = new Set([3013, 3041])

const refused: Reading = ({ text }) => ['sql-refused', { what: text }]

const notAllowed: Reading = ({ text }) => ['sql-permission', { what: text, permission: permissionIn(text) }]

const notSimulated: Reading = (error, question) => {
  const told = /^not simulated:\s*(.*)$/is.exec(error.text)?.[1]
  return told === undefined ? refused(error, question) : ['sql-not-simulated', { what: told }]
}

const fileNotRead: Reading = ({ text }, question) => ['sql-file-not-read', { path: pathIn(text, question) }]

const noDecryption: Reading = ({ text }, question) =>
  /\b(FILE|URL|BINARY)\b/i.test(withoutTexts(question))
    ? ['sql-file-wrong-password', { path: pathIn(text, question) }]
    : ['sql-wrong-password', { database: databaseIn(question) }]

const deviceProblem: Reading = (error, question) =>
  /\bRESTORE\b/i.test(withoutTexts(question)) && !/\bBACKUP\b/i.test(withoutTexts(question))
    ? fileNotRead(error, question)
    : ['sql-backup-device', { path: pathIn(error.text, question), what: error.text }]

const damagedBackup: Reading = ({ text }, question) => [
  'sql-backup-damaged',
  { path: pathIn(text, question), what: text },
]

const there: Reading = ({ text }) => ['sql-exists', { what: quotedIn(text) ?? text }]

const closedMasterKey: Reading = (_error, question) => [
  'sql-master-key-closed',
  { database: databaseIn(question) },
]

const policy: Reading = (_error, question) => ['sql-password-policy', { what: question.subject }]

/** The same number is about a file on disk and about a blob. */
const onUrl =
  (onDisk: Reading): Reading =>
  (error, question) =>
    (isAboutUrl(error, question) ? urlProblem : onDisk)(error, question)

const forAll = (numbers: readonly number[], reading: Reading): [number, Reading][] =>
  numbers.map((number) => [number, reading])

const readings: ReadonlyMap<number, Reading> = new Map([
  ...forAll([229, 230, 262, 297, 300, 371, 916, 2571, 3110, 4602, 4613, 15151, 15247], notAllowed),
  ...forAll([50000], notSimulated),
  ...forAll([15240], ({ text }, question) => ['sql-file-exists', { path: pathIn(text, question) }]),
  ...forAll([15208, 15317], fileNotRead),
  ...forAll([15465], ({ text }, question) => ['sql-file-wrong-password', { path: pathIn(text, question) }]),
  ...forAll([15474], ({ text }, question) => ['sql-pair-mismatch', { path: pathIn(text, question) }]),
  ...forAll([15313, 15466], noDecryption),
  ...forAll([15578], (_error, question) => [
    'sql-exists',
    { what: `A database master key in ${databaseIn(question)}` },
  ]),
  ...forAll([15232, 15282, 15396, 15530], there),
  ...forAll([15581], closedMasterKey),
  ...forAll([15320, 15329], (_error, question) => ['sql-old-key-fails', { database: databaseIn(question) }]),
  ...forAll([33062, 33063, 33064], policy),
  ...forAll([3201, 3202, 3271], onUrl(deviceProblem)),
  ...forAll([3257], deviceProblem),
  ...forAll([3183, 3189, 3241, 3242], damagedBackup),
  ...forAll([3203], onUrl(damagedBackup)),
  ...forAll([3096], (_error, question) => [
    'sql-certificate-expired',
    { certificate: certificateIn(question) },
  ]),
  ...forAll([33117], ({ text }) => ['tde-edition', { what: text }]),
  ...forAll([33122], ({ text }) => ['tde-log-backup-first', { database: quotedIn(text) ?? 'that database' }]),
  ...forAll([4208, 4214], ({ text }) => ['sql-no-log-chain', { what: text }]),
  ...forAll([33103], (_error, question) => [
    'sql-exists',
    { what: `A database encryption key of ${databaseIn(question)}` },
  ]),
  ...forAll([33104, 33106], (_error, question) => ['tde-no-key', { database: databaseIn(question) }]),
  ...toldInItsWords.flatMap(([code, numbers]) => forAll(numbers, ({ text }) => [code, { what: text }])),
  ...forAll([33109, 33110, 33145], ({ text }) => ['tde-scan-running', { what: text }]),
  ...forAll([33123], ({ text }) => ['tde-replica-behind', { what: text }]),
  ...forAll([3023, 33115, 33116], ({ text }) => ['tde-serialized', { what: text }]),
  ...forAll([33111], ({ text }) => [
    isAsymmetricKey(text, thumbprintIn(text)) ? 'ekm-key-missing' : 'sql-key-missing',
    { thumbprint: thumbprintIn(text) },
  ]),
  ...ekmReadings,
  ...urlReadings,
])

const thumbprintIn = (text: string): string =>
  /0x([0-9A-F]{2,64})/i.exec(text)?.[1]?.toUpperCase() ?? 'that the server did not name'

const permissionIn = (text: string): string =>
  /(?:^|\bThe )((?:[A-Z]+ )+)permission (?:was )?denied/.exec(text)?.[1]?.trim() ??
  'what this statement needs'
