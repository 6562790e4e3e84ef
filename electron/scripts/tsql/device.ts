import { longestDevice, mostStripes } from '../../../shared/model/storage.ts'
import { joined, text, tsql, whole, type Fragment } from './fragment.ts'
import { refused } from './quote.ts'

/** Where a backup is written. */
export type BackupDevice =
  | { kind: 'disk'; path: string }
  /** With a credential of the container, which the server finds by the address. */
  | {
      kind: 'block-blob'
      urls: readonly string[]
      /** Bytes; multiples of 64 KB up to 4 MB. A blob has 50,000 blocks of at most this size. */
      maxTransferSize: number
      /** Bytes; a power of two from 512 to 65,536. */
      blockSize: number
    }
  /** With a credential of the account, which every statement names. One device, no sizes. */
  | { kind: 'page-blob'; url: string; credential: string }

/** Where a backup is read. */
export type RestoreDevice =
  | { kind: 'disk'; paths: readonly string[] }
  /** `credential`: of a page blob; null: a block blob, whose credential the server finds by itself (SQL 3225 with one). */
  | { kind: 'url'; urls: readonly string[]; credential: string | null }

export const transferSizes = { least: 65_536, most: 4_194_304 } as const
const blockSizes: readonly number[] = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]

/** An address never holds a token: what has a ? is refused, and not repeated. */
const url = (address: string): Fragment => {
  if (!/^https:\/\/[^?#\\]+$/.test(address)) {
    throw refused(
      'containerUrl',
      'The address is not one of a blob: it begins with https:// and holds no ?, # or \\. Copy it again without its token',
    )
  }
  if (address.length > longestDevice) {
    throw refused(
      'containerUrl',
      `The address has ${address.length} characters; SQL Server takes ${longestDevice}. Use a shorter name`,
    )
  }
  return tsql`URL = ${text(address, 'containerUrl')}`
}

const urls = (addresses: readonly string[]): Fragment => {
  if (addresses.length < 1 || addresses.length > mostStripes) {
    throw refused('stripes', `The number of stripes is not a whole number from 1 to ${mostStripes}`)
  }
  return joined(addresses.map(url), ',\n    ')
}

/** Behind TO. */
export const writtenTo = (device: BackupDevice): Fragment => {
  switch (device.kind) {
    case 'disk':
      return tsql`DISK = ${text(device.path, 'backupFolder')}`
    case 'block-blob':
      return urls(device.urls)
    case 'page-blob':
      return url(device.url)
  }
}

const transferSize = (bytes: number): Fragment => {
  if (bytes % transferSizes.least !== 0)
    throw refused('transferSize', 'The transfer size is not a multiple of 65,536 bytes')
  return tsql`MAXTRANSFERSIZE = ${whole(bytes, transferSizes.least, transferSizes.most, 'transferSize')}`
}

const blockSize = (bytes: number): Fragment => {
  if (!blockSizes.includes(bytes))
    throw refused('blockSize', 'The block size is not a power of two from 512 to 65,536 bytes')
  return tsql`BLOCKSIZE = ${whole(bytes, 512, 65_536, 'blockSize')}`
}

/** Options of BACKUP that depend on the device. `onDisk`: MAXTRANSFERSIZE of a file on disk; null: the server's own. */
export const deviceOptions = (device: BackupDevice, onDisk: number | null): Fragment[] => {
  switch (device.kind) {
    case 'disk':
      return onDisk === null ? [] : [transferSize(onDisk)]
    case 'block-blob':
      return [transferSize(device.maxTransferSize), blockSize(device.blockSize)]
    case 'page-blob':
      return [credentialOption(device.credential)]
  }
}

const credentialOption = (credential: string): Fragment =>
  tsql`CREDENTIAL = ${text(credential, 'credentialName')}`

/** Behind FROM: all devices of one backup, in the order of their stripes. */
export const readFrom = (device: RestoreDevice): Fragment =>
  device.kind === 'disk'
    ? joined(
        device.paths.map((path) => tsql`DISK = ${text(path, 'backupFolder')}`),
        ', ',
      )
    : urls(device.urls)

/** Options of RESTORE that depend on the device. */
export const readOptions = (device: RestoreDevice): Fragment[] =>
  device.kind === 'url' && device.credential !== null ? [credentialOption(device.credential)] : []

/** ` WITH a, b`; nothing without options. */
export const withOptions = (options: readonly Fragment[]): Fragment =>
  options.length === 0 ? tsql`` : tsql`\n  WITH ${joined(options, ', ')}`
