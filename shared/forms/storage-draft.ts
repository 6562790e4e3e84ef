import { z } from 'zod'
import { containerUrlProblem, mostStripes } from '../model/storage.ts'
import { isHandle, optionalId, optionalText, type Say } from './draft-parts.ts'
import { existingNameProblem, newNameProblem } from './names.ts'

/** Answers about a place in blob storage, as several jobs ask for it. Secrets are ids of handles. */

export const transferSizes = [4_194_304, 2_097_152, 1_048_576, 524_288, 65_536] as const
export const blockSizes = [65_536, 32_768, 16_384, 4_096, 512] as const

const oneOf = (sizes: readonly number[], what: string) =>
  z
    .preprocess((value) => Number(value ?? sizes[0]), z.number())
    .refine((size) => sizes.includes(size), `${what} is not one of the list. Choose one`)

/** Spaces around it do not count; everything else does, so that a slash at the end is told. */
const address = z.preprocess((value) => value ?? '', z.string().trim().max(2_000))

export const storageShape = {
  containerUrl: address,
  blobAccess: z.preprocess(
    (value) => value ?? 'sas',
    z.enum(['sas', 'managed-identity', 'access-key'], {
      error: 'Choose how the server reaches the container',
    }),
  ),
  credentialMode: z.preprocess(
    (value) => value ?? 'use',
    z.enum(['use', 'create'], { error: 'Choose whether to use or to create the credential' }),
  ),
  credentialName: optionalText,
  storageToken: optionalId,
  accessKey: optionalId,
} as const

const stripesRule = `The number of stripes is not a whole number from 1 to ${mostStripes}. Enter one`

export const writtenBlobShape = {
  ...storageShape,
  stripes: z.preprocess(
    (value) => value ?? 1,
    z.number({ error: stripesRule }).int(stripesRule).min(1, stripesRule).max(mostStripes, stripesRule),
  ),
  transferSize: oneOf(transferSizes, 'The transfer size'),
  blockSize: oneOf(blockSizes, 'The block size'),
} as const

export type StorageAnswers = z.output<z.ZodObject<typeof storageShape>>
export type WrittenBlobAnswers = z.output<z.ZodObject<typeof writtenBlobShape>>

/** Name of a new credential of an account. */
export const accountCredentialProblem = (name: string): string | null =>
  newNameProblem(name, 'The name of the credential') ??
  (/^https?:/i.test(name)
    ? 'The name of the credential is an address, as those for tokens are. Enter a plain name: statements on page blobs name it'
    : null)

/** How the server reaches the container, whatever it does there. */
export const accessProblems = (answers: StorageAnswers, say: Say<StorageAnswers>): void => {
  if (answers.blobAccess === 'access-key') {
    say(
      'credentialName',
      answers.credentialMode === 'use'
        ? existingNameProblem(answers.credentialName, 'The credential')
        : accountCredentialProblem(answers.credentialName),
    )
  }
  if (answers.credentialMode !== 'create') return
  if (answers.blobAccess === 'sas' && !isHandle(answers.storageToken))
    say('storageToken', 'The shared access signature is missing. Enter it')
  if (answers.blobAccess === 'access-key' && !isHandle(answers.accessKey))
    say('accessKey', 'The access key of the storage account is missing. Enter it')
}

/** A container to write to. */
export const containerProblems = (answers: StorageAnswers, say: Say<StorageAnswers>): void => {
  say('containerUrl', containerUrlProblem(answers.containerUrl))
  accessProblems(answers, say)
}
