/** What a kept secret may be used for. It is part of the associated data: a handle for one use can't be opened for another. */
export const secretPurposes = [
  'sql.login-password',
  'sql.dmk-password',
  'sql.key-file-password',
  'sql.smk-file-password',
  'entra.client-secret',
  /** Of the application as which SQL Server's connector reaches a vault. */
  'ekm.client-secret',
  'entra.client-certificate',
  /** A shared access signature of a container, and a key of a storage account. */
  'storage.sas',
  'storage.access-key',
  /** The user's PIN of one token. */
  'hsm.pin',
  'proxy.password',
  /** A holder's share of an escrow package, and what opens the private key file of one of its recipients. */
  'escrow.share',
  'escrow.recipient-passphrase',
  /** A passphrase that only goes into an escrow package. */
  'escrow.passphrase',
  'run.throw-away',
  'record.countersign',
] as const
export type SecretPurpose = (typeof secretPurposes)[number]

/** Main's own: the window can neither keep nor make a secret for these. A share goes through a check of its own. */
export const purposesOfMain = [
  'record.countersign',
  'escrow.share',
] as const satisfies readonly SecretPurpose[]
/** What a person can be asked for. */
export type AskedPurpose = Exclude<SecretPurpose, (typeof purposesOfMain)[number]>
