import { columns } from './view.ts'
import type { View } from './view.ts'

/** The simulated servers are in no availability group: the views exist and are empty. */
const empty = (name: string, spec: string): View => ({ name, columns: columns(spec), rows: () => [] })

export const AVAILABILITY_VIEWS: readonly View[] = [
  empty(
    'sys.availability_groups',
    `group_id uniqueidentifier, name sysname, resource_id nvarchar(40), resource_group_id nvarchar(40), failure_condition_level int,
    health_check_timeout int, automated_backup_preference tinyint, automated_backup_preference_desc nvarchar(60), version smallint,
    basic_features bit, dtc_support bit, db_failover bit, is_distributed bit, cluster_type tinyint@14, cluster_type_desc nvarchar(60)@14`,
  ),
  empty(
    'sys.availability_replicas',
    `replica_id uniqueidentifier, group_id uniqueidentifier, replica_metadata_id int, replica_server_name nvarchar(256), owner_sid varbinary(85),
    endpoint_url nvarchar(128), availability_mode tinyint, availability_mode_desc nvarchar(60), failover_mode tinyint, failover_mode_desc nvarchar(60),
    session_timeout int, primary_role_allow_connections tinyint, primary_role_allow_connections_desc nvarchar(60), secondary_role_allow_connections tinyint,
    secondary_role_allow_connections_desc nvarchar(60), create_date datetime, modify_date datetime, backup_priority int, read_only_routing_url nvarchar(256)`,
  ),
  empty(
    'sys.availability_databases_cluster',
    'group_id uniqueidentifier, group_database_id uniqueidentifier, database_name sysname, truncation_lsn decimal(25,0)',
  ),
  empty(
    'sys.dm_hadr_database_replica_states',
    `database_id int, group_id uniqueidentifier, replica_id uniqueidentifier, group_database_id uniqueidentifier, is_local bit,
    is_primary_replica bit, synchronization_state tinyint, synchronization_state_desc nvarchar(60), is_commit_participant bit, synchronization_health tinyint,
    synchronization_health_desc nvarchar(60), database_state tinyint, database_state_desc nvarchar(60), is_suspended bit, suspend_reason tinyint, suspend_reason_desc nvarchar(60)`,
  ),
  empty(
    'sys.dm_hadr_availability_replica_states',
    `replica_id uniqueidentifier, group_id uniqueidentifier, is_local bit, role tinyint, role_desc nvarchar(60), operational_state tinyint,
    operational_state_desc nvarchar(60), connected_state tinyint, connected_state_desc nvarchar(60), recovery_health tinyint, recovery_health_desc nvarchar(60),
    synchronization_health tinyint, synchronization_health_desc nvarchar(60)`,
  ),
]
