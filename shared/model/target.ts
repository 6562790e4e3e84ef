import type { AzureCloud, AzureIdentity, VaultIdentity } from './azure.ts'
import type { HsmIdentity, HsmModulePin } from './hsm.ts'
import type { HandleId, TargetId } from './ids.ts'

/** Untagged counts as production: the careful reading. */
export type Environment = 'production' | 'test' | 'rehearsal'

export type SqlAuthentication =
  | { kind: 'sql-login'; user: string; password: HandleId | null }
  | { kind: 'ntlm'; domain: string; user: string; password: HandleId | null }
  | { kind: 'entra-service-principal'; tenantId: string; clientId: string; secret: HandleId | null }
  | { kind: 'entra-default' }

export type SqlEncryption =
  | { mode: 'strict'; trust: SqlTrust }
  | { mode: 'mandatory'; trust: SqlTrust }
  /** Everything, the password included, crosses the network readable. Only after the person typed the sentence that says so. */
  | { mode: 'off'; acceptedInWords: string }

export type SqlTrust =
  | { kind: 'system' }
  /** PEM text of one or more CA certificates. Public data. */
  | { kind: 'ca'; pem: string }
  /** SHA-256 of the server's certificate, 64 upper-case hex characters: the name is not checked then, the certificate is. */
  | { kind: 'pin'; sha256: string }

export interface SqlConnection {
  id: TargetId
  kind: 'sqlserver'
  name: string
  environment: Environment
  host: string
  /** Exactly one of port and instanceName is set. */
  port: number | null
  instanceName: string | null
  /** Name that the certificate must carry when it differs from host; null: the host. */
  certificateName: string | null
  encryption: SqlEncryption
  authentication: SqlAuthentication
  /** Read at the first connection and compared at each one after it; null: never connected. */
  identity: SqlServerIdentity | null
}

/** What makes this instance this instance. A difference stops a run and is shown with both values. */
export interface SqlServerIdentity {
  serverName: string
  machineName: string
  instanceName: string
  /** SHA-256 of the certificate that the server showed, upper-case hex; null when the connection was not encrypted. */
  certificateSha256: string | null
}

/** How Keyturn signs in to Entra. Only the first two keep a secret; the last two use the identity of this computer. */
export type AzureSignIn =
  | { kind: 'client-secret'; clientId: string; secret: HandleId | null }
  /** PEM text with the certificate and its private key, as one secret. */
  | { kind: 'client-certificate'; clientId: string; certificate: HandleId | null }
  /** A person signs in with a browser, anywhere. Null: as the application of Azure's own developer tools. */
  | { kind: 'device-code'; clientId: string | null }
  /** Null: the system-assigned one. */
  | { kind: 'managed-identity'; clientId: string | null }
  | { kind: 'azure-cli' }

/** One subscription, with the sign-in that vaults and the directory of its tenant use too. */
export interface AzureConnection {
  id: TargetId
  kind: 'azure'
  name: string
  environment: Environment
  cloud: AzureCloud
  tenantId: string
  subscriptionId: string
  signIn: AzureSignIn
  /** Read at the first connection and compared at each one after it; null: never connected. */
  identity: AzureIdentity | null
}

/** A key vault or managed HSM, reached with the sign-in of an Azure connection. */
export interface VaultConnection {
  id: TargetId
  kind: 'keyvault'
  name: string
  environment: Environment
  /** Full host name; says cloud and whether it is a vault or an HSM. */
  host: string
  azure: TargetId
  identity: VaultIdentity | null
}

/** A token behind a PKCS#11 module of this computer. */
export interface HsmConnection {
  id: TargetId
  kind: 'hsm'
  name: string
  environment: Environment
  module: HsmModulePin
  /** What tells it from others; its label may be that of another too. */
  serial: string
  label: string
  /** Null: none is kept; jobs ask for it. */
  pin: HandleId | null
  /** Read at the first opening and compared at each one after it; null: never opened. */
  identity: HsmIdentity | null
}

/** `azure`: one subscription, its vaults among it. `keyvault`: one vault or managed HSM. `hsm`: one token. */
export type Connection = SqlConnection | AzureConnection | VaultConnection | HsmConnection
/** `escrow`: a share group of this profile. There is nothing to connect to; its lock keeps two runs from one group. */
export type TargetKind = Connection['kind'] | 'escrow'

export interface TargetRef {
  id: TargetId
  kind: TargetKind
  name: string
  environment: Environment
}
