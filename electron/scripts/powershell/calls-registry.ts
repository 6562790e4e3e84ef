import type { CallText } from './calls.ts'
import { literal, ps } from './fragment.ts'

/** The connector's part of the registry, by .NET's own keys: no wildcard has a meaning there, and the view is the 64-bit one. */
export const registryCalls: {
  readonly [Name in 'export-registry' | 'read-registry' | 'create-registry-key']: CallText<Name>
} = {
  'export-registry': ({ key, path }) => ps`$key = ${literal(key)}
  $file = ${literal(path)}
  $answer = $null
  if ($null -ne $machine.OpenSubKey($key)) {
    if (-not (Test-Path -LiteralPath $file)) {
      $part = $file + '.part.reg'
      & (Join-Path $env:SystemRoot 'System32\reg.exe') 'export' ('HKLM\' + $key) $part '/y' '/reg:64' | Out-Null
      if ($LASTEXITCODE -ne 0) { throw ('reg.exe ended with ' + $LASTEXITCODE) }
      [System.IO.File]::Move($part, $file)
    }
    $answer = [ordered]@{
      path = $file
      bytes = [long](Get-Item -LiteralPath $file).Length
      sha256 = [string](Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash
    }
  }`,
  'read-registry': ({ key }) => ps`$answer = $null
  $key = ${literal(key)}
  if ($null -ne $machine.OpenSubKey($key)) {
    $answer = [ordered]@{ access = @(Get-KeyAccess $key); keys = @(Get-KeyTree $key 4) }
  }`,
  'create-registry-key': ({ key, account }) => ps`$key = ${literal(key)}
  $sid = Get-AccountSid ${literal(account)}
  if ($null -eq $sid) { throw (New-Object System.Management.Automation.ItemNotFoundException 'keyturn: Windows does not know the account') }
  $created = ($null -eq $machine.OpenSubKey($key))
  if ($created) { $machine.CreateSubKey($key).Close() }
  $opened = $machine.OpenSubKey($key, 'ReadWriteSubTree', 'ReadKey, ReadPermissions, ChangePermissions')
  $access = $opened.GetAccessControl('Access')
  $who = New-Object System.Security.Principal.SecurityIdentifier $sid
  $access.AddAccessRule((New-Object System.Security.AccessControl.RegistryAccessRule($who, 'FullControl', 'ContainerInherit', 'None', 'Allow')))
  $opened.SetAccessControl($access)
  $opened.Close()
  $answer = [ordered]@{ created = $created; access = @(Get-KeyAccess $key) }`,
}
