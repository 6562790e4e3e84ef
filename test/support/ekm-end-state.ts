type Rows = readonly Readonly<Record<string, unknown>>[]

/**
 * What is on a server for keys of vaults, in a form that two ways to it can be compared by: names, kinds and what belongs to
 * what; no times, ids or thumbprints. A database stands with the key object whose thumbprint its key carries (null: none
 * here). As questions for `endStateOf`, too.
 */
export const ekmQuestions: Readonly<Record<string, string>> = {
  'EKM option': `SELECT CAST(c.value_in_use AS int) AS in_use FROM sys.configurations AS c WHERE c.name = N'EKM provider enabled'`,
  provider:
    'SELECT p.name AS name, p.version AS version, p.is_enabled AS enabled FROM sys.cryptographic_providers AS p',
  credential: `SELECT c.name AS name, c.credential_identity AS identity_name, c.target_type AS target, p.name AS provider, l.name AS login
    FROM sys.credentials AS c
    LEFT JOIN sys.cryptographic_providers AS p ON p.provider_id = c.target_id
    LEFT JOIN sys.server_principal_credentials AS m ON m.credential_id = c.credential_id
    LEFT JOIN sys.server_principals AS l ON l.principal_id = m.principal_id`,
  'asymmetric key': `SELECT k.name AS name, k.provider_type AS kind, p.name AS provider FROM master.sys.asymmetric_keys AS k
    LEFT JOIN sys.cryptographic_providers AS p ON p.guid = k.cryptographic_provider_guid`,
  'key login': `SELECT l.name AS name, l.is_disabled AS disabled FROM sys.server_principals AS l WHERE l.type = 'K'`,
  'encrypted database': `SELECT d.name AS name, d.state_desc AS state, k.encryption_state AS encryption_state, k.encryptor_type AS encryptor,
    a.name AS protector
    FROM sys.databases AS d JOIN sys.dm_database_encryption_keys AS k ON k.database_id = d.database_id
    LEFT JOIN master.sys.asymmetric_keys AS a ON a.thumbprint = k.encryptor_thumbprint
    WHERE d.name <> N'tempdb'`,
}

/** The answers as sorted lines, each with what was asked in front. `query` runs one SELECT as an administrator. */
export const ekmEndState = async (query: (sql: string) => Promise<Rows>): Promise<string[]> => {
  const lines: string[] = []
  for (const [what, sql] of Object.entries(ekmQuestions))
    for (const row of await query(sql)) lines.push(`${what}: ${JSON.stringify(row)}`)
  return lines.sort()
}

/**
 * What step 5 of the documentation leaves, under the names that it uses: for its own script, typed into `tsql`, and for
 * the wizards, whose names are put in the place of these.
 */
export const documentedSetUp = (vault: string): string[] => [
  'EKM option: {"in_use":1}',
  'asymmetric key: {"name":"EKMSampleASYKey","kind":"CRYPTOGRAPHIC PROVIDER","provider":"AzureKeyVault_EKM"}',
  `credential: {"name":"sysadmin_ekm_cred","identity_name":"${vault}","target":"CRYPTOGRAPHIC PROVIDER","provider":"AzureKeyVault_EKM","login":"TDE_Login"}`,
  'encrypted database: {"name":"TestTDE","state":"ONLINE","encryption_state":3,"encryptor":"ASYMMETRIC KEY","protector":"EKMSampleASYKey"}',
  'key login: {"name":"TDE_Login","disabled":false}',
  'provider: {"name":"AzureKeyVault_EKM","version":"15.0.2000.440","enabled":true}',
]

/**
 * What its rotation leaves, the credential of the old key left where it is ("optionally, create a new credential"): the old
 * chain as it was, a second one beside it, the database under the new key.
 */
export const documentedRotation = (vault: string): string[] =>
  [
    ...documentedSetUp(vault).map((line) =>
      line.startsWith('encrypted database') ? line.replace('EKMSampleASYKey', 'EKMSampleASYKey2') : line,
    ),
    'asymmetric key: {"name":"EKMSampleASYKey2","kind":"CRYPTOGRAPHIC PROVIDER","provider":"AzureKeyVault_EKM"}',
    `credential: {"name":"sysadmin_ekm_cred2","identity_name":"${vault}","target":"CRYPTOGRAPHIC PROVIDER","provider":"AzureKeyVault_EKM","login":"TDE_Login2"}`,
    'key login: {"name":"TDE_Login2","disabled":false}',
  ].sort()

/** What its clean-up leaves: it turns the option off nowhere. */
export const documentedCleanUp = (): string[] => ['EKM option: {"in_use":1}']

const REGISTRY = 'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider\\Azure Key Vault'

/** KeyUri of each key object, by its name, as the connector keeps it in the registry below a vault's URL. */
export const keyPlaces = async (
  query: (sql: string) => Promise<Rows>,
  vaultUrl: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const places: Record<string, unknown> = {}
  const keys = await query(
    'SELECT k.name AS name, k.thumbprint AS thumbprint FROM master.sys.asymmetric_keys AS k',
  )
  for (const { name, thumbprint } of keys) {
    const hex = Buffer.from(thumbprint as Uint8Array)
      .toString('hex')
      .toUpperCase()
    const [row] = await query(
      `EXEC master.dbo.xp_instance_regread N'HKEY_LOCAL_MACHINE', N'${REGISTRY}\\${vaultUrl}\\${hex}', N'KeyUri'`,
    )
    places[String(name)] = row?.['Data'] ?? null
  }
  return places
}
