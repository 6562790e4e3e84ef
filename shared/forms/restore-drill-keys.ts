import { z } from 'zod'
import { isHandle, optionalId, whole, type Say } from './draft-parts.ts'
import { serverFileProblem, serverFolderProblem } from './names.ts'

/** Where the key files of a drill are, and what opens them: any number of certificates, in any number of folders. */

/** As it was typed: a space at the end of a file name is a fault to be named, not to be removed. */
export const typedText = z.preprocess((value) => value ?? '', z.string().max(20_000))

export const mostKeyFolders = 20
/** Certificates of one drill. Every one is a step of the plan. */
export const mostKeys = 200
/** Passwords that are tried on each file: three typed ones, and kept ones. */
export const mostKeptPasswords = 10
export const longestFileName = 120

const passwordFields = ['keyPassword', 'secondKeyPassword', 'thirdKeyPassword'] as const

export const keysShape = z.object({
  keyFiles: z.enum(['search', 'named', 'none'], { error: 'Choose which key files there are' }),
  keyFolder: typedText,
  moreKeyFolders: typedText,
  keyNames: typedText,
  passwordFrom: z.preprocess(
    (value) => value ?? 'typed',
    z.enum(['typed', 'kept', 'both'], { error: 'Choose where the passwords come from' }),
  ),
  keyPassword: optionalId,
  secondKeyPassword: optionalId,
  thirdKeyPassword: optionalId,
  keptPasswords: z.preprocess((value) => value ?? [], z.array(z.string())),
})
export type KeysAnswers = z.output<typeof keysShape>

/** A certificate with its private key, as files. `privateKey` null: `certificate` is a .pfx that holds both. */
export interface KeyPair {
  certificate: string
  privateKey: string | null
}

const endings = { pfx: /\.(pfx|p12)$/i, certificate: /\.(cer|crt|der)$/i, privateKey: /\.pvk$/i } as const

/** Lines that hold something, in their order. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\n/).filter((line) => line.trim() !== '')

/** Every pair in one folder: a .cer goes with the .pvk of the same name. `alone`: what has no partner. */
export const pairsIn = (files: readonly string[]): { pairs: KeyPair[]; alone: string[] } => {
  const stem = (file: string): string => file.replace(/\.[^.]*$/, '').toLowerCase()
  const keys = new Map(
    files.filter((file) => endings.privateKey.test(file)).map((file) => [stem(file), file]),
  )
  const pairs: KeyPair[] = []
  const alone: string[] = []
  for (const file of [...files].sort()) {
    if (endings.pfx.test(file)) pairs.push({ certificate: file, privateKey: null })
    if (!endings.certificate.test(file)) continue
    const privateKey = keys.get(stem(file))
    if (privateKey === undefined) alone.push(file)
    else pairs.push({ certificate: file, privateKey })
  }
  return { pairs, alone }
}

/** The pairs of a typed list: a .pfx on a line of its own, a .cer with its .pvk on the next line. */
export const namedPairs = (text: string): { pairs: KeyPair[]; problem: string | null } => {
  const lines = linesOf(text)
  const pairs: KeyPair[] = []
  const refused = (problem: string): ReturnType<typeof namedPairs> => ({ pairs: [], problem })
  if (lines.length === 0) {
    return refused('No key file is named. Enter a .cer and its .pvk on two lines, or a .pfx on one')
  }
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const problem = lineProblem(line, at + 1)
    if (problem !== null) return refused(problem)
    if (endings.pfx.test(line)) {
      pairs.push({ certificate: line, privateKey: null })
    } else if (endings.certificate.test(line)) {
      const next = lines[at + 1] ?? ''
      if (!endings.privateKey.test(next)) {
        return refused(`Line ${at + 1} is a certificate without a .pvk file on the next line. Enter it there`)
      }
      const nextProblem = lineProblem(next, at + 2)
      if (nextProblem !== null) return refused(nextProblem)
      pairs.push({ certificate: line, privateKey: next })
      at += 1
    } else if (endings.privateKey.test(line)) {
      return refused(`Line ${at + 1} is a .pvk file without its .cer on the line before. Enter it there`)
    } else {
      return refused(`Line ${at + 1} does not end in .cer, .pvk or .pfx. Enter the name of such a file`)
    }
  }
  return pairs.length > mostKeys
    ? refused(`${pairs.length} certificates are named; at most ${mostKeys} fit in one drill. Name fewer`)
    : { pairs, problem: null }
}

