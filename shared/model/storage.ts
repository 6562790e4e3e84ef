/**
 * Rules for blob storage as SQL Server uses it: names, addresses and tokens. Each `…Problem` gives a sentence that says
 * what to change, or null; they run in the window and again in main. None repeats what may hold a token.
 */

/** Hosts of the blob services of the clouds that are known here. */
export const blobHosts = [
  'blob.core.windows.net',
  'blob.core.usgovcloudapi.net',
  'blob.core.chinacloudapi.cn',
] as const

/** Longest device name that SQL Server takes. */
export const longestDevice = 259
/** A block blob has 50,000 blocks of at most 4 MB; a page blob 1 TB. */
export const blockBlobBytes = 50_000 * 4 * 1024 ** 2
export const pageBlobBytes = 1024 ** 4
export const mostStripes = 64

/** 3 to 24 lower-case letters and digits. */
export const accountNameProblem = (text: string, what = 'The storage account'): string | null => {
  if (text === '') return `${what} is not named. Enter 3 to 24 lower-case letters and digits`
  if (text.length < 3 || text.length > 24)
    return `${what} has ${text.length} characters; its name has 3 to 24. Copy it again`
  if (/[A-Z]/.test(text)) return `${what} holds a capital letter. Names of storage accounts are lower case`
  return /^[a-z0-9]+$/.test(text)
    ? null
    : `${what} holds something else than lower-case letters and digits. Copy it again`
}

/** 3 to 63 lower-case letters, digits and single hyphens, not at either end. */
export const containerNameProblem = (text: string, what = 'The container'): string | null => {
  if (text === '') return `${what} is not named. Enter 3 to 63 lower-case letters, digits and hyphens`
  if (text.length < 3 || text.length > 63)
    return `${what} has ${text.length} characters; its name has 3 to 63. Copy it again`
  if (/[A-Z]/.test(text)) return `${what} holds a capital letter. Names of containers are lower case`
  if (!/^[a-z0-9-]+$/.test(text))
    return `${what} holds something else than lower-case letters, digits and hyphens. Copy it again`
  return /^-|-$|--/.test(text)
    ? `${what} begins or ends with a hyphen, or holds two in a row. Copy it again`
    : null
}

