import type { AzureRequest } from '../http.ts'

/** What a request does, in the words of roles. */
export interface WantedRight {
  action: string
  /** Containers are managed by `actions` of a role, what is in them by `dataActions`. */
  kind: 'control' | 'data'
  /** Below the account's id: a container, or nothing. */
  container: string | null
}

const SERVICE = 'Microsoft.Storage/storageAccounts/blobServices'

/** `path` of a request to `account.blob.core.windows.net`: `/container/blob`. */
export const partsOf = (path: string): { container: string | null; blob: string | null } => {
  const [, container = '', ...blob] = path.split('/')
  return { container: container || null, blob: blob.join('/') || null }
}

export const wantedRight = ({ method, path, query }: AzureRequest): WantedRight => {
  const { container, blob } = partsOf(path)
  const reads = method === 'GET' || method === 'HEAD'
  const ofContainers = (verb: string): WantedRight => ({
    action: `${SERVICE}/containers/${verb}`,
    kind: 'control',
    container,
  })
  const ofBlobs = (verb: string): WantedRight => ({
    action: `${SERVICE}/containers/blobs/${verb}`,
    kind: 'data',
    container,
  })
  if (container === null) {
    if (query.get('comp') === 'userdelegationkey')
      return { action: `${SERVICE}/generateUserDelegationKey/action`, kind: 'control', container: null }
    return query.get('comp') === 'list' ? ofContainers('read') : ofService(reads)
  }
  if (blob === null) {
    if (query.get('comp') === 'list') return ofBlobs('read')
    if (reads) return ofContainers('read')
    return ofContainers(method === 'DELETE' ? 'delete' : 'write')
  }
  if (reads) return ofBlobs('read')
  return ofBlobs(method === 'DELETE' ? 'delete' : 'write')
}

const ofService = (reads: boolean): WantedRight => ({
  action: `${SERVICE}/${reads ? 'read' : 'write'}`,
  kind: 'control',
  container: null,
})
