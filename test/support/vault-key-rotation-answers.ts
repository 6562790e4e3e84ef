import { refOf } from '../../electron/profile/target-ref.ts'
import type { Program } from '../../electron/program.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { runMark, type RunId } from '../../shared/model/ids.ts'
import { CONNECTOR_PATH } from '../../sandbox/sqlserver/engine/ekm/library.ts'
import type { Ask } from './ask.ts'
import { targetNamed } from './job-answers.ts'
import { asAdministrator } from './restore-drill-answers.ts'
import type { Simulators } from './simulators.ts'
import { azureRefOf } from './vault-answers.ts'

/** The vault, its key with two versions, and the application of the rehearsal's estate. */
export const ekmEstate = {
  host: 'ktr-vault-weu.vault.azure.net',
  key: 'ktr-tde-sql01',
  application: 'ktr-ekm-sql01',
  oldKey: 'tde_old',
} as const

export interface KeyHouse {
  program: Program
  ask: Ask
  simulators: Simulators
}

interface EstateApplication {
  name: string
  clientId: string
  secret: string
}

export const applicationOfEstate = async (
  simulators: Simulators,
  name: string,
): Promise<EstateApplication> => {
  const { azure } = (await simulators.order({ command: 'status' })) as unknown as {
    azure: { applications: EstateApplication[] }
  }
  const found = azure.applications.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no application ${name}`)
  return found
}

const serverOf = async ({ program, ask }: Pick<KeyHouse, 'program' | 'ask'>, name: string) => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === name)
  if (found === undefined) throw new Error(`no connection ${name}`)
  return program.servers.open(refOf(found.connection))
}

/** Versions of the estate's key, oldest first. */
export const versionsOfEstate = async ({ program, ask }: Pick<KeyHouse, 'program' | 'ask'>) => {
  const vault = await program.azure.vaults.at(await azureRefOf(ask), ekmEstate.host)
  try {
    return await vault.versions(ekmEstate.key)
  } finally {
    await vault.close()
  }
}

/** Statements that put databases under a version of the estate's key, as a DBA types them; the chain has names of `oldKey`. */
export const chainBatches = (
  application: EstateApplication,
  version: string,
  databases: readonly string[],
): string[] => {
  const { oldKey, key, host } = ekmEstate
  const secret = `${application.clientId.replaceAll('-', '')}${application.secret}`
  const credential = (name: string): string =>
    `CREATE CREDENTIAL ${name} WITH IDENTITY = '${host.split('.')[0] ?? ''}', SECRET = '${secret}' FOR CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM;`
  return [
    `EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE;`,
    `CREATE CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM FROM FILE = '${CONNECTOR_PATH}';`,
    credential(`${oldKey}_credential`),
    `DECLARE @me nvarchar(300) = N'ALTER LOGIN ' + QUOTENAME(ORIGINAL_LOGIN()) + N' ADD CREDENTIAL ${oldKey}_credential'; EXEC (@me);`,
    `CREATE ASYMMETRIC KEY ${oldKey} FROM PROVIDER AzureKeyVault_EKM WITH PROVIDER_KEY_NAME = '${key}/${version}', CREATION_DISPOSITION = OPEN_EXISTING;`,
    `CREATE LOGIN ${oldKey}_login FROM ASYMMETRIC KEY ${oldKey};`,
    `DECLARE @me nvarchar(300) = N'ALTER LOGIN ' + QUOTENAME(ORIGINAL_LOGIN()) + N' DROP CREDENTIAL ${oldKey}_credential'; EXEC (@me);`,
    `ALTER LOGIN ${oldKey}_login ADD CREDENTIAL ${oldKey}_credential;`,
    ...databases.map(
      (database) =>
        `USE [${database}]; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY ${oldKey}; ALTER DATABASE [${database}] SET ENCRYPTION ON; USE master;`,
    ),
  ]
}

/** Installs the connector and puts databases under the old version of the estate's key; ends when all are encrypted. */
export const putUnderOldVersion = async (
  house: KeyHouse,
  server: string,
  databases: readonly string[],
): Promise<void> => {
  const { simulators, ask, program } = house
  await simulators.order({
    command: 'ekm',
    instance: server,
    order: { what: 'install', version: '15.0.2000.440', signed: true, runtime: true },
  })
  const [old] = await versionsOfEstate(house)
  const application = await applicationOfEstate(simulators, ekmEstate.application)
  await asAdministrator(program, ask, server, chainBatches(application, old?.version ?? '', databases))
  const sql = await serverOf(house, server)
  for (;;) {
    const rows = await sql.query(
      'SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k WHERE k.database_id > 4',
    )
    if (rows.length >= databases.length && rows.every(({ state }) => Number(state) === 3)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Each database with the asymmetric key that its key is under, and its state, by name. */
export const protectorsOf = async (
  house: Pick<KeyHouse, 'program' | 'ask'>,
  server: string,
): Promise<{ name: string; protector: string; state: number }[]> => {
  const sql = await serverOf(house, server)
  const rows = await sql.query(keyChainQuestions['database key'] ?? '')
  return rows
    .map(({ name, protector, state }) => ({
      name: String(name),
      protector: String(protector ?? ''),
      state: Number(state),
    }))
    .filter(({ name }) => name !== 'tempdb')
    .toSorted((a, b) => a.name.localeCompare(b.name))
}

/** Keys of providers, credentials and what logins of keys hold, one line each. */
export const chainOf = async (
  house: Pick<KeyHouse, 'program' | 'ask'>,
  server: string,
): Promise<string[]> => {
  const sql = await serverOf(house, server)
  const rows = (what: string) => sql.query(keyChainQuestions[what] ?? '')
  return [
    ...(await rows('asymmetric key')).map(({ name }) => `key ${String(name)}`),
    ...(await rows('credential')).map(
      (row) => `credential ${String(row['name'])}, ${String(row['identity_name'])}`,
    ),
    ...(await rows('mapping')).map(
      ({ login, credential }) => `login ${String(login)} holds ${String(credential)}`,
    ),
  ].toSorted()
}

/** A complete draft. `place`: id of a picked folder. */
export const answersOfKeyRotation = async (
  { ask, simulators }: Pick<KeyHouse, 'ask' | 'simulators'>,
  wish: { server: string; databases: readonly string[]; place: string; changes?: Answers },
): Promise<Answers> => {
  const target = await targetNamed(ask, wish.server)
  const azure = await azureRefOf(ask)
  const application = await applicationOfEstate(simulators, ekmEstate.application)
  const { handle } = await ask('secrets.keep', {
    purpose: 'ekm.client-secret',
    target: azure.id,
    label: 'Secret of the application',
    rule: 'existing-password',
    bytes: new TextEncoder().encode(application.secret),
  })
  return {
    target,
    databases: [...wish.databases],
    azure: azure.id,
    vault: ekmEstate.host,
    vaultKey: ekmEstate.key,
    to: 'new-version',
    otherKey: '',
    origin: 'vault',
    uncovered: false,
    reference: 'version-less',
    keyBackup: wish.place,
    keyName: 'tde_new',
    keyLogin: 'tde_new_login',
    credentialName: 'tde_new_credential',
    applicationFilter: '',
    application: application.clientId,
    applicationSecret: handle,
    replicasConfirmed: false,
    logBackups: 'take',
    backupFolder: (await ask('serverFiles.list', { target, path: '' })).path,
    ...wish.changes,
  }
}

/** What a run leaves in the vault: versions without their ids and times. */
export const keyEndState = async (
  house: Pick<KeyHouse, 'program' | 'ask'>,
  run: RunId | null,
): Promise<string[]> =>
  (await versionsOfEstate(house)).map(({ enabled, mark }, index) => {
    const whose = mark === null ? 'none' : run !== null && mark === runMark(run) ? 'MARK' : mark
    return `version ${index + 1} of ${ekmEstate.key}: ${enabled ? 'enabled' : 'disabled'}, mark ${whose}`
  })

/** What the server shows of the chain, without times and thumbprints. */
export const keyChainQuestions: Readonly<Record<string, string>> = {
  'asymmetric key': 'SELECT a.name AS name FROM master.sys.asymmetric_keys AS a',
  'key login': "SELECT l.name AS name FROM sys.server_principals AS l WHERE l.type = 'K'",
  credential: 'SELECT c.name AS name, c.credential_identity AS identity_name FROM sys.credentials AS c',
  mapping: `SELECT l.name AS login, c.name AS credential FROM sys.server_principal_credentials AS s
    JOIN sys.server_principals AS l ON l.principal_id = s.principal_id JOIN sys.credentials AS c ON c.credential_id = s.credential_id`,
  'database key': `SELECT d.name AS name, k.encryption_state AS state, a.name AS protector
    FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id
    LEFT JOIN master.sys.asymmetric_keys AS a ON a.thumbprint = k.encryptor_thumbprint`,
}
