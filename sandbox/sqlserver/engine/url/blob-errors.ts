import { SqlError } from '../errors.ts'
import { BlobFailure } from './blob-client.ts'

/** What the server makes of an answer of the service: the number of an operating system error, as in the file system. */
const osErrorOf = ({ status, code }: BlobFailure): string => {
  if (code === 'resolve' || status === 501) return '12007(The server name or address could not be resolved)'
  if (status === 0) return '59(An unexpected network error occurred.)'
  if (code === 'ContainerNotFound') return '3(The system cannot find the path specified.)'
  if (status === 404) return '2(The system cannot find the file specified.)'
  if (status === 403) return '5(Access is denied.)'
  if (status === 400 || status === 401) return '86(The specified network password is not correct.)'
  if (code === 'InvalidBlobType') return '50(The request is not supported.)'
  return '1117(The request could not be performed because of an I/O device error.)'
}

/** The statement was stopped, or this is no failure of the service: passed on as it is. */
const whereFailed = (error: unknown, make: (failure: BlobFailure) => SqlError): unknown =>
  error instanceof BlobFailure ? (isLeased(error) ? leased() : make(error)) : error

const isLeased = ({ code }: BlobFailure): boolean => code.startsWith('Lease')

const leased = (): SqlError =>
  new SqlError(3294, 'The backup to URL device could not get exclusive access to the blob: a lease is on it.')

export const cannotOpenUrl = (url: string, error: unknown): unknown =>
  whereFailed(
    error,
    (failure) =>
      new SqlError(3201, `Cannot open backup device '${url}'. Operating system error ${osErrorOf(failure)}.`),
  )

export const cannotWriteUrl = (url: string, error: unknown): unknown =>
  whereFailed(error, (failure) => new SqlError(3202, `Write on "${url}" failed: ${osErrorOf(failure)}`))

export const cannotReadUrl = (url: string, error: unknown): unknown =>
  whereFailed(error, (failure) => new SqlError(3203, `Read on "${url}" failed: ${osErrorOf(failure)}`))

/** Of page blobs, which an older part of the engine writes. `opening`: nothing was written yet. */
export const remoteException = (url: string, error: unknown, opening: boolean): unknown =>
  whereFailed(error, ({ status, code }) => {
    if (status === 0 || status === 501)
      return new SqlError(
        3292,
        'A failure occurred while attempting to execute Backup or Restore with a URL device specified. Consult the operating system error log for details.',
      )
    if (status >= 500) return new SqlError(3298, `Backup/Restore to URL device error: (${status}) ${code}.`)
    const what = `Backup to URL received an exception from the remote endpoint. Exception Message: The remote server returned an error: (${status}) ${code}.`
    return opening
      ? new SqlError(3290, what)
      : new SqlError(3271, `A nonrecoverable I/O error occurred on file "${url}:" ${what}`)
  })
