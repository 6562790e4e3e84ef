import { KeyturnError } from '../shared/errors/problem.ts'
import type { AzureConnection, SqlConnection } from '../shared/model/target.ts'
import type { SecretBytes } from './platform/secret-bytes.ts'
import type { Keyring } from './ports/keyring.ts'

/** The login secret of a SQL Server, for the adapter to wipe; null: it needs none. `credential-missing`. */
export const openCredential = async (
  keyring: Keyring,
  { id, authentication }: SqlConnection,
): Promise<SecretBytes | null> => {
  switch (authentication.kind) {
    case 'sql-login':
    case 'ntlm':
      if (authentication.password === null) throw new KeyturnError('credential-missing', { target: id })
      return keyring.open(authentication.password, { purpose: 'sql.login-password', target: id })
    case 'entra-service-principal':
      if (authentication.secret === null) throw new KeyturnError('credential-missing', { target: id })
      return keyring.open(authentication.secret, { purpose: 'entra.client-secret', target: id })
    case 'entra-default':
      return null
  }
}

/** The secret of a sign-in to Azure, for the adapter to wipe. `credential-missing`. */
export const openAzureSecret = async (
  keyring: Keyring,
  { id, name, signIn }: AzureConnection,
): Promise<SecretBytes> => {
  const missing = (): KeyturnError => new KeyturnError('credential-missing', { target: name })
  switch (signIn.kind) {
    case 'client-secret':
      if (signIn.secret === null) throw missing()
      return keyring.open(signIn.secret, { purpose: 'entra.client-secret', target: id })
    case 'client-certificate':
      if (signIn.certificate === null) throw missing()
      return keyring.open(signIn.certificate, { purpose: 'entra.client-certificate', target: id })
    default:
      throw missing()
  }
}
