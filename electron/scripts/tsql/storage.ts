import { containerUrlProblem, storageIdentity, type StorageAccess } from '../../../shared/model/storage.ts'
import { storageAccountNameProblem } from '../../../shared/model/azure.ts'
import type { Script } from '../../../shared/model/script.ts'
import { dropCredential } from './ekm.ts'
import { name, script, secret, text, tsql, type Fragment } from './fragment.ts'
import { refused } from './quote.ts'

/**
 * Credentials of storage. Those of a container are called by its address, without a slash at its end: the server finds
 * them by it. One of an account has any name, and every statement on its page blobs names it.
 */
export type StorageCredential =
  | { access: 'sas'; container: string }
  | { access: 'managed-identity'; container: string }
  | { access: 'access-key'; name: string; account: string }

/** Holes of the two secrets. A token goes in without the ? that portals put in front. */
export const storageHoles = { sas: 'storage_token', 'access-key': 'storage_access_key' } as const

export const credentialNameOf = (credential: StorageCredential): string =>
  credential.access === 'access-key' ? credential.name : credential.container

/** IDENTITY, as the catalog shows it afterwards. */
export const identityOfStorage = (credential: StorageCredential): string =>
  credential.access === 'access-key' ? credential.account : storageIdentity[credential.access]

const credentialName = (credential: StorageCredential): Fragment => {
  if (credential.access === 'access-key') return name(credential.name, 'credentialName')
  refuse('containerUrl', containerUrlProblem(credential.container))
  return name(credential.container, 'containerUrl')
}

const identity = (credential: StorageCredential): Fragment => {
  if (credential.access === 'access-key') refuse('accountName', storageAccountNameProblem(credential.account))
  return text(identityOfStorage(credential), 'accountName')
}

const secretOf = (access: StorageAccess): Fragment => {
  switch (access) {
    case 'sas':
      return tsql`,
    SECRET = ${secret(storageHoles.sas, 'storage.sas')}`
    case 'access-key':
      return tsql`,
    SECRET = ${secret(storageHoles['access-key'], 'storage.access-key')}`
    case 'managed-identity':
      return tsql``
  }
}

/** ALTER ANY CREDENTIAL. Refused where one of that name is there. */
export const createStorageCredential = (credential: StorageCredential): Script =>
  script(tsql`USE [master];
CREATE CREDENTIAL ${credentialName(credential)}
  WITH IDENTITY = ${identity(credential)}${secretOf(credential.access)};`)

/** Sets identity and secret anew; counts from the next statement on. ALTER ANY CREDENTIAL. */
export const alterStorageCredential = (credential: StorageCredential): Script =>
  script(tsql`USE [master];
ALTER CREDENTIAL ${credentialName(credential)}
  WITH IDENTITY = ${identity(credential)}${secretOf(credential.access)};`)

/** Takes this server's way to the container away; blobs stay as they are. ALTER ANY CREDENTIAL. */
export const dropStorageCredential = (credential: StorageCredential): Script =>
  dropCredential(credentialNameOf(credential))

const refuse = (field: string, message: string | null): void => {
  if (message !== null) throw refused(field, message)
}
