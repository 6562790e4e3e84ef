/**
 * Rules for names and server paths that a person types. Each function gives a sentence that says what to change, or
 * null. They run in the window and again in main.
 */

/** Marks that change the direction of text around them: a name that holds one can look like another name. */
const directionMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

const printable = (text: string, what: string): string | null => {
  if (text.includes('\0')) return `${what} holds a NUL character. Remove it`
  if (/[\r\n\u2028\u2029\u0085]/.test(text)) return `${what} holds a line break. Enter it on one line`
  if (/\p{Cc}/u.test(text)) return `${what} holds a control character. Remove it`
  if (!text.isWellFormed()) return `${what} holds half of a character pair. Enter it again`
  if (directionMarks.test(text)) {
    return `${what} holds an invisible mark that changes the direction of text. Type it instead of pasting it`
  }
  return null
}

/** A name for something new in SQL Server: 1 to 128 UTF-16 units, no `##` at either end (the engine's own). */
export const newNameProblem = (text: string, what: string): string | null => {
  if (text === '') return `${what} is empty. Enter 1 to 128 characters`
  if (text.length > 128) return `${what} has ${text.length} characters; SQL Server takes 128. Shorten it`
  const unprintable = printable(text, what)
  if (unprintable !== null) return unprintable
  if (text !== text.trim()) return `${what} begins or ends with a space. Remove it`
  if (text.startsWith('##') || text.endsWith('##')) {
    return `${what} begins or ends with ##. SQL Server keeps such names for itself and takes no backup with them`
  }
  return null
}

/** A name that a server gave: only what no identifier can hold is refused. */
export const existingNameProblem = (text: string, what: string): string | null => {
  if (text === '') return `${what} is not chosen. Choose one`
  if (text.length > 128) return `${what} has ${text.length} characters; SQL Server takes 128`
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) {
    return `${what} holds a character that can't be written in a statement. It can't be used here`
  }
  return null
}

/** Linux enforces 64 characters, Windows 128; the smaller one works on both. */
export const longestSubject = 64

export const subjectProblem = (text: string): string | null => {
  if (text === '') return `The subject is empty. Enter 1 to ${longestSubject} characters`
  if (text.length > longestSubject) {
    return `The subject has ${text.length} characters; SQL Server on Linux takes ${longestSubject}. Shorten it`
  }
  const unprintable = printable(text, 'The subject')
  if (unprintable !== null) return unprintable
  return text !== text.trim() ? 'The subject begins or ends with a space. Remove it' : null
}

/** Leaves room for the file names that Keyturn adds: a device name has at most 259 characters. */
export const longestFolder = 160

const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i

/**
 * An absolute folder on the server's own disk, as Windows or Linux writes it; with `network` also a shared folder
 * (`\\\\server\\share\\folder`). Device paths are refused either way.
 */
export const serverFolderProblem = (
  text: string,
  what: string,
  { network = false }: { network?: boolean } = {},
): string | null => {
  if (text === '') return `${what} is empty. Enter a folder on the server, for instance D:\\Backup`
  if (text.length > longestFolder) {
    return `${what} has ${text.length} characters; at most ${longestFolder} leave room for the file names. Choose a shorter path`
  }
  const unprintable = printable(text, what)
  if (unprintable !== null) return unprintable
  if (network && /^\\\\[^\\?.]/.test(text)) return sharedFolderProblem(text, what)
  if (/^(\\\\|\/\/)/.test(text)) {
    return `${what} is a network or device path. Enter a folder on the server's own disk`
  }
  if (/^[A-Za-z]:\\/.test(text)) return windowsFolderProblem(text, what)
  if (text.startsWith('/')) return linuxFolderProblem(text, what)
  return `${what} does not begin with a drive (D:\\) or with /. Enter the whole path`
}

