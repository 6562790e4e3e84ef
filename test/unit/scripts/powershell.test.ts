import { describe, expect, it } from 'vitest'
import { HostCall, providerKey } from '../../../shared/model/host-calls.ts'
import { displayScript, languageOfText } from '../../../shared/model/script.ts'
import { comment, literal } from '../../../electron/scripts/powershell/fragment.ts'
import { hostScript } from '../../../electron/scripts/powershell/script.ts'
import { fitsCommandLine } from '../../../electron/targets/powershell/process.ts'
import { powerShellProperties } from './powershell-properties.ts'
import { readPowerShell } from './powershell-reader.ts'

const about = { title: 'Prepare the registry', mark: 'a1b2c3d4', computer: 'KTR-SQL01' }
const service = 'MSSQL$INST'
const cluster = { resource: "SQL Server (O'B)", key: providerKey }

/** One of each call. */
const every: HostCall[] = [
  { call: 'read-system' },
  { call: 'read-service', service },
  { call: 'export-registry', key: providerKey, path: 'C:\\Keys\\ekm.reg' },
  { call: 'read-registry', key: providerKey },
  { call: 'create-registry-key', key: providerKey, account: 'NT Service\\MSSQL$INST' },
  { call: 'read-library', path: 'C:\\Program Files\\x\\y.dll' },
  { call: 'read-installed', what: 'connector' },
  { call: 'read-installed', what: 'runtime' },
  { call: 'read-events', source: 'connector', service, since: '2026-11-25T10:00:00Z', most: 20 },
  { call: 'restart-service', service },
  { call: 'stop-service', service },
  { call: 'start-service', service },
  { call: 'list-cluster-resources' },
  { call: 'read-cluster-checkpoints', resource: cluster.resource },
  { call: 'add-cluster-checkpoint', ...cluster },
  { call: 'restart-cluster-resource', resource: cluster.resource },
  { call: 'install-package', path: 'C:\\Setup\\connector.msi', mode: 'interactive' },
  {
    call: 'uninstall-package',
    productCode: '{0D6B4E3A-6F6E-4B3C-8C55-0B1B2C3D4E5F}',
    mode: 'silent',
  },
  { call: 'read-proxy', service },
  { call: 'test-connection', hosts: ['login.microsoftonline.com', 'kv.vault.azure.net'] },
  { call: 'read-clock' },
]

describe('scripts for a Windows host', () => {
  it('every call has a text that a reader of PowerShell takes, and that fits on a command line by itself', () => {
    expect(new Set(every.map(({ call }) => call)).size).toBe(HostCall.options.length)
    for (const call of every) {
      const text = displayScript(hostScript([call], about))
      expect(languageOfText(text)).toBe('powershell')
      expect(fitsCommandLine(text), call.call).toBe(true)
      const { rest } = readPowerShell(text)
      expect([...rest].filter((mark) => mark === '{').length, call.call).toBe(
        [...rest].filter((mark) => mark === '}').length,
      )
      expect([...rest].filter((mark) => mark === '(').length, call.call).toBe(
        [...rest].filter((mark) => mark === ')').length,
      )
      expect(text).toContain(`# Call 1: ${call.call}`)
      expect(rest).toContain('$answer = ')
    }
  })

  it('doubles every mark that ends a string for PowerShell, and refuses what ends a line', () => {
    expect(literal("O'Brien").powerShell).toBe("'O''Brien'")
    for (const mark of ['\u2018', '\u2019', '\u201A', '\u201B']) {
      expect(literal(`a${mark}; Stop-Service x; ${mark}`).powerShell).toBe(
        `'a${mark}${mark}; Stop-Service x; ${mark}${mark}'`,
      )
    }
    for (const text of ['a\nb', 'a\rb', 'a\0b', 'a\u2028b', 'a\u0085b', '\ud800', 'x'.repeat(4001)]) {
      expect(() => literal(text, 'account')).toThrow('answers-incomplete')
    }
    expect(comment('one\nStop-Service x\u2028y').powerShell).toBe('# one Stop-Service x y')
  })

  it('an export has its name only once it is whole: one that was broken off is written anew', () => {
    const call = { call: 'export-registry', key: providerKey, path: 'C:\\Keys\\ekm.reg' } as const
    const text = displayScript(hostScript([call], about))
    const order = [
      "$file = 'C:\\Keys\\ekm.reg'",
      'if (-not (Test-Path -LiteralPath $file)) {',
      "$part = $file + '.part.reg'",
      "'export' ('HKLM\\' + $key) $part '/y' '/reg:64'",
      'if ($LASTEXITCODE -ne 0) { throw',
      '[System.IO.File]::Move($part, $file)',
      'Get-Item -LiteralPath $file',
    ].map((piece) => text.indexOf(piece))
    expect(order).not.toContain(-1)
    expect(order).toEqual(order.toSorted((one, other) => one - other))
    expect(text.match(/'export'/g)).toHaveLength(1)
  })

  it('runs on the computer of the plan only, in a 64-bit PowerShell, and leaves its result beside a saved file', () => {
    const text = displayScript(hostScript([{ call: 'read-clock' }], about))
    expect(text).toMatch(/if \(\$env:COMPUTERNAME -ne 'KTR-SQL01'\) \{ throw /)
    expect(text).toContain('Is64BitProcess')
    expect(text).toContain("'.result.json'")
    expect(text).not.toMatch(/Invoke-Expression|iex |"\$/)
  })

  it('a call that its schema does not take is refused by the field', () => {
    const bad: [HostCall, string][] = [
      [{ call: 'read-service', service: 'W32Time' }, 'service'],
      [{ call: 'read-registry', key: 'SYSTEM\\CurrentControlSet' }, 'key'],
      [{ call: 'read-registry', key: `${providerKey}x` }, 'key'],
      [{ call: 'export-registry', key: providerKey, path: 'C:\\Windows\\win.ini' }, 'path'],
      [{ call: 'install-package', path: 'C:\\x.exe', mode: 'silent' }, 'path'],
      [{ call: 'read-library', path: 'y.dll' }, 'path'],
    ]
    for (const [call, field] of bad) {
      try {
        hostScript([call], about)
        expect.unreachable(call.call)
      } catch (error) {
        expect(error).toMatchObject({ code: 'answers-incomplete', problem: { fields: [{ field }] } })
      }
    }
  })

  for (const [name, run] of Object.entries(powerShellProperties)) {
    it(`${name}: any text comes back as it was, or is refused`, () => run(150))
  }
})
