import type { StorageAnswers } from '../../../shared/forms/storage-draft.ts'
import { containerOf } from '../../../shared/model/storage.ts'
import {
  createStorageCredential,
  credentialNameOf,
  dropStorageCredential,
  identityOfStorage,
  type StorageCredential,
} from '../../scripts/tsql/storage.ts'
import type { Draftstep } from './plan-parts.ts'

/** The credential that these answers are about, whether it is there or made. */
export const storageCredentialOf = (
  answers: Pick<StorageAnswers, 'containerUrl' | 'blobAccess' | 'credentialName'>,
): StorageCredential =>
  answers.blobAccess === 'access-key'
    ? {
        access: 'access-key',
        name: answers.credentialName,
        account: containerOf(answers.containerUrl)?.account ?? '‹storage account›',
      }
    : { access: answers.blobAccess, container: answers.containerUrl }

const words = {
  sas: 'a shared access signature',
  'managed-identity': 'the managed identity of its machine',
  'access-key': 'an access key of the account',
} as const

const alterAnyCredential = 'ALTER ANY CREDENTIAL'

export const createCredentialStep = (
  credential: StorageCredential,
  server: string,
  kept: { target: string; label: string } | null = null,
): Draftstep => {
  const name = credentialNameOf(credential)
  return {
    kind: 'create-storage-credential',
    title: `Create credential ${name}`,
    now: 'No credential of that name',
    after: `${server} signs in to storage with ${words[credential.access]}`,
    scripts: [createStorageCredential(credential)],
    params: { credential: name, access: credential.access, identity: identityOfStorage(credential), kept },
    permission: alterAnyCredential,
    undo: { can: true, action: `Drop credential ${name}`, script: dropStorageCredential(credential) },
    resume: 'named',
    stopNow: null,
  }
}

/** Takes back what `createCredentialStep` of the same run made. */
export const dropCredentialStep = (credential: StorageCredential): Draftstep => {
  const name = credentialNameOf(credential)
  return {
    kind: 'drop-storage-credential',
    title: `Remove credential ${name}`,
    now: 'On the server, made by this run',
    after: 'Not there any more; what is in the container is as it was',
    scripts: [dropStorageCredential(credential)],
    params: { credential: name, access: credential.access, identity: identityOfStorage(credential) },
    permission: alterAnyCredential,
    undo: { can: false, because: 'It only removes what this run made', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }
}
