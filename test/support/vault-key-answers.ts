import type { Answers } from '../../shared/forms/form.ts'
import { asTargetId } from '../../shared/model/ids.ts'
import { connectorLibrary } from '../../electron/wizards/sqlserver/host-rules.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { Program } from '../../electron/program.ts'
import { setupPath } from '../../sandbox/sqlserver/windows/packages.ts'
import type { Ask } from './ask.ts'
import type { Simulators } from './simulators.ts'
import { targetNamed } from './job-answers.ts'
import { azureRefOf } from './vault-answers.ts'

/** A complete draft in a rehearsal: nothing is on the server yet, and Azure is asked too. */
export const vaultKeyAnswers = async (
  program: Program,
  ask: Ask,
  wish: { server: string; databases: string[] },
): Promise<Answers> => {
  const target = await targetNamed(ask, wish.server)
  const application = program.rehearsal?.azure()?.applications.find(({ name }) => name === 'ktr-ekm-sql01')
  if (application === undefined) throw new Error('the rehearsal has no application ktr-ekm-sql01')
  using secret = SecretBytes.fromText(application.secret)
  const { id } = await program.keyring.put(
    { purpose: 'ekm.client-secret', target: asTargetId(target), label: 'Secret of ktr-ekm-sql01' },
    secret,
  )
  return {
    target,
    task: wish.databases.length === 0 ? 'prepare' : 'turn-on',
    databases: wish.databases,
    algorithm: 'AES_256',
    azureMode: 'connected',
    azure: (await azureRefOf(ask)).id,
    vaultHost: 'ktr-vault-weu.vault.azure.net',
    vaultKey: 'ktr-tde-sql01',
    versionMode: 'newest',
    keyBackupConfirmed: true,
    identityKind: 'service-principal',
    clientId: application.clientId,
    secretFrom: 'typed',
    clientSecret: id,
    credentialName: 'KT_tde_credential',
    keyName: 'KT_tde_key',
    keyLogin: 'KT_tde_key_login',
    providerName: 'AzureKeyVault_EKM',
    providerLibrary: connectorLibrary,
    connectorSetup: setupPath('15.0.2000.440'),
    exportFolder: (await ask('serverFiles.list', { target, path: '' })).path,
  }
}

/** A host as it is before anybody installed a connector: the servers of a rehearsal begin with one. */
export const withoutConnector = async (simulators: Simulators, instance: string): Promise<void> => {
  await simulators.order({ command: 'ekm', instance, order: { what: 'uninstall' } })
  await simulators.order({ command: 'ekm', instance, order: { what: 'deleteRegistry' } })
}

/** What the server shows of the chain, without times, ids and thumbprints. */
export const vaultKeyQuestions = {
  'database key': `SELECT d.name AS name, k.encryption_state AS state, k.encryptor_type AS type, a.name AS protector
  FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id
  LEFT JOIN master.sys.asymmetric_keys AS a ON a.thumbprint = k.encryptor_thumbprint`,
  provider: 'SELECT p.name AS name, p.dll_path AS library FROM sys.cryptographic_providers AS p',
  credential: `SELECT c.name AS name, c.credential_identity AS ident, l.name AS login FROM sys.credentials AS c
  LEFT JOIN sys.server_principal_credentials AS s ON s.credential_id = c.credential_id
  LEFT JOIN sys.server_principals AS l ON l.principal_id = s.principal_id`,
  'key object':
    "SELECT a.name AS name FROM master.sys.asymmetric_keys AS a WHERE a.provider_type = N'CRYPTOGRAPHIC PROVIDER'",
  'key login': "SELECT l.name AS name FROM sys.server_principals AS l WHERE l.type = 'K'",
} as const
