/** Durable state of transparent data encryption. Bytes are base64, thumbprints upper-case hex, times ISO. */

export type PageAlgorithm = 'AES_128' | 'AES_192' | 'AES_256' | 'TRIPLE_DES_3KEY'

/** 1 unencrypted, 2 encrypting, 3 encrypted, 4 key change, 5 decrypting, 6 protector change. */
export type EncryptionState = 1 | 2 | 3 | 4 | 5 | 6

/** 0 none, 1 running, 2 suspended, 3 aborted, 4 complete. */
export type ScanState = 0 | 1 | 2 | 3 | 4

/** A database encryption key as it is kept: only the protector's private key opens it. */
export interface WrappedPageKey {
  /** Pages carry it, so that a read knows which key a page is under. Never 0: that is a page in clear. */
  generation: number
  algorithm: PageAlgorithm
  wrapped: string
}

export interface Protector {
  thumbprint: string
  /** As the catalog shows it. */
  type: 'CERTIFICATE' | 'CERTIFICATE_OAEP_256' | 'ASYMMETRIC KEY'
}

export interface EncryptionKeyRecord {
  /** Database id as text. */
  id: string
  databaseId: number
  current: WrappedPageKey
  /** During a key change: opens the pages that the scan has not reached yet. */
  previous: WrappedPageKey | null
  protector: Protector
  /** The last SET ENCRYPTION: sys.databases.is_encrypted. */
  on: boolean
  state: EncryptionState
  scanState: ScanState
  scanModifyDate: string | null
  /** Pages that the scan is done with, over all files in order, and how many there are. */
  scanPosition: number
  scanPages: number
  createDate: string
  regenerateDate: string
  modifyDate: string
  setDate: string | null
  openedDate: string
}

/** What the log of a database remembers of its encryption until it is backed up; outlives the key itself. */
export interface EncryptionLogRecord {
  id: string
  databaseId: number
  /** Key changes since the last log backup: a third one is 33122. */
  changes: number
  /** Thumbprints whose private keys the log since then needs. */
  protectors: string[]
}
