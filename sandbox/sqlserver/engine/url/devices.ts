import type { BackupOrigin, BackupPlace } from '../../files/index.ts'
import type { CredentialRecord } from '../../state/ekm-model.ts'
import { SqlError } from '../errors.ts'
import { same } from '../permissions.ts'
import type { Session } from '../session.ts'
import { openBlob } from './blob-bytes.ts'
import { BlobClient, BlobFailure, type BlobAccess } from './blob-client.ts'
import { cannotOpenUrl, remoteException } from './blob-errors.ts'
import { openBlockBlob } from './block-blob.ts'
import { openPageBlob } from './page-blob.ts'

/** A blob as a backup device. */
export interface UrlDevice {
  kind: 'url'
  shown: string
  /** Page blobs, by account key: the older form. */
  pages: boolean
  client(): BlobClient
}

const LONGEST_URL = 259
const DEFAULT_BLOCK = 1024 * 1024
const SIGNATURE = 'SHARED ACCESS SIGNATURE'
const MANAGED_IDENTITY = 'Managed Identity'

/** Finds the credential for a URL and opens its secret. `credential`: what WITH CREDENTIAL names. */
export function urlDevice(session: Session, text: string, credential: string | undefined): UrlDevice {
  const { instance } = session
  const url = parsed(text)
  const found = credential === undefined ? forUrl(session, url) : named(session, credential)
  const pages = credential !== undefined
  const access = accessOf(session, found, pages)
  return {
    kind: 'url',
    shown: text,
    pages,
    client: () => new BlobClient(url, access, instance.options.ekm?.reach ?? (() => undefined)),
  }
}

/** `https://account.blob.core.windows.net/container/blob` */
function parsed(text: string): URL {
  const malformed = new SqlError(
    3297,
    'The URL provided does not meet specified requirements. The URL must name an account, a container and a blob, and begin with https://.',
  )
  if (text.length > LONGEST_URL || !/^https:\/\//i.test(text) || !URL.canParse(text)) throw malformed
  const url = new URL(text)
  const [, container = '', ...blob] = url.pathname.split('/')
  if (container === '' || blob.join('/') === '' || url.search !== '' || url.hash !== '') throw malformed
  return url
}

function named(session: Session, name: string): CredentialRecord {
  const found = session.instance.store.credentials.find((one) => same(one.name, name))
  if (found === undefined || found.providerId !== null)
    throw new SqlError(3288, `The credential '${name}' that WITH CREDENTIAL names does not exist.`)
  if (same(found.identity, SIGNATURE))
    throw new SqlError(
      3225,
      'Use of WITH CREDENTIAL syntax is not valid for credentials containing a Shared Access Signature.',
    )
  return found
}

/** The credential that bears the address of the container as its name. */
function forUrl(session: Session, url: URL): CredentialRecord {
  const [, container = ''] = url.pathname.split('/')
  const name = `https://${url.hostname}/${container}`
  const found = session.instance.store.credentials.find(
    (one) => one.providerId === null && same(one.name, name),
  )
  if (found === undefined)
    throw new SqlError(
      3289,
      'A Backup device of type URL was specified without a Credential, Backup/Restore operation cannot proceed.',
    )
  return found
}

function accessOf(session: Session, credential: CredentialRecord, pages: boolean): BlobAccess {
  const { instance } = session
  if (!session.canServer('ALTER ANY CREDENTIAL'))
    throw new SqlError(
      15151,
      `Cannot find the credential '${credential.name}', because it does not exist or you do not have permission.`,
    )
  if (same(credential.identity, MANAGED_IDENTITY) && instance.majorVersion >= 16)
    throw new SqlError(
      37563,
      'The primary managed identity is not selected for this server. Enable the primary managed identity for Microsoft Entra authentication for this server.',
    )
  const secret =
    credential.secret === null
      ? undefined
      : instance.keys.credentialSecret(credential.credentialId, credential.secret)
  const text = secret?.toString('utf8') ?? ''
  secret?.fill(0)
  return pages
    ? { kind: 'key', account: credential.identity, key: Buffer.from(text, 'base64') }
    : { kind: 'signature', token: text }
}

/** For a device that is going to be written. Throws 3296 where a blob is there and FORMAT was not said. */
export async function prepareUrl(device: UrlDevice, format: boolean, signal: AbortSignal): Promise<void> {
  const client = device.client()
  try {
    const { headers } = await client.ask({ method: 'HEAD' }, signal)
    if (!format)
      throw new SqlError(
        3296,
        `The file ${device.shown} exists on the remote endpoint, and WITH FORMAT was not specified. Backup cannot proceed.`,
      )
    if (headers['x-ms-lease-state'] === 'leased' && headers['x-ms-lease-status'] === 'locked')
      throw new BlobFailure(412, 'LeaseIdMissing')
    const isPages = headers['x-ms-blob-type'] === 'PageBlob'
    if (isPages !== device.pages) throw new BlobFailure(409, 'InvalidBlobType')
  } catch (error) {
    const isMissing = error instanceof BlobFailure && (error.code === 'BlobNotFound' || isBareNotFound(error))
    if (!isMissing)
      throw device.pages ? remoteException(device.shown, error, true) : cannotOpenUrl(device.shown, error)
  } finally {
    client.close()
  }
}

const isBareNotFound = ({ status, code }: BlobFailure): boolean => status === 404 && code === '404'

export const urlPlace =
  (device: UrlDevice, maxTransferSize: number | undefined, signal: AbortSignal): BackupPlace =>
  () =>
    device.pages
      ? openPageBlob(device.client(), device.shown, signal)
      : openBlockBlob(device.client(), device.shown, maxTransferSize ?? DEFAULT_BLOCK, signal)

export const urlOrigin =
  (device: UrlDevice, signal: AbortSignal): BackupOrigin =>
  async () => {
    const blob = await openBlob(device.client(), device.shown, signal)
    const fits = device.pages === (blob.type === 'PageBlob')
    if (fits) return blob
    await blob.close()
    throw device.pages
      ? new SqlError(3220, 'Use of WITH CREDENTIAL syntax is not valid for a block blob.')
      : cannotOpenUrl(device.shown, new BlobFailure(409, 'InvalidBlobType'))
  }
