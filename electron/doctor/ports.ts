import type { HandleId, TargetId } from '../../shared/model/ids.ts'
import type { SecretPurpose } from '../../shared/model/secrets.ts'
import type { Connection, TargetRef } from '../../shared/model/target.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { AzurePorts } from '../ports/azure.ts'
import type { Clock } from '../ports/clock.ts'
import type { PowerShellHosts } from '../ports/powershell-host.ts'
import type { SqlServer } from '../ports/sql-server.ts'
import type { Problem } from '../../shared/errors/problem.ts'

/** What the doctor asks of, and of whom it may ask. */
export interface DoctorPorts {
  sqlServer(target: TargetRef): Promise<SqlServer>
  azure: AzurePorts
  hosts: PowerShellHosts
  clock: Clock
  /** The person's connections: through which subscription or vault a key can be looked at. */
  connections(): readonly Connection[]
  /** Whether opening it makes a person enter a code somewhere. */
  signsInByCode(target: TargetId): boolean
  /** Secrets of applications that are kept for an Azure target. */
  secrets: {
    keptFor(target: TargetId, purpose: SecretPurpose): readonly { id: HandleId }[]
    /** The caller wipes it. */
    open(id: HandleId, binding: { purpose: SecretPurpose; target: TargetId }): Promise<SecretBytes>
  }
  /** A wrap was asked for, however it ended: for the record. */
  wrapAsked(about: { application: string; key: string; vault: string; problem: Problem | null }): void
}

export interface DoctorWish {
  target: TargetRef
  /** Application (client) id; null: those with a right on a key are looked for. */
  application: string | null
  /** Whether vaults are to wrap and unwrap, which leaves two lines in their logs. */
  wrap: boolean
  /** Whether a sign-in that waits for a code may begin: a person asked, and does not only open the page. */
  again: boolean
}
