import type { HostCall } from '../../../shared/model/host-calls.ts'
import { clusterCalls } from './calls-cluster.ts'
import { ps, literal, literals, whole, type PowerShell } from './fragment.ts'
import { packageCalls } from './calls-packages.ts'
import { registryCalls } from './calls-registry.ts'

export type CallText<Name extends HostCall['call']> = (call: Extract<HostCall, { call: Name }>) => PowerShell

/**
 * Each call as the lines that carry it out in a Windows PowerShell 5.1 and put the answer into `$answer`. Not run against
 * a real Windows yet; cmdlets and classes are those of Microsoft's documentation.
 */
const texts: { readonly [Name in HostCall['call']]: CallText<Name> } = {
  'read-system': () => ps`$answer = [ordered]@{
    computer = [string]$env:COMPUTERNAME
    windows = [string](Get-CimInstance -ClassName Win32_OperatingSystem).Version
    powerShell = [string]$PSVersionTable.PSVersion
    is64Bit = [Environment]::Is64BitProcess
    administrator = (New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
  }`,
  'read-service': ({ service }) => ps`$name = ${literal(service)}
  $found = Get-CimInstance -ClassName Win32_Service | Where-Object { $_.Name -eq $name }
  $answer = $null
  if ($null -ne $found) {
    $started = $null
    if ($found.ProcessId -gt 0) {
      $process = Get-CimInstance -ClassName Win32_Process | Where-Object { $_.ProcessId -eq $found.ProcessId }
      if ($null -ne $process) { $started = Format-Time $process.CreationDate }
    }
    $answer = [ordered]@{
      service = [string]$found.Name
      account = [string]$found.StartName
      sid = Get-AccountSid $found.StartName
      state = $(switch ($found.State) { 'Running' { 'running' } 'Stopped' { 'stopped' } default { 'changing' } })
      startedAt = $started
      automatic = ($found.StartMode -eq 'Auto')
    }
  }`,
  ...registryCalls,
  ...packageCalls,
  ...clusterCalls,
  'read-events': ({ source, service, since, most }) => ps`$source = ${literal(
    source === 'connector' ? 'SQL Server Connector for Microsoft Azure Key Vault' : service,
  )}
  $since = [DateTime]::Parse(${literal(since)}, [Globalization.CultureInfo]::InvariantCulture)
  $events = @()
  try {
    $events = @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = $source; StartTime = $since } -MaxEvents ${whole(most)})
  } catch {
    if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw }
  }
  $answer = @($events | ForEach-Object {
    [ordered]@{
      at = Format-Time $_.TimeCreated
      id = [int]$_.Id
      level = $(if ($_.Level -in 1, 2) { 'error' } elseif ($_.Level -eq 3) { 'warning' } else { 'information' })
      source = [string]$_.ProviderName
      message = Limit-Text $_.Message
    }
  })`,
  'restart-service': ({ service }) => ps`$name = ${literal(service)}
  $others = @((Get-Service -Name $name).DependentServices | Where-Object { $_.Status -eq 'Running' } | ForEach-Object { [string]$_.Name })
  Restart-Service -Name $name -Force
  foreach ($other in $others) { if ((Get-Service -Name $other).Status -ne 'Running') { Start-Service -Name $other } }
  $found = Get-CimInstance -ClassName Win32_Service | Where-Object { $_.Name -eq $name }
  $process = Get-CimInstance -ClassName Win32_Process | Where-Object { $_.ProcessId -eq $found.ProcessId }
  $answer = [ordered]@{ startedAt = Format-Time $process.CreationDate; restarted = @(@($name) + $others) }`,
  'stop-service': ({ service }) => ps`$name = ${literal(service)}
  $others = @((Get-Service -Name $name).DependentServices | Where-Object { $_.Status -ne 'Stopped' } | ForEach-Object { [string]$_.Name })
  if ((Get-Service -Name $name).Status -ne 'Stopped') { Stop-Service -Name $name -Force }
  $answer = [ordered]@{ stopped = @(@($name) + $others) }`,
  'start-service': ({ service }) => ps`$name = ${literal(service)}
  if ((Get-Service -Name $name).Status -ne 'Running') { Start-Service -Name $name }
  $found = Get-CimInstance -ClassName Win32_Service | Where-Object { $_.Name -eq $name }
  $process = Get-CimInstance -ClassName Win32_Process | Where-Object { $_.ProcessId -eq $found.ProcessId }
  $answer = [ordered]@{ startedAt = Format-Time $process.CreationDate }`,
  'read-proxy': ({ service }) => ps`$name = ${literal(service)}
  $found = Get-CimInstance -ClassName Win32_Service | Where-Object { $_.Name -eq $name }
  $sid = Get-AccountSid $found.StartName
  $users = [Microsoft.Win32.RegistryKey]::OpenBaseKey('Users', 'Registry64')
  $settings = $users.OpenSubKey($sid + '\Software\Microsoft\Windows\CurrentVersion\Internet Settings')
  $answer = $null
  if ($null -ne $settings) {
    $answer = [ordered]@{
      enabled = ($settings.GetValue('ProxyEnable', 0) -eq 1)
      server = $settings.GetValue('ProxyServer')
      bypass = $settings.GetValue('ProxyOverride')
      script = $settings.GetValue('AutoConfigURL')
    }
  }`,
  'test-connection': ({ hosts }) => ps`$answer = @(${literals(hosts)} | ForEach-Object {
    $name = [string]$_
    $address = $null
    $problem = $null
    $client = New-Object System.Net.Sockets.TcpClient
    try {
      $address = [string]([System.Net.Dns]::GetHostAddresses($name) | Select-Object -First 1)
      if (-not $client.ConnectAsync($name, 443).Wait(5000)) { $problem = 'no answer within 5 seconds' }
    } catch { $problem = Limit-Text $_.Exception.GetBaseException().Message }
    [ordered]@{ host = $name; address = $address; reached = [bool]$client.Connected; problem = $problem }
    $client.Close()
  })`,
  'read-clock': () => ps`$from = $null
  try { $from = Limit-Text ((& (Join-Path $env:SystemRoot 'System32\w32tm.exe') '/query' '/source') -join ' ').Trim() } catch { $from = $null }
  $answer = [ordered]@{ at = Format-Time ([DateTime]::UtcNow); zone = [TimeZoneInfo]::Local.Id; source = $from }`,
}

export const callText = <Name extends HostCall['call']>(
  call: Extract<HostCall, { call: Name }>,
): PowerShell => (texts[call.call as Name] as CallText<Name>)(call)
