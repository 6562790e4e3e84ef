import { displayScript, type Script } from '../../../shared/model/script.ts'
import { backupDatabase } from '../../../electron/scripts/tsql/backup.ts'
import { headerOnly, verifyOnly } from '../../../electron/scripts/tsql/restore.ts'
import * as storage from '../../../electron/scripts/tsql/storage.ts'
import type { Case } from './properties.ts'

const shown = (script: Script): string => displayScript(script).replaceAll(/«\w+»/g, 'secret')
const base = 'https://account.blob.core.windows.net/container'
const url = `${base}/a.bak`
const backup = {
  database: 'd',
  device: { kind: 'page-blob', url, credential: 'c' },
  encryptor: { kind: 'asymmetric-key', name: 'k' },
  algorithm: 'AES_256',
  copyOnly: true,
  checksum: true,
  compression: false,
  maxTransferSize: null,
  name: 'n',
  description: 'x',
  stats: 5,
} as const
const account = { access: 'access-key', name: 'c', account: 'account' } as const

/** An address takes what follows the container, without a token, a mark or a backslash. */
const inAddress = (text: string): boolean => !/[?#\\]/.test(text) && base.length + 1 + text.length <= 259
/** In these the text stands behind the container's address. */
const behind = { prefix: `${base}/`, takes: inAddress } as const

/** Places of statements on blobs and on credentials of storage. A function, so that it is there when the list is made. */
export function storageCases(): Record<string, Case> {
  return {
    'URL: asymmetric key': {
      build: (text) =>
        shown(backupDatabase({ ...backup, encryptor: { kind: 'asymmetric-key', name: text } })),
      reads: 'name',
      times: 1,
    },
    'URL: credential of a page blob': {
      build: (text) =>
        shown(backupDatabase({ ...backup, device: { kind: 'page-blob', url, credential: text } })),
      reads: 'literal',
      times: 1,
    },
    'URL: stripes': {
      build: (text) =>
        shown(
          backupDatabase({
            ...backup,
            device: {
              kind: 'block-blob',
              urls: [`${base}/${text}`, `${base}/${text}`],
              maxTransferSize: 4_194_304,
              blockSize: 65_536,
            },
          }),
        ),
      reads: 'literal',
      times: 2,
      ...behind,
    },
    'URL: header': {
      build: (text) => headerOnly({ kind: 'url', urls: [`${base}/${text}`], credential: null }),
      reads: 'literal',
      times: 1,
      ...behind,
    },
    'URL: header with a credential': {
      build: (text) => headerOnly({ kind: 'url', urls: [url], credential: text }),
      reads: 'literal',
      times: 1,
    },
    'URL: verify': {
      build: (text) =>
        shown(verifyOnly({ kind: 'url', urls: [`${base}/${text}`], credential: 'c' }, true, 5)),
      reads: 'literal',
      times: 1,
      ...behind,
    },
    'storage: credential of an account': {
      build: (text) => shown(storage.createStorageCredential({ ...account, name: text })),
      reads: 'name',
      times: 1,
    },
    'storage: credential altered': {
      build: (text) => shown(storage.alterStorageCredential({ ...account, name: text })),
      reads: 'name',
      times: 1,
    },
    'storage: credential dropped': {
      build: (text) => shown(storage.dropStorageCredential({ ...account, name: text })),
      reads: 'name',
      times: 1,
    },
  }
}
