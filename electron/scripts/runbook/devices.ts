import type { RestoreDevice } from '../tsql/device.ts'
import type { Blobs } from './storage-params.ts'

/** Where a step's backup is read: its file on the server's disk, or its blobs. */
export const deviceOf = ({
  file,
  blobs,
}: {
  file: string
  blobs?: Blobs | null | undefined
}): RestoreDevice => (blobs ? { kind: 'url', ...blobs } : { kind: 'disk', paths: [file] })

export const isAddress = (file: string): boolean => /^https:\/\//i.test(file)

/** Files of one backup, wherever they are: on a disk that the server sees, or in storage. */
export const deviceOfFiles = (files: readonly string[], credential: string | null): RestoreDevice =>
  files.some(isAddress) ? { kind: 'url', urls: files, credential } : { kind: 'disk', paths: files }

/** For a person: the file, or all blobs. */
export const placeOf = ({ file, blobs }: { file: string; blobs?: Blobs | null | undefined }): string =>
  blobs ? blobs.urls.join(', ') : file