/** What every address has in common, up to and without its path. Null: the beginning is in order. */
const addressProblem = (text: string, what: string): string | null => {
  if (/\p{Cc}|\s/u.test(text)) return `${what} holds a space or a control character. Copy it again`
  if (/^http:\/\//i.test(text)) return `${what} begins with http://. SQL Server takes https:// only`
  if (!/^https:\/\//i.test(text))
    return `${what} does not begin with https://. Enter the whole address, for instance https://account.blob.core.windows.net/container`
  if (text.includes('?'))
    return `${what} holds a ?: what follows can be a token, which never stands in an address. Remove it from the ? on; the token goes into its own field`
  if (text.includes('#')) return `${what} holds a #. Remove it and what follows`
  if (text.includes('@')) return `${what} holds an @. Enter the address without a name or a password`
  if (text.includes('\\')) return `${what} holds a \\. Addresses have / alone`
  if (text.includes('%')) return `${what} holds a %. Enter the name as it is, not encoded`
  return null
}

const hostParts = (text: string): { host: string; path: string } => {
  const [, host = '', path = ''] = /^https:\/\/([^/]*)(.*)$/i.exec(text) ?? []
  return { host, path }
}

const hostProblem = (host: string, what: string): string | null => {
  if (host.includes(':'))
    return `${what} holds a port. SQL Server reaches blob storage at its own port; remove it`
  const [account = '', ...rest] = host.split('.')
  const service = rest.join('.')
  if (!blobHosts.some((known) => known === service.toLowerCase()))
    return `${what} is not at a blob service that is known here (${blobHosts.join(', ')}). Copy it again`
  return service === service.toLowerCase()
    ? accountNameProblem(account, `The storage account in ${lowered(what)}`)
    : `${what} holds capital letters in its host. Enter it in lower case: the credential is found by exactly this name`
}

const lowered = (what: string): string => what.charAt(0).toLowerCase() + what.slice(1)

/** `https://account.blob.core.windows.net/container`, which is also the name of its credential. */
export const containerUrlProblem = (text: string, what = 'The address of the container'): string | null => {
  if (text === '')
    return `${what} is empty. Enter it, for instance https://account.blob.core.windows.net/container`
  const begun = addressProblem(text, what)
  if (begun !== null) return begun
  const { host, path } = hostParts(text)
  const wrongHost = hostProblem(host, what)
  if (wrongHost !== null) return wrongHost
  if (path === '' || path === '/') return `${what} names no container. Add / and the container’s name`
  if (path.endsWith('/'))
    return `${what} ends with /. Remove it: SQL Server looks for a credential of exactly this name`
  const [container = '', ...more] = path.slice(1).split('/')
  return more.length > 0
    ? `${what} names more than a container. Enter it up to the container’s name; Keyturn adds the names of the blobs`
    : containerNameProblem(container, `The container in ${lowered(what)}`)
}

/** A blob, as BACKUP and RESTORE name it. */
export const blobUrlProblem = (text: string, what = 'The address of the blob'): string | null => {
  if (text === '') return `${what} is empty. Enter it`
  if (text.length > longestDevice)
    return `${what} has ${text.length} characters; SQL Server takes ${longestDevice}. Use a shorter name`
  const begun = addressProblem(text, what)
  if (begun !== null) return begun
  const { host, path } = hostParts(text)
  const wrongHost = hostProblem(host, what)
  if (wrongHost !== null) return wrongHost
  const [container = '', ...blob] = path.slice(1).split('/')
  const wrong = containerNameProblem(container, `The container in ${lowered(what)}`)
  if (wrong !== null) return wrong
  if (blob.length === 0 || blob.every((part) => part === ''))
    return `${what} names no blob. Add / and its name`
  if (blob.some((part) => part === '' || part === '.' || part === '..'))
    return `${what} holds an empty part, . or .. between two /. Enter it as the storage account shows it`
  return path.endsWith('.') ? `${what} ends with a dot, which storage does not keep. Copy it again` : null
}

export interface ContainerPlace {
  account: string
  container: string
  host: string
}

/** Null: not the address of a container. */
export const containerOf = (url: string): ContainerPlace | null => {
  if (containerUrlProblem(url) !== null) return null
  const { host, path } = hostParts(url)
  return { account: host.split('.')[0] ?? '', container: path.slice(1), host }
}

/** The container that a blob is in, as its credential is called; null: not the address of a blob. */
export const containerUrlOf = (blobUrl: string): string | null => {
  const { host, path } = hostParts(blobUrl)
  const container = path.slice(1).split('/')[0] ?? ''
  const url = `https://${host}/${container}`
  return containerUrlProblem(url) === null && path.length > container.length + 2 ? url : null
}

/** Name of a blob below its container. */
export const blobNameOf = (blobUrl: string): string =>
  hostParts(blobUrl).path.slice(1).split('/').slice(1).join('/')

/** What SQL Server looks for in `sys.credentials`, by the kind of access. */
export const storageIdentity = {
  sas: 'SHARED ACCESS SIGNATURE',
  'managed-identity': 'Managed Identity',
} as const

export type StorageAccess = 'sas' | 'managed-identity' | 'access-key'

/** Which access an identity of a credential stands for; null: of a provider or of something else. */
export const accessOfCredential = (name: string, identity: string): StorageAccess | null => {
  if (identity.toUpperCase() === storageIdentity.sas) return 'sas'
  const isContainer = containerUrlProblem(name) === null
  if (identity.toLowerCase() === storageIdentity['managed-identity'].toLowerCase())
    return isContainer ? 'managed-identity' : null
  return !isContainer && accountNameProblem(identity) === null ? 'access-key' : null
}
