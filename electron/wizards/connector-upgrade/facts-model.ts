import type { HostAnswer } from '../../../shared/model/host-calls.ts'
import type { HostReach } from '../../ports/powershell-host.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, ServerFacts } from '../sqlserver/facts-model.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  ekm: EkmFacts
  host: HostSide
  /** Of the databases under keys of the connector, newest first. */
  backups: Read<readonly BackupOnRecord[]>
  /** The server's own time, with which those of its backups are compared. */
  now: Read<string>
  clustered: Read<boolean>
  backupFolder: Read<boolean> | null
  /** Label of the folder for scripts; null: none chosen, or not known any more. */
  scriptFolderLabel: string | null
}

export interface HostSide {
  reach: HostReach
  /** Null: no PowerShell reaches the host. */
  connector: Read<ConnectorThere> | null
}

export interface ConnectorThere {
  dll: HostAnswer<'read-library'>
  installed: HostAnswer<'read-installed'>
}

export interface BackupOnRecord {
  database: string
  kind: 'full' | 'differential' | 'log' | 'other'
  /** Server's own time. */
  finished: string
  device: string
}
