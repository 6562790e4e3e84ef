import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type BlobSASSignatureValues,
  type UserDelegationKey,
} from '@azure/storage-blob'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { ContainerRight, ContainerSignature } from '../../ports/storage.ts'

const letters: Readonly<Record<ContainerRight, string>> = {
  read: 'r',
  write: 'w',
  create: 'c',
  list: 'l',
  delete: 'd',
}

/** What is signed: https only, one container. */
const valuesOf = ({ container, rights, starts, expires }: ContainerSignature): BlobSASSignatureValues => ({
  containerName: container,
  permissions: ContainerSASPermissions.parse(rights.map((right) => letters[right]).join('')),
  startsOn: new Date(starts),
  expiresOn: new Date(expires),
  protocol: SASProtocol.Https,
})

/** The vendor's code takes and gives strings: theirs is this function's time. */
export const signedByKey = (account: string, request: ContainerSignature, key: SecretBytes): SecretBytes =>
  key.use((bytes) => {
    const credential = new StorageSharedKeyCredential(account, bytes.toString('utf8'))
    return SecretBytes.fromText(generateBlobSASQueryParameters(valuesOf(request), credential).toString())
  })

export const signedByDelegation = (
  account: string,
  request: ContainerSignature,
  key: UserDelegationKey,
): SecretBytes =>
  SecretBytes.fromText(generateBlobSASQueryParameters(valuesOf(request), key, account).toString())
