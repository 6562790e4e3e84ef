import type { CallText } from './calls.ts'
import { literal, ps } from './fragment.ts'

/** A failover cluster: its resources are restarted by the cluster, and it carries registry keys from node to node. */
export const clusterCalls: {
  readonly [
    Name in
      | 'list-cluster-resources'
      | 'read-cluster-checkpoints'
      | 'add-cluster-checkpoint'
      | 'restart-cluster-resource'
  ]: CallText<Name>
} = {
  'list-cluster-resources': () => ps`$answer = $null
  if (Get-Command -Name Get-ClusterResource -ErrorAction SilentlyContinue) {
    $answer = @(Get-ClusterResource | ForEach-Object {
      [ordered]@{
        name = [string]$_.Name
        kind = [string]$_.ResourceType
        group = [string]$_.OwnerGroup
        state = [string]$_.State
        owner = [string]$_.OwnerNode
      }
    })
  }`,
  'read-cluster-checkpoints': ({ resource }) => ps`$resource = ${literal(resource)}
  $answer = @(Get-ClusterCheckpoint -ResourceName $resource -RegistryCheckpoint | ForEach-Object { [string]$_.Name })`,
  'add-cluster-checkpoint': ({ resource, key }) => ps`$resource = ${literal(resource)}
  $key = ${literal(key)}
  $there = @(Get-ClusterCheckpoint -ResourceName $resource -RegistryCheckpoint | Where-Object { [string]$_.Name -eq $key }).Count -gt 0
  if (-not $there) { Add-ClusterCheckpoint -ResourceName $resource -RegistryCheckpoint $key | Out-Null }
  $answer = [ordered]@{ added = (-not $there) }`,
  'restart-cluster-resource': ({ resource }) => ps`$resource = ${literal(resource)}
  Stop-ClusterResource -Name $resource | Out-Null
  Start-ClusterResource -Name $resource | Out-Null
  $answer = [ordered]@{ state = [string](Get-ClusterResource -Name $resource).State }`,
}
