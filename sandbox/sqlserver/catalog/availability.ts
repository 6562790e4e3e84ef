import type { GroupFacts, ReplicaFacts } from '../availability/group.ts'
import { bit, columns, date } from './view.ts'
import type { CatalogContext, Row, View } from './view.ts'

/** Metadata views show everything of every group that this server is in; the state views of a secondary only itself. */
const visible = (c: CatalogContext): readonly GroupFacts[] =>
  c.permissions.server(c.login, 'VIEW ANY DEFINITION') ? c.groups : []

const shownReplicas = ({ isPrimary, replicas }: GroupFacts): ReplicaFacts[] =>
  replicas.filter(({ isLocal }) => isPrimary || isLocal)

const isHealthy = ({ databases }: ReplicaFacts): boolean =>
  databases.every(({ suspended }) => suspended === null)

const health = (healthy: boolean): Row => ({
  synchronization_health: healthy ? 2 : 0,
  synchronization_health_desc: healthy ? 'HEALTHY' : 'NOT_HEALTHY',
})

const SUSPEND_REASONS = { USER: [0, 'SUSPEND_FROM_USER'], REDO: [2, 'SUSPEND_FROM_REDO'] } as const

const databaseRow = (
  group: GroupFacts,
  replica: ReplicaFacts,
  { name, databaseId, suspended }: ReplicaFacts['databases'][number],
): Row => {
  const [reason, reasonText] = suspended === null ? [null, null] : SUSPEND_REASONS[suspended]
  return {
    database_id: databaseId,
    group_id: group.groupId,
    replica_id: replica.replicaId,
    group_database_id: group.databases.find((one) => one.name === name)?.groupDatabaseId ?? null,
    is_local: bit(replica.isLocal),
    is_primary_replica: bit(replica.isPrimary),
    synchronization_state: suspended === null ? 2 : 0,
    synchronization_state_desc: suspended === null ? 'SYNCHRONIZED' : 'NOT SYNCHRONIZING',
    is_commit_participant: bit(suspended === null),
    ...health(suspended === null),
    database_state: replica.isLocal ? 0 : null,
    database_state_desc: replica.isLocal ? 'ONLINE' : null,
    is_suspended: bit(suspended !== null),
    suspend_reason: reason,
    suspend_reason_desc: reasonText,
  }
}

