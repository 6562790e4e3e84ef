import type { AzurePrincipal } from '../../shared/model/azure.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'

/**
 * Applications and their secrets in an Entra tenant (Microsoft Graph). Every method throws `KeyturnError` only; each
 * can end in `azure-sign-in-*`, `azure-unreachable`, `azure-timeout`, `azure-certificate-not-trusted`,
 * `azure-cancelled`, `azure-answer`, `azure-throttled`, `azure-failed`, `directory-no-permission` and
 * `directory-refused`. Times are ISO 8601, UTC. Least permission: `Application.ReadWrite.OwnedBy` (own applications) or
 * `Application.ReadWrite.All`; to read `Application.Read.All`.
 */
export interface Directory {
  readonly ref: TargetRef
  readonly tenantId: string
  readonly principal: AzurePrincipal
  /** Applications whose display name begins with the text (empty: all), at most 1,000, else `azure-too-much`. */
  applications(nameBegins: string, options?: DirectoryCallOptions): Promise<readonly DirectoryApplication[]>
  /** By application (client) id. Null: not in this tenant, or not visible. */
  application(clientId: string, options?: DirectoryCallOptions): Promise<DirectoryApplication | null>
  /** The application of this run; null: none. For a run that does not know whether its request arrived. */
  markedApplication(mark: string, options?: DirectoryCallOptions): Promise<DirectoryApplication | null>
  /**
   * Repeated, it makes a second one: ask `markedApplication` first. One tenant only, no redirect address, no permission
   * of any API.
   */
  createApplication(
    request: { name: string; mark: string },
    options?: DirectoryCallOptions,
  ): Promise<DirectoryApplication>
  /** With its secrets; it can be restored in the Entra portal for 30 days. Removing what is not there changes nothing. */
  removeApplication(objectId: string, options?: DirectoryCallOptions): Promise<void>
  /** The application's identity in this tenant, which roles are given to. Null: none, or not visible. */
  servicePrincipal(clientId: string, options?: DirectoryCallOptions): Promise<ServicePrincipal | null>
  /** Made for an application that has none. Repeated, it answers with the one that is there. */
  createServicePrincipal(clientId: string, options?: DirectoryCallOptions): Promise<ServicePrincipal>
  /**
   * A new secret, at most 24 months. Its value is given this once and never again: a run that lost it removes the
   * secret by its name (which carries the mark) and makes another.
   */
  addSecret(
    applicationObjectId: string,
    request: { name: string; expires: string },
    options?: DirectoryCallOptions,
  ): Promise<NewApplicationSecret>
  /** Removing what is not there changes nothing. */
  removeSecret(applicationObjectId: string, keyId: string, options?: DirectoryCallOptions): Promise<void>
}

export interface DirectoryCallOptions {
  signal?: AbortSignal
  /** For the whole call with its waits, in milliseconds. Default 60,000. */
  timeoutMs?: number
  onWait?: (wait: { why: 'throttled' | 'service'; ms: number; attempt: number }) => void
}

export interface DirectoryApplication {
  /** Id of the object; what its secrets are added to. */
  objectId: string
  /** Application (client) id; what the credential of SQL Server begins with, without hyphens. */
  clientId: string
  name: string
  /** The run that made it; null: none of ours. */
  mark: string | null
  createdAt: string | null
  secrets: readonly ApplicationSecret[]
}

export interface ApplicationSecret {
  keyId: string
  /** What a person or a run called it; empty: nothing. */
  name: string
  /** First three characters, as Entra shows them. */
  hint: string
  starts: string | null
  expires: string | null
}

export interface NewApplicationSecret extends ApplicationSecret {
  /** The caller wipes it. */
  value: SecretBytes
}

export interface ServicePrincipal {
  /** What role assignments name as principal. */
  objectId: string
  clientId: string
  name: string
  enabled: boolean
}

/** Opens the directory of an Azure target's tenant with its sign-in. */
export interface Directories {
  open(azure: TargetRef, options?: DirectoryCallOptions): Promise<Directory>
}
