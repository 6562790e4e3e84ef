import type { CallText } from './calls.ts'
import { literal, ps, type PowerShell } from './fragment.ts'

const connectorName = 'SQL Server Connector for Microsoft Azure Key Vault*'
const runtimeNames = 'Microsoft Visual C++ 20*'

/** 1605: the product is not installed, which is what an uninstall is for. */
const wellEnded = { '/i': ps`0, 3010, 1641`, '/x': ps`0, 1605, 3010, 1641` } as const

/** Interactive: the setup's own pages. Silent: the generic switches of msiexec; the setup's own are not documented. */
const msiexec = (
  what: '/i' | '/x',
  subject: PowerShell,
  mode: 'interactive' | 'silent',
): PowerShell => ps`$subject = ${subject}
  $switches = @(${literal(what)}, ('"' + $subject + '"'))${mode === 'silent' ? ps` + @('/qn', '/norestart')` : ps` + @('/norestart')`}
  $setup = Start-Process -FilePath (Join-Path $env:SystemRoot 'System32\msiexec.exe') -ArgumentList $switches -Wait -PassThru
  if ($setup.ExitCode -notin ${wellEnded[what]}) { throw ('msiexec ended with ' + $setup.ExitCode) }
  $answer = [ordered]@{ exitCode = [int]$setup.ExitCode; restartNeeded = ($setup.ExitCode -in 3010, 1641) }`

export const packageCalls: {
  readonly [
    Name in 'read-library' | 'read-installed' | 'install-package' | 'uninstall-package'
  ]: CallText<Name>
} = {
  'read-library': ({ path }) => ps`$file = ${literal(path)}
  $answer = $null
  if (Test-Path -LiteralPath $file -PathType Leaf) {
    $about = [System.Diagnostics.FileVersionInfo]::GetVersionInfo($file)
    $signature = Get-AuthenticodeSignature -LiteralPath $file
    $signer = $signature.SignerCertificate
    $answer = [ordered]@{
      path = $file
      version = (@($about.FileMajorPart, $about.FileMinorPart, $about.FileBuildPart, $about.FilePrivatePart) -join '.')
      company = [string]$about.CompanyName
      sha256 = [string](Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash
      signature = [ordered]@{
        state = $(switch ([string]$signature.Status) { 'Valid' { 'valid' } 'NotSigned' { 'not-signed' } 'HashMismatch' { 'changed' } 'NotTrusted' { 'not-trusted' } default { 'not-known' } })
        signer = $(if ($null -eq $signer) { $null } else { [string]$signer.Subject })
        thumbprint = $(if ($null -eq $signer) { $null } else { [string]$signer.Thumbprint })
      }
    }
  }`,
  'read-installed': ({ what }) => ps`$wanted = ${literal(what === 'connector' ? connectorName : runtimeNames)}
  $answer = @(foreach ($view in 'Registry64', 'Registry32') {
    $list = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view).OpenSubKey('SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall')
    if ($null -eq $list) { continue }
    foreach ($entry in $list.GetSubKeyNames()) {
      $one = $list.OpenSubKey($entry)
      if ([string]$one.GetValue('DisplayName') -notlike $wanted) { continue }
      [ordered]@{
        name = [string]$one.GetValue('DisplayName')
        version = [string]$one.GetValue('DisplayVersion')
        publisher = [string]$one.GetValue('Publisher')
        productCode = [string]$entry
        is64Bit = ($view -eq 'Registry64')
      }
    }
  })`,
  'install-package': ({ path, mode }) => msiexec('/i', literal(path), mode),
  'uninstall-package': ({ productCode, mode }) => msiexec('/x', literal(productCode), mode),
}