export const AVAILABILITY_VIEWS: readonly View[] = [
  {
    name: 'sys.availability_groups',
    columns: columns(
      `group_id uniqueidentifier, name sysname, resource_id nvarchar(40), resource_group_id nvarchar(40), failure_condition_level int,
    health_check_timeout int, automated_backup_preference tinyint, automated_backup_preference_desc nvarchar(60), version smallint,
    basic_features bit, dtc_support bit, db_failover bit, is_distributed bit, cluster_type tinyint@14, cluster_type_desc nvarchar(60)@14`,
    ),
    rows: (c) =>
      visible(c).map(({ name, groupId }) => ({
        group_id: groupId,
        name,
        resource_id: null,
        resource_group_id: null,
        failure_condition_level: 3,
        health_check_timeout: 30000,
        automated_backup_preference: 0,
        automated_backup_preference_desc: 'PRIMARY',
        version: 0,
        basic_features: 0,
        dtc_support: 0,
        db_failover: 0,
        is_distributed: 0,
        cluster_type: 0,
        cluster_type_desc: 'WSFC',
      })),
  },
  {
    name: 'sys.availability_replicas',
    columns: columns(
      `replica_id uniqueidentifier, group_id uniqueidentifier, replica_metadata_id int, replica_server_name nvarchar(256), owner_sid varbinary(85),
    endpoint_url nvarchar(128), availability_mode tinyint, availability_mode_desc nvarchar(60), failover_mode tinyint, failover_mode_desc nvarchar(60),
    session_timeout int, primary_role_allow_connections tinyint, primary_role_allow_connections_desc nvarchar(60), secondary_role_allow_connections tinyint,
    secondary_role_allow_connections_desc nvarchar(60), create_date datetime, modify_date datetime, backup_priority int, read_only_routing_url nvarchar(256)`,
    ),
    rows: (c) =>
      visible(c).flatMap(({ groupId, createdOn, replicas }) =>
        replicas.map(({ name, replicaId }) => ({
          replica_id: replicaId,
          group_id: groupId,
          replica_metadata_id: null,
          replica_server_name: name,
          owner_sid: null,
          endpoint_url: `TCP://${name}:5022`,
          availability_mode: 1,
          availability_mode_desc: 'SYNCHRONOUS_COMMIT',
          failover_mode: 1,
          failover_mode_desc: 'MANUAL',
          session_timeout: 10,
          primary_role_allow_connections: 2,
          primary_role_allow_connections_desc: 'ALL',
          secondary_role_allow_connections: 0,
          secondary_role_allow_connections_desc: 'NO',
          create_date: date(createdOn),
          modify_date: date(createdOn),
          backup_priority: 50,
          read_only_routing_url: null,
        })),
      ),
  },
  {
    name: 'sys.availability_databases_cluster',
    columns: columns(
      'group_id uniqueidentifier, group_database_id uniqueidentifier, database_name sysname, truncation_lsn decimal(25,0)',
    ),
    rows: (c) =>
      visible(c).flatMap(({ groupId, databases }) =>
        databases.map(({ name, groupDatabaseId }) => ({
          group_id: groupId,
          group_database_id: groupDatabaseId,
          database_name: name,
          truncation_lsn: null,
        })),
      ),
  },
  {
    name: 'sys.dm_hadr_database_replica_states',
    requires: 'VIEW SERVER STATE',
    columns: columns(
      `database_id int, group_id uniqueidentifier, replica_id uniqueidentifier, group_database_id uniqueidentifier, is_local bit,
    is_primary_replica bit, synchronization_state tinyint, synchronization_state_desc nvarchar(60), is_commit_participant bit, synchronization_health tinyint,
    synchronization_health_desc nvarchar(60), database_state tinyint, database_state_desc nvarchar(60), is_suspended bit, suspend_reason tinyint, suspend_reason_desc nvarchar(60)`,
    ),
    rows: (c) =>
      c.groups.flatMap((group) =>
        shownReplicas(group).flatMap((replica) =>
          replica.databases.map((database) => databaseRow(group, replica, database)),
        ),
      ),
  },
  {
    name: 'sys.dm_hadr_availability_replica_states',
    requires: 'VIEW SERVER STATE',
    columns: columns(
      `replica_id uniqueidentifier, group_id uniqueidentifier, is_local bit, role tinyint, role_desc nvarchar(60), operational_state tinyint,
    operational_state_desc nvarchar(60), connected_state tinyint, connected_state_desc nvarchar(60), recovery_health tinyint, recovery_health_desc nvarchar(60),
    synchronization_health tinyint, synchronization_health_desc nvarchar(60)`,
    ),
    rows: (c) =>
      c.groups.flatMap((group) =>
        shownReplicas(group).map((replica) => ({
          replica_id: replica.replicaId,
          group_id: group.groupId,
          is_local: bit(replica.isLocal),
          role: replica.isPrimary ? 1 : 2,
          role_desc: replica.isPrimary ? 'PRIMARY' : 'SECONDARY',
          operational_state: replica.isLocal ? 2 : null,
          operational_state_desc: replica.isLocal ? 'ONLINE' : null,
          connected_state: 1,
          connected_state_desc: 'CONNECTED',
          recovery_health: replica.isLocal ? 1 : null,
          recovery_health_desc: replica.isLocal ? 'ONLINE' : null,
          ...health(isHealthy(replica)),
        })),
      ),
  },
]

/** sys.databases: which replica and which database of a group this one is. */
export const replicaOf = (c: CatalogContext, database: string): Row => {
  const same = ({ name }: { name: string }): boolean => name.toLowerCase() === database.toLowerCase()
  const group = c.groups.find(({ databases }) => databases.some(same))
  return {
    replica_id: group?.replicas.find(({ isLocal }) => isLocal)?.replicaId ?? null,
    group_database_id: group?.databases.find(same)?.groupDatabaseId ?? null,
  }
}
