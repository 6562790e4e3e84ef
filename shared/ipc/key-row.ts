import type { Environment } from '../model/target.ts'

/** One key or backup, as the page *Keys* shows it. */
export interface KeyRow {
  id: string
  name: string
  kind:
    | 'service master key'
    | 'database master key'
    | 'certificate'
    | 'asymmetric key'
    | 'key in a vault'
    | 'key on a token'
    | 'backup'
  target: string
  environment: Environment
  /** NIST SP 800-57 word, or null where it does not apply (a backup). */
  state: string | null
  thumbprint: string | null
  algorithm: string | null
  expires: string | null
  /** `last private-key export, as the catalog says`; null: never; 'not-visible': no rights. */
  lastExport: string | null
  /** Newest date that the catalog keeps of it: modified, exported, finished. */
  changed: string | null
  protects: string[]
  /** What it needs: for a backup the certificate, for a certificate the master key. */
  needs: string[]
  /** What only this kind of key has. */
  more?: { label: string; value: string }[]
  readAt: string
  source: string
}
