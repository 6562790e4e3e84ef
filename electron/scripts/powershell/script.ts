import { KeyturnError } from '../../../shared/errors/problem.ts'
import { HostCall } from '../../../shared/model/host-calls.ts'
import { hostScriptStart, type Script } from '../../../shared/model/script.ts'
import { callText } from './calls.ts'
import { comment, lines, literal, ps, type PowerShell } from './fragment.ts'

/** Begins the one line of output that holds the replies. */
export const repliesMark = '@@keyturn-replies '

/** Ending of the file in which a saved script leaves what it read, beside itself. */
export const resultEnding = '.result.json'

export interface HostScriptAbout {
  title: string
  /** The run's mark. */
  mark: string
  /** Name of the computer that it belongs on; on any other it stops. Null: any. */
  computer: string | null
}

/**
 * Calls as one script for Windows PowerShell: what a person reads and may run, and, letter by letter, what Keyturn runs.
 * Calls are checked again here; values stand in it as single-quoted strings only. A call that is refused ends it. Output is
 * JSON in plain ASCII; a script that was saved leaves it in a file beside itself as well. Throws `answers-incomplete`.
 */
export const hostScript = (
  calls: readonly HostCall[],
  { title, mark, computer }: HostScriptAbout,
): Script => ({
  language: 'powershell',
  parts: [
    lines([
      ps`${{ powerShell: hostScriptStart }}`,
      comment(title),
      comment(`Made by Keyturn, run mark ${mark}. Run it in Windows PowerShell, as an administrator.`),
      head(mark, computer),
      ...calls.map((call, index) => block(checked(call), index + 1)),
      tail,
    ]).powerShell,
  ],
})

/** Values come from answers and from the host: what a call can't hold is refused by name. */
const checked = (call: HostCall): HostCall => {
  const read = HostCall.safeParse(call)
  if (read.success) return read.data
  const fields = read.error.issues.map(({ path, message }) => ({
    field: String(path.at(-1) ?? call.call),
    message: `A script for the Windows host can’t hold this: ${message}`,
  }))
  throw new KeyturnError('answers-incomplete', { count: fields.length }, { fields })
}

const block = (call: HostCall, number: number): PowerShell => ps`
${comment(`Call ${number}: ${call.call}`)}
if ($goOn) { try {
  ${callText(call)}
  [void]$replies.Add([ordered]@{ ok = $true; answer = $answer })
} catch { [void]$replies.Add((Get-Refusal $_)); $goOn = $false } }`

const rightComputer = (computer: string | null): PowerShell =>
  computer === null
    ? ps`$goOn = $true`
    : ps`if ($env:COMPUTERNAME -ne ${literal(computer)}) { throw 'This is not the computer of the plan. Nothing was run' }
$goOn = $true`

const head = (mark: string, computer: string | null): PowerShell => ps`$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
if (-not [Environment]::Is64BitProcess) { throw 'A 64-bit PowerShell is needed: a 32-bit one sees another part of the registry' }
${rightComputer(computer)}
$mark = ${literal(mark)}
$replies = New-Object System.Collections.ArrayList
$machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
function Format-Time($time) { ([DateTime]$time).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture) }
function Limit-Text($text) { $whole = [string]$text; if ($whole.Length -gt 4000) { $whole.Substring(0, 4000) } else { $whole } }
function Get-AccountSid($account) {
  $name = [string]$account
  if ($name -eq 'LocalSystem') { return 'S-1-5-18' }
  if ($name.StartsWith('.\')) { $name = $env:COMPUTERNAME + $name.Substring(1) }
  try { (New-Object System.Security.Principal.NTAccount $name).Translate([System.Security.Principal.SecurityIdentifier]).Value } catch { $null }
}
function Get-KeyAccess($key) {
  $rules = $machine.OpenSubKey($key).GetAccessControl('Access').GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier])
  foreach ($rule in $rules) {
    $sid = $rule.IdentityReference.Value
    $name = $sid
    try { $name = $rule.IdentityReference.Translate([System.Security.Principal.NTAccount]).Value } catch { $name = $sid }
    [ordered]@{ account = $name; sid = $sid; rights = [string]$rule.RegistryRights; kind = [string]$rule.AccessControlType; inherited = [bool]$rule.IsInherited }
  }
}
function Get-KeyTree($key, $levels) {
  $opened = $machine.OpenSubKey($key)
  $values = @(foreach ($name in $opened.GetValueNames()) { [ordered]@{ name = $name; data = Limit-Text $opened.GetValue($name) } })
  [ordered]@{ key = $key; values = $values }
  if ($levels -gt 0) { foreach ($name in $opened.GetSubKeyNames()) { Get-KeyTree ($key + '\' + $name) ($levels - 1) } }
}
function Get-Refusal($failure) {
  $why = 'failed'
  for ($one = $failure.Exception; $null -ne $one; $one = $one.InnerException) {
    if ($one -is [UnauthorizedAccessException] -or $one -is [System.Security.SecurityException]) { $why = 'access-denied' }
    elseif ($one -is [System.ComponentModel.Win32Exception] -and $one.NativeErrorCode -eq 5) { $why = 'access-denied' }
    elseif ($one -is [System.Management.Automation.CommandNotFoundException]) { $why = 'no-command' }
    elseif ($one -is [System.Management.Automation.ItemNotFoundException] -or $one -is [System.IO.FileNotFoundException]) { $why = 'not-there' }
  }
  [ordered]@{ ok = $false; refusal = $why; message = Limit-Text $failure.Exception.Message }
}`

const tail: PowerShell = ps`
$result = [ordered]@{ keyturn = 1; run = $mark; computer = [string]$env:COMPUTERNAME; at = Format-Time ([DateTime]::UtcNow); replies = $replies.ToArray() }
$json = ConvertTo-Json -InputObject $result -Depth 8 -Compress
$json = [regex]::Replace($json, '[^\x20-\x7E]', { param($found) '\u{0:x4}' -f [int][char]$found.Value })
Write-Output (${literal(repliesMark)} + $json)
if ($PSCommandPath) { [System.IO.File]::WriteAllText(($PSCommandPath -replace '\.ps1$', ${literal(resultEnding)}), $json) }`
