import type { HostAnswer, HostCallName } from '../../shared/model/host-calls.ts'
import type { SqlServerIdentity, TargetRef } from '../../shared/model/target.ts'
import type { HostReach } from '../ports/powershell-host.ts'
import type { VaultSettings } from '../ports/azure-control.ts'
import type { ApplicationSecret } from '../ports/directory.ts'
import type { VaultKey } from '../ports/key-vault.ts'
import type { EkmFacts } from '../wizards/sqlserver/ekm-facts.ts'
import type { Read, ServerFact } from '../wizards/sqlserver/facts-model.ts'

/** Everything that the doctor's tests judge, each part with its source and time or the reason why it is not there. */
export interface DoctorFacts {
  target: TargetRef
  identity: SqlServerIdentity
  principal: string
  readAt: string
  server: Read<ServerFact>
  rights: Read<readonly LoginRight[]>
  /** Server minus this computer, in whole seconds. */
  clock: Read<number>
  ekm: EkmFacts
  host: HostFacts
  vaults: readonly VaultSide[]
  /** Application (client) id that a person named; null: those with a right on a key were looked for. */
  application: string | null
}

/** `null`: the server does not know the permission (an older version). */
export interface LoginRight {
  permission: string
  /** What a set-up needs it for. */
  needed: string
  granted: boolean | null
}

export type HostFacts =
  | { reach: Extract<HostReach, { reachable: false }>; parts: null }
  | { reach: Extract<HostReach, { reachable: true }>; parts: HostParts }

type Host<Name extends HostCallName> = Read<HostAnswer<Name>>

export interface HostParts {
  system: Host<'read-system'>
  service: Host<'read-service'>
  registry: Host<'read-registry'>
  /** By path of a provider's library, in the order of the providers. */
  libraries: readonly { path: string; dll: Host<'read-library'> }[]
  connector: Host<'read-installed'>
  runtime: Host<'read-installed'>
  events: Host<'read-events'>
  proxy: Host<'read-proxy'>
  network: Host<'test-connection'>
  /** Host minus this computer, in whole seconds, with where Windows takes its time from. */
  clock: Read<{ seconds: number; source: string | null }>
}

/** One vault that a credential or a key of the server names. */
export interface VaultSide {
  host: string
  /** Null: a managed HSM, or a vault of another subscription: its settings are not to be had here. */
  settings: Read<VaultSettings | null>
  /** Azure minus this computer, in whole seconds. */
  clock: Read<number>
  keys: readonly PlacedKey[]
}

/** Where one key of the server is, as the registry says, and what the vault has there. */
export interface PlacedKey {
  /** Name in master. */
  serverKey: string
  thumbprint: string
  /** KeyUri as it stands there. */
  uri: string
  name: string
  /** Null: the registry names none. */
  version: string | null
  /** Null: the vault has no such key or version. */
  key: Read<VaultKey | null>
  applications: Read<readonly KeyApplication[]>
}

/** An application and what it may do with one key. */
export interface KeyApplication {
  clientId: string
  name: string
  /** Null: it has no service principal here, so that no role can be given to it. */
  objectId: string | null
  enabled: boolean
  /** What gives it the use of the key; empty: nothing does. */
  rights: readonly string[]
  /** Access policies only: what the connector needs and the policy lacks. */
  missing: readonly string[]
  secrets: readonly ApplicationSecret[]
  /** `asked`: done in this reading. `possible`: its secret is kept. `no-secret`: it is not. */
  wrap: { state: 'possible' } | { state: 'no-secret' } | { state: 'asked'; answer: Read<{ version: string }> }
}
