import type { TargetRef } from './target.ts'

/**
 * The EKM doctor as data: what it asks about one SQL Server that keeps keys in a vault, and what one reading found. It
 * reads only. Which test says what about which facts is `electron/doctor`.
 */

export const doctorGroups = ['server', 'keys', 'host', 'vault'] as const
export type DoctorGroup = (typeof doctorGroups)[number]

export const groupTitles: Readonly<Record<DoctorGroup, string>> = {
  server: 'SQL Server',
  keys: 'Provider, credentials and keys',
  host: 'The Windows host of the server',
  vault: 'The vault and the application',
}

/** In the order in which a key is reached: what a test needs stands above it. */
export const doctorTests = [
  test('edition', 'server', 'Version and edition', 'Do version and edition have extensible key management?'),
  test('option', 'server', 'EKM option', 'Is “EKM provider enabled” in use?'),
  test('login-rights', 'server', 'Rights of this login', 'May this login set keys of a vault up?'),
  test(
    'server-clock',
    'server',
    'Clock of the server',
    'Does the server’s clock agree with this computer’s?',
  ),
  test('provider', 'keys', 'Provider', 'Is the connector registered as a provider, and enabled?'),
  test('provider-path', 'keys', 'Path of the library', 'Does the provider lead to the connector’s library?'),
  test('credential', 'keys', 'Credential', 'Does its IDENTITY lead to a vault?'),
  test('key-login', 'keys', 'Login of the key', 'Can the engine use the key by itself?'),
  test('key-name', 'keys', 'Name and version in the vault', 'Does the connector take name and version?'),
  test('thumbprint-generation', 'keys', 'Generation of the thumbprint', 'Was it made by this connector?'),
  test('database-key', 'keys', 'Key of the database', 'Is the key that the database is under in master?'),
  test('database-open', 'keys', 'Database open', 'Is every encrypted database ONLINE?'),
  test('restart-pending', 'keys', 'Restart', 'Did the service start after the credential was last changed?'),
  test('host-system', 'host', 'PowerShell', 'Does a 64-bit PowerShell answer as an administrator?'),
  test('service', 'host', 'Service and its account', 'Which account does the service run as?'),
  test('library-file', 'host', 'Library', 'Is the library there, and of the version that is registered?'),
  test('library-signature', 'host', 'Signature', 'Does Windows trust the library’s signature?'),
  test('runtime', 'host', 'Visual C++ runtime', 'Is the runtime there that the library needs?'),
  test('installed', 'host', 'Uninstall entry', 'Is the connector installed, in the version of its library?'),
  test('registry-key', 'host', 'Registry key', 'Is the connector’s registry key there?'),
  test('registry-rights', 'host', 'Rights on it', 'Does the service account have Full Control of it?'),
  test('key-place', 'host', 'Place of the key', 'Does the registry say where the key of the thumbprint is?'),
  test('proxy', 'host', 'Proxy of the service account', 'Which proxy does the connector go through?'),
  test('network', 'host', 'Port 443', 'Does the host reach Entra and the vault?'),
  test('host-clock', 'host', 'Clock of the host', 'Does Windows keep the time?'),
  test('events', 'host', 'Event log', 'What did the connector write within the last day?'),
  test('vault-network', 'vault', 'Network of the vault', 'Whom does the vault’s firewall let in?'),
  test('azure-clock', 'vault', 'Clock of Azure', 'Does Azure’s clock agree with the server’s?'),
  test('vault-key', 'vault', 'Key in the vault', 'Is the key there that the registry names?'),
  test('key-type', 'vault', 'Type and size', 'Does the connector take type and size of the key?'),
  test('key-usable', 'vault', 'Enabled and in its dates', 'May the key be used today?'),
  test('application-rights', 'vault', 'Rights of the application', 'May the application use the key?'),
  test('secret-expiry', 'vault', 'End of the secret', 'How long is the application’s secret valid?'),
  test('wrap', 'vault', 'Wrap and unwrap', 'Does the vault wrap and unwrap for the application?'),
] as const satisfies readonly DoctorTest[]

function test<const Id extends string>(id: Id, group: DoctorGroup, title: string, asks: string) {
  return { id, group, title, asks }
}

export interface DoctorTest {
  id: string
  group: DoctorGroup
  title: string
  /** The question, as a person asks it. */
  asks: string
}

export type DoctorTestId = (typeof doctorTests)[number]['id']

/** Jobs that mend something here, as *Set up* calls them. One that this version does not have is not offered. */
export const mendingJobs = {
  vault: 'Vault',
  credential: 'Credential',
  'tde-vault-key': 'TDE with a vault key',
  'vault-key-rotation': 'Rotation of a vault key',
  'connector-upgrade': 'Connector upgrade',
} as const
export type MendingJob = keyof typeof mendingJobs

export interface DoctorRemedy {
  cause: string
  /** How a person tests it without Keyturn. */
  byHand: string
  fix: string
  /** The job that mends it; null: none does, `fix` says what to do. */
  job: MendingJob | null
}

interface Read {
  test: DoctorTestId
  /** The provider, credential, key, database or application that it is about; null: the server as a whole. */
  about: string | null
  /** What was read; of a test that was not read, or does not apply: why. */
  measured: string
  /** What it is held against; null: it is only shown. */
  limit: string | null
  source: string
  /** ISO 8601, UTC; null: nothing was asked. */
  at: string | null
}

export type DoctorFinding = Read &
  (
    | { state: 'attention'; remedy: DoctorRemedy }
    | { state: 'in-order' | 'not-read' | 'not-applicable'; remedy: null }
  )
export type DoctorState = DoctorFinding['state']

export const stateWords: Readonly<Record<DoctorState, string>> = {
  'in-order': 'In order',
  attention: 'Needs attention',
  'not-read': 'Not read',
  'not-applicable': 'Does not apply',
}

/** A wrap and unwrap that could be asked for: the secret of the application is kept. */
export interface PossibleWrap {
  application: string
  key: string
  vault: string
}

export interface DoctorReport {
  target: TargetRef
  readAt: string
  /** In the order of `doctorTests`. */
  findings: readonly DoctorFinding[]
  host: { reached: true; how: 'this-computer' | 'simulated' } | { reached: false; because: string }
  /** Hosts of the vaults that credentials or keys of the server name. */
  vaults: readonly string[]
  /** Application (client) id that a person named; null: none, so applications with a right on the key were looked for. */
  application: string | null
  /** Empty: no key, no right, or no secret kept. Each leaves two lines in the vault's log. */
  wraps: readonly PossibleWrap[]
}

/** How many findings are of each state. */
export const countStates = (findings: readonly DoctorFinding[]): Record<DoctorState, number> => {
  const counts = { 'in-order': 0, attention: 0, 'not-read': 0, 'not-applicable': 0 }
  for (const { state } of findings) counts[state] += 1
  return counts
}