const windowsFolderProblem = (text: string, what: string): string | null => {
  const rest = text.slice(3).replace(/\\$/, '')
  if (rest.includes(':'))
    return `${what} holds : after the drive. Windows reads that as a hidden stream; remove it`
  if (/["<>|?*/]/.test(rest))
    return `${what} holds one of " < > | ? * /, which Windows does not take in a folder`
  if (rest === '') return null
  for (const part of rest.split('\\')) {
    if (part === '') return `${what} holds two \\ in a row. Remove one`
    if (part === '.' || part === '..') return `${what} holds . or .. as a folder. Enter the path without it`
    if (/[. ]$/.test(part) || part.startsWith(' ')) {
      return `${what} holds a folder that begins with a space or ends with a dot or a space. Windows drops those; remove it`
    }
    if (reserved.test(part))
      return `${what} holds ${part}, which is a device on Windows. Choose another folder`
  }
  return null
}

const sharedFolderProblem = (text: string, what: string): string | null => {
  const [server = '', share = '', ...rest] = text.slice(2).split('\\')
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(server))
    return `${what} does not begin with \\\\ and the name of a server. Enter \\\\server\\share`
  if (share === '') return `${what} names no shared folder. Enter \\\\server\\share`
  // The same rules as below a drive, the share being the first folder.
  return windowsFolderProblem(`X:\\${[share, ...rest].join('\\')}`, what)
}

const linuxFolderProblem = (text: string, what: string): string | null => {
  for (const part of text.split('/').slice(1, text.endsWith('/') ? -1 : undefined)) {
    if (part === '' && text !== '/') return `${what} holds two / in a row. Remove one`
    if (part === '.' || part === '..') return `${what} holds . or .. as a folder. Enter the path without it`
  }
  if (text.includes('\\')) return `${what} mixes / and \\. Use the one of the server's system`
  return text !== text.trimEnd() ? `${what} ends with a space. Remove it` : null
}

/** Longest device name that SQL Server takes. */
export const longestPath = 259

/** A file as the server sees it: an absolute path, on its own disk or on a share. */
export const serverFileProblem = (text: string, what: string): string | null => {
  if (text === '') return `${what} is empty. Enter its whole path, for instance D:\\Keys\\master.key`
  if (text.length > longestPath) {
    return `${what} has ${text.length} characters; SQL Server takes ${longestPath}. Move the file to a shorter path`
  }
  const unprintable = printable(text, what)
  if (unprintable !== null) return unprintable
  if (!/^([A-Za-z]:\\|\\\\[A-Za-z0-9]|\/[^/])/.test(text)) {
    return `${what} does not begin with a drive (D:\\), a share (\\\\server) or /. Enter the whole path`
  }
  if (/(^|[\\/])\.{1,2}([\\/]|$)/.test(text))
    return `${what} holds . or .. as a folder. Enter the path without it`
  return /[\\/]$/.test(text) ? `${what} ends with a folder. Enter the file’s name too` : null
}

/** Name of one file in a folder of the server that a person typed. */
export const serverFileNameProblem = (text: string, what: string): string | null => {
  if (text === '') return `${what} is empty. Enter its name, for instance KT_Backup.cer`
  if (text.length > 90) return `${what} has ${text.length} characters; 90 fit. Rename it on the server`
  const unprintable = printable(text, what)
  if (unprintable !== null) return unprintable
  if (/["<>|?*/\\:]/.test(text)) {
    return `${what} holds one of " < > | ? * / \\ :, which no file name has. Enter the name without its folder`
  }
  if (text === '.' || text === '..' || /[. ]$/.test(text) || text.startsWith(' ')) {
    return `${what} begins with a space or ends with a dot or a space. Enter it as the server shows it`
  }
  return reserved.test(text) ? `${what} is a device on Windows. Enter the name of a file` : null
}

/** Name of a key file in a picked folder, as main listed it. */
export const localKeyFileProblem = (text: string, what: string): string | null => {
  if (text === '') return `${what} is not chosen. Choose one of the folder's files`
  const listed = isLocalKeyFile(text) && printable(text, what) === null
  return listed ? null : `${what} is not a key file of the folder. Choose one of those listed`
}

/** Endings of the files that hold certificates and private keys. No folder, nothing hidden. */
export const isLocalKeyFile = (name: string): boolean =>
  /^[^./\\:][^/\\:]*\.(cer|crt|der|pvk|pfx|p12)$/i.test(name) && name.length <= 200

/** Path of a file in a server folder; the folder's own kind of separator. */
export const inServerFolder = (folder: string, file: string): string => {
  const separator = folder.startsWith('/') ? '/' : '\\'
  return folder.endsWith(separator) ? `${folder}${file}` : `${folder}${separator}${file}`
}

/** A part of a file name that every file system takes: letters, digits, - and _; at most 40 characters. */
export const fileNamePart = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[^A-Za-z0-9-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 40) || 'unnamed'

/** How Keyturn names the databases in which a run tries things, before the run's mark. */
export const scratchPrefix = 'KT_scratch_'

/** Whether that is a database of a run's own: a slip elsewhere can't turn what drops them against a real one. */
export const isScratch = (database: string): boolean => /^KT_scratch_[a-z0-9]{8}$/.test(database)
