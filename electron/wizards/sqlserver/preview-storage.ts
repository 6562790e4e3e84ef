import type { Answers } from '../../../shared/forms/form.ts'
import {
  blockSizes,
  transferSizes,
  type StorageAnswers,
  type WrittenBlobAnswers,
} from '../../../shared/forms/storage-draft.ts'
import { mostStripes } from '../../../shared/model/storage.ts'
import { blanksOf } from './preview-parts.ts'

/** An address of the form that statements take, until one is typed. */
const noContainer = 'https://account.blob.core.windows.net/container'

/** Answers about a container so far, with something to show where one is missing. Secrets are never in a preview. */
export const placeInStorage = (answers: Answers): StorageAnswers => {
  const { text, oneOf } = blanksOf(answers)
  return {
    containerUrl: text('containerUrl', noContainer),
    blobAccess: oneOf('blobAccess', ['sas', 'managed-identity', 'access-key']),
    credentialMode: oneOf('credentialMode', ['use', 'create']),
    credentialName: text('credentialName', '‹credential›'),
    storageToken: null,
    accessKey: null,
  }
}

export const writtenBlobs = (answers: Answers): WrittenBlobAnswers => {
  const stripes = answers['stripes']
  const size = (field: string, sizes: readonly number[]): number =>
    sizes.find((one) => String(one) === String(answers[field] ?? '')) ?? sizes[0] ?? 0
  return {
    ...placeInStorage(answers),
    stripes:
      typeof stripes === 'number' && Number.isInteger(stripes) && stripes >= 1 && stripes <= mostStripes
        ? stripes
        : 1,
    transferSize: size('transferSize', transferSizes),
    blockSize: size('blockSize', blockSizes),
  }
}
