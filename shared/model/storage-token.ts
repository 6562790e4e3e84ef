/**
 * What a shared access signature says of itself. It is a secret as a whole; its dates and letters alone are not, and
 * only those leave these functions.
 */
export interface TokenFacts {
  /** Letters of what it allows, in the order of the token. */
  permissions: string
  /** ISO 8601; null: no beginning (at once), or a stored policy says it. */
  starts: string | null
  /** ISO 8601; null: a stored policy says it. */
  ends: string | null
  /** `c` a container, `b` one blob, `d` a folder; null: of a whole account. */
  resource: string | null
  /** Of an account: the letters of its services and of the kinds of resource. */
  account: { services: string; types: string } | null
  /** A stored policy of the container can say what the token does not. */
  policy: boolean
  /** Signed by Entra (user delegation) instead of a key of the account. */
  delegated: boolean
}

/** Without the ? that portals put in front: SQL Server wants it gone. */
export const withoutQuestionMark = (token: string): string => token.replace(/^\?/, '')

/** The token as it is sent. */
export const tokenToSend = (typed: string): string => withoutQuestionMark(typed.trim())

const dateOf = (text: string | null): string | null => {
  const read = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(read) ? null : new Date(read).toISOString()
}

/** Null: not a token. */
export const tokenFacts = (token: string): TokenFacts | null => {
  const text = tokenToSend(token)
  if (!/^[\x21-\x7e]+$/.test(text) || /[?'"<>\\{}|^`\s]/.test(text)) return null
  const read = new URLSearchParams(text)
  if (!read.has('sig') || !read.has('sv')) return null
  if ((read.get('sig') ?? '') === '') return null
  const services = read.get('ss')
  return {
    permissions: read.get('sp') ?? '',
    starts: dateOf(read.get('st')),
    ends: dateOf(read.get('se')),
    resource: read.get('sr'),
    account: services === null ? null : { services, types: read.get('srt') ?? '' },
    policy: read.has('si'),
    delegated: read.has('skoid'),
  }
}

/**
 * What BACKUP and RESTORE do with blobs of a container: read, write, delete and list, as documentation has it. Write
 * covers create, and a block blob is not added to, so a token with `racwdl` can nothing more that a backup needs.
 */
export const neededPermissions = 'rwdl'

const letters: Readonly<Record<string, string>> = { r: 'read', w: 'write', d: 'delete', l: 'list' }

/** Names of what it does not allow of what a backup needs; a stored policy may allow it all the same. */
export const missingPermissions = (facts: TokenFacts): string[] =>
  facts.policy
    ? []
    : [...neededPermissions]
        .filter((letter) => !facts.permissions.includes(letter))
        .map((letter) => letters[letter] ?? letter)

/** Why it can't serve for a container at that time, in a sentence; null: nothing that it says speaks against it. */
export const tokenProblem = (token: string, now: Date): string | null => {
  const facts = tokenFacts(token)
  if (facts === null)
    return 'This is no shared access signature: it has no sv and sig. Copy the whole token, beginning with sv= or sp='
  const missing = missingPermissions(facts)
  if (missing.length > 0)
    return `The token does not allow ${missing.join(', ')}. SQL Server needs read, write, delete and list; make it with rwdl`
  if (facts.resource !== null && facts.resource !== 'c')
    return 'The token is for one blob or folder. Make one for the container (sr=c)'
  if (facts.account !== null && !facts.account.services.includes('b'))
    return 'The token is for an account without its blob service (ss). Make one for the container'
  if (facts.account !== null && !(facts.account.types.includes('o') && facts.account.types.includes('c')))
    return 'The token of the account leaves out containers or objects (srt). Make one for the container'
  if (facts.ends === null && !facts.policy) return 'The token says no end (se). Copy the whole token'
  if (facts.ends !== null && Date.parse(facts.ends) <= now.getTime())
    return `The token ended on ${dayText(facts.ends)}. Make a new one`
  return null
}

/** `2027-03-01 10:00 (UTC)`. */
export const dayText = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} (UTC)`

const endWords = /, ends (\d{4}-\d{2}-\d{2} \d{2}:\d{2}) \(UTC\)/

/**
 * Label under which a token is kept: with its end, which no server shows later, and with what was taken off. It holds
 * nothing else of the token.
 */
export const tokenLabel = (label: string, token: string): string => {
  const facts = tokenFacts(token)
  const end =
    facts?.ends === null || facts === null
      ? ', its end is in a stored policy'
      : `, ends ${dayText(facts.ends)}`
  const removed = token.trim().startsWith('?') ? '; the ? at its beginning was taken off' : ''
  return `${label.replace(endWords, '')}${end}${removed}`
}

/** The end that a label has; null: it says none. ISO 8601. */
export const endOfLabel = (label: string): string | null => {
  const found = endWords.exec(label)?.[1]
  return found === undefined ? null : dateOf(`${found.replace(' ', 'T')}:00Z`)
}

/** An access key of a storage account: 64 bytes in Base64. */
export const isAccessKey = (text: string): boolean => /^[A-Za-z0-9+/]{86}==$/.test(text)
