import type { SecretBytes } from '../../platform/secret-bytes.ts'

/** The hash of RSA-OAEP, for the label and for MGF1 alike. `sha1` is what SoftHSM and Azure's import know. */
export type OaepHash = 'sha1' | 'sha256'

/** Whom a content key is wrapped for. RSA of 2,048 to 8,192 bits. */
export type CmsRecipient =
  | {
      kind: 'certificate'
      /** DER. Named in the file by issuer and serial number. */
      certificate: Uint8Array
      oaep: OaepHash
    }
  | {
      kind: 'public-key'
      /** SubjectPublicKeyInfo, DER. */
      spki: Uint8Array
      /** The subjectKeyIdentifier that the file names it by: 1 to 64 bytes. */
      keyId: Uint8Array
      oaep: OaepHash
    }

/** How a file names a recipient. */
export type RecipientName =
  | {
      by: 'issuer-and-serial'
      /** The issuer's Name, DER. */
      issuer: Buffer
      /** Whole bytes in upper-case hex, as `CertificateFacts.serialHex`. */
      serialHex: string
    }
  | { by: 'key-id'; keyId: Buffer }

export type ReadRecipient =
  | { kind: 'key-transport'; name: RecipientName; oaep: OaepHash; encryptedKey: Buffer }
  | { kind: 'kek'; keyId: Buffer; encryptedKey: Buffer }

/** What can be read of a file without a key. The buffers are copies. */
export interface ReadCms {
  /** `auth-enveloped`: AES-256-GCM. `wrapped-key`: AES-256 key wrap with padding, as a token makes it. */
  kind: 'auth-enveloped' | 'wrapped-key'
  /** In the order of the file, which is that of their bytes. */
  recipients: ReadRecipient[]
  /** Bytes of the encrypted content. */
  contentLength: number
}

export type CmsKey =
  | {
      kind: 'private-key'
      /** PKCS#8, DER, without a passphrase. */
      pkcs8: SecretBytes
      /** Which recipient of the file it is. */
      certificateOrKeyId: { certificate: Uint8Array } | { keyId: Uint8Array }
    }
  | {
      kind: 'kek'
      /** 32 bytes. */
      kek: SecretBytes
      kekId: Uint8Array
    }

export interface OpenedCms {
  content: SecretBytes
  /**
   * Zero bytes that stood after the private key and were taken off, 0 to 7. More than 0: a module composed the file
   * that fills up to 8 bytes before it wraps, against RFC 5649 (SoftHSM 2.6.1 does).
   */
  trimmedZeros: number
}

/** A key that is still wrapped, and what it is wrapped with. */
export interface OpenedWrap {
  /** AES-256. The caller wipes it. Together with `wrapped` it is the key. */
  wrapping: SecretBytes
  /** RFC 5649, as a token gave it. */
  wrapped: Buffer
}

export interface WrappedParts {
  recipients: {
    recipient: CmsRecipient
    /** What the token gave for it: RSA-OAEP, as long as the modulus. */
    encryptedKey: Uint8Array
  }[]
  /** What the token gave for the key: RFC 5649, a multiple of 8 bytes. */
  content: Uint8Array
}

/** Bytes of one sealed content. */
export const contentLimit = 1024 * 1024
/** Bytes of one key that a token wrapped; RSA of 8,192 bits has 4,800. */
export const wrappedKeyLimit = 16 * 1024
export const recipientLimit = 32
/** Bytes of a whole file; the names of issuers are the part of it that has no size of its own. */
export const fileLimit = contentLimit + 128 * 1024
export const keyIdLimit = 64
export const rsaBits = { least: 2048, most: 8192 } as const
