import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { chosenValue } from '../../shared/forms/credential-draft.ts'
import { runMark, type RunId } from '../../shared/model/ids.ts'
import { CONNECTOR_PATH } from '../../sandbox/sqlserver/engine/ekm/library.ts'
import type { Ask } from './ask.ts'
import { onServer } from './certificate-answers.ts'
import { targetNamed } from './job-answers.ts'
import type { Simulators } from './simulators.ts'
import { azureRefOf } from './vault-answers.ts'

interface Place {
  program: Program
  ask: Ask
  simulators: Simulators
}

/** The estate's vault that is in order, its key, and the application that SQL Server signs in as. */
export const vaultOfEstate = 'ktr-vault-weu'
const keyOfEstate = 'ktr-tde-sql01'
const applicationOfEstate = 'ktr-ekm-sql01'
export const credentialOfServer = 'tde_cred'

/** The connector on the machine of a server, and the provider in it; Azure answers without its delays. */
export const withConnector = async (place: Place, server: string): Promise<void> => {
  const { simulators } = place
  await simulators.order({
    command: 'azure',
    order: { do: 'settings', change: { rbacDelayMs: 0, dnsDelayMs: 0, directoryDelayMs: 0 } },
  })
  await simulators.order({
    command: 'ekm',
    instance: server,
    order: { what: 'install', version: '15.0.2000.440', signed: true, runtime: true },
  })
  await simulators.order({ command: 'ekm', instance: server, order: { what: 'grantRegistry' } })
  await simulators.order({ command: 'restart', instance: server })
  await onServer(
    place,
    server,
    "EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE;",
    `CREATE CRYPTOGRAPHIC PROVIDER AKV FROM FILE = '${CONNECTOR_PATH}'`,
  )
}

/** Login of the connection to a server. */
export const loginOn = async ({ ask }: Pick<Place, 'ask'>, server: string): Promise<string> =>
  (await ask('connections.list', {})).flatMap(({ connection }) =>
    connection.kind === 'sqlserver' &&
    connection.name === server &&
    connection.authentication.kind === 'sql-login'
      ? [connection.authentication.user]
      : [],
  )[0] ?? ''

/** A database under a key of the vault, with a credential of the estate's application. */
export const withVaultKey = async (place: Place, server: string, database: string): Promise<void> => {
  await withKeyOfVault(place, server)
  await onServer(
    place,
    server,
    `USE [${database}]; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; ALTER DATABASE [${database}] SET ENCRYPTION ON; USE [master]`,
  )
}

/** The same without a database under it: key, login and credential. */
export const withKeyOfVault = async (place: Place, server: string): Promise<void> => {
  await withConnector(place, server)
  const { clientId, secret } = await seededApplication(place.simulators)
  const login = await loginOn(place, server)
  await onServer(
    place,
    server,
    `CREATE CREDENTIAL ${credentialOfServer} WITH IDENTITY = '${vaultOfEstate}', SECRET = '${clientId.replaceAll('-', '')}${secret}' FOR CRYPTOGRAPHIC PROVIDER AKV; ALTER LOGIN [${login}] ADD CREDENTIAL ${credentialOfServer}`,
    `CREATE ASYMMETRIC KEY tde FROM PROVIDER AKV WITH PROVIDER_KEY_NAME = '${keyOfEstate}', CREATION_DISPOSITION = OPEN_EXISTING`,
    `CREATE LOGIN tde_login FROM ASYMMETRIC KEY tde; ALTER LOGIN [${login}] DROP CREDENTIAL ${credentialOfServer}; ALTER LOGIN tde_login ADD CREDENTIAL ${credentialOfServer}`,
  )
}

/** Its secret is seeded: only the simulators know it. */
export const seededApplication = async (
  simulators: Simulators,
): Promise<{ clientId: string; secret: string }> => {
  const { azure } = (await simulators.order({ command: 'status' })) as unknown as {
    azure: { applications: { name: string; clientId: string; secret: string }[] }
  }
  const found = azure.applications.find(({ name }) => name === applicationOfEstate)
  if (found === undefined) throw new Error(`no application ${applicationOfEstate}`)
  return found
}

const applicationIn = async ({ program, ask }: Pick<Place, 'program' | 'ask'>) => {
  const directory = await program.azure.directories.open(await azureRefOf(ask))
  const [found] = await directory.applications(applicationOfEstate)
  if (found === undefined) throw new Error(`no application ${applicationOfEstate}`)
  return found
}

/** A new credential for the estate's application, with a secret that a person typed. */
export const answersOfCreate = async (
  place: Place,
  server: string,
  changes: Answers = {},
): Promise<Answers> => {
  const { clientId, secret } = await seededApplication(place.simulators)
  const target = await targetNamed(place.ask, server)
  const { handle } = await place.ask('secrets.keep', {
    purpose: 'ekm.client-secret',
    target,
    label: 'Secret of the application',
    rule: 'ekm-client-secret',
    bytes: new TextEncoder().encode(secret),
  })
  return {
    target,
    use: 'key-vault',
    task: 'create',
    azureMode: 'connected',
    azure: (await azureRefOf(place.ask)).id,
    provider: 'AKV',
    identityKind: 'service-principal',
    vaultHost: `${vaultOfEstate}.vault.azure.net`,
    credentialName: 'vault_cred',
    clientId,
    secretFrom: 'typed',
    clientSecret: handle,
    mapTo: 'none',
    proveHere: true,
    proofKey: keyOfEstate,
    ...changes,
  }
}

/** A new secret for the credential under which a database is; Keyturn restarts the simulated server. */
export const answersOfRenew = async (
  place: Place,
  server: string,
  changes: Answers = {},
): Promise<Answers> => {
  const { clientId, secrets } = await applicationIn(place)
  const target = await targetNamed(place.ask, server)
  return {
    target,
    use: 'key-vault',
    task: 'renew',
    azureMode: 'connected',
    azure: (await azureRefOf(place.ask)).id,
    credentials: [chosenValue(target, credentialOfServer)],
    clientId,
    newSecret: 'make',
    secretMonths: 12,
    oldSecretAfter: 'remove',
    oldSecret: secrets[0]?.keyId ?? '',
    othersConfirmed: true,
    restartBy: 'keyturn',
    restartPrimary: 'after-failover',
    ...changes,
  }
}

/** What a renewal leaves in Azure and in the keyring; no ids, no times. */
export const renewalEndState = async (place: Place, run: RunId | null): Promise<string[]> => {
  const { name, secrets } = await applicationIn(place)
  return [
    ...secrets.map((one) => `secret of ${name}: ${one.name}`),
    ...place.program.keyring.list({ purpose: 'ekm.client-secret' }).map(({ label }) => `kept ${label}`),
  ]
    .map((line) => (run === null ? line : line.replaceAll(runMark(run), 'MARK')))
    .sort()
}