const isPath = (text: string): boolean => /[\\/]/.test(text)

/** A file name as Windows and Linux both take it, or a whole path. */
const lineProblem = (text: string, line: number): string | null => {
  const what = `Line ${line}`
  if (isPath(text)) return serverFileProblem(text, what)
  if (text.length > longestFileName) {
    return `${what} has ${text.length} characters; at most ${longestFileName} fit in a file name. Rename the file`
  }
  // A name has the rules of a folder below a drive, without any separator in it.
  return serverFolderProblem(`X:\\${text}`, what)
}

/** The folders that are searched, each once. */
export const keyFoldersOf = ({
  keyFolder,
  moreKeyFolders,
}: Pick<KeysAnswers, 'keyFolder' | 'moreKeyFolders'>): string[] => [
  ...new Set([...(keyFolder === '' ? [] : [keyFolder]), ...linesOf(moreKeyFolders)]),
]

/** Handles of all passwords that are tried, in their order: those that were typed for this drill first. */
export const passwordsOf = (answers: KeysAnswers): { handle: string; from: 'typed' | 'kept' }[] => [
  ...(answers.passwordFrom === 'kept'
    ? []
    : passwordFields.flatMap((field) => {
        const handle = answers[field]
        return handle === null ? [] : [{ handle, from: 'typed' as const }]
      })),
  ...(answers.passwordFrom === 'typed'
    ? []
    : answers.keptPasswords.map((handle) => ({ handle, from: 'kept' as const }))),
]

const network = { network: true }

const checkFolders = (answers: KeysAnswers, refuse: Say<KeysAnswers>): void => {
  refuse('keyFolder', serverFolderProblem(answers.keyFolder, 'The folder of the key files', network))
  if (answers.keyFiles !== 'search') return
  const more = linesOf(answers.moreKeyFolders)
  if (more.length >= mostKeyFolders) {
    return refuse(
      'moreKeyFolders',
      `At most ${mostKeyFolders} folders are searched in one drill. Enter fewer`,
    )
  }
  const wrong = more
    .map((folder, index) => serverFolderProblem(folder, `The folder on line ${index + 1}`, network))
    .find((problem) => problem !== null)
  refuse('moreKeyFolders', wrong ?? null)
}

const checkPasswords = (answers: KeysAnswers, refuse: Say<KeysAnswers>): void => {
  if (answers.passwordFrom !== 'kept') {
    if (!isHandle(answers.keyPassword)) {
      refuse('keyPassword', 'The password of the private key files is missing. Enter it')
    }
    for (const field of ['secondKeyPassword', 'thirdKeyPassword'] as const) {
      if (answers[field] !== null && !isHandle(answers[field])) {
        refuse(field, 'This password is not known here any more. Enter it again')
      }
    }
  }
  if (answers.passwordFrom === 'typed') return
  const { keptPasswords } = answers
  if (keptPasswords.length === 0)
    return refuse('keptPasswords', 'No kept password is chosen. Choose at least one')
  if (keptPasswords.length > mostKeptPasswords) {
    return refuse('keptPasswords', `At most ${mostKeptPasswords} kept passwords are tried. Choose fewer`)
  }
  if (new Set(keptPasswords).size !== keptPasswords.length) {
    return refuse('keptPasswords', 'A kept password is chosen twice. Choose each once')
  }
  if (!keptPasswords.every((handle) => isHandle(handle))) {
    refuse('keptPasswords', 'A chosen kept password is not known here. Choose again')
  }
}

export const keys = whole(keysShape, (answers, refuse) => {
  if (answers.keyFiles === 'none') return
  checkFolders(answers, refuse)
  if (answers.keyFiles === 'named') refuse('keyNames', namedPairs(answers.keyNames).problem)
  checkPasswords(answers, refuse)
})
