import type { KeptCopy, KeptSecretRow } from '../../shared/ipc/schemas.ts'
import { count } from '../ui/format.ts'

export const purposeWords: Record<KeptSecretRow['purpose'], string> = {
  'sql.login-password': 'Sign in to SQL Server',
  'sql.dmk-password': 'Master key of a database',
  'sql.key-file-password': 'Key file',
  'sql.smk-file-password': 'Service master key file',
  'entra.client-secret': 'Entra client secret',
  'ekm.client-secret': 'Secret of the application that SQL Server signs in as',
  'entra.client-certificate': 'Entra client certificate',
  'storage.sas': 'Shared access signature of a container',
  'storage.access-key': 'Access key of a storage account',
  'hsm.pin': 'PIN of an HSM token',
  'proxy.password': 'Proxy',
  'escrow.share': 'Share of an escrow package, until its drill begins',
  'escrow.recipient-passphrase': 'Private key of a recipient of escrow packages',
  'run.throw-away': 'One run only',
  'escrow.passphrase': 'Passphrase for an escrow package',
  'record.countersign': 'Countersignature of the record',
}

export const kindWords: Record<KeptCopy['kind'], string> = {
  certificate: 'certificate',
  backup: 'backup',
  'vault-key': 'vault key',
  'database-master-key': 'database master key',
  'service-master-key': 'service master key',
}

/** What needs it, in a few words. */
export const neededWords = ({ copies, uses }: Pick<KeptSecretRow, 'copies' | 'uses'>): string => {
  const parts = [
    ...(copies.length === 0 ? [] : [`opens ${count(copies.length, 'copy', 'copies')}`]),
    ...(uses.length === 0 ? [] : [count(uses.length, 'use')]),
  ]
  return parts.length === 0 ? 'nothing that is known' : parts.join(', ')
}
