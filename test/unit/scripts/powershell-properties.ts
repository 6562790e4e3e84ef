import fc from 'fast-check'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { providerKey, type HostCall } from '../../../shared/model/host-calls.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { hostScript } from '../../../electron/scripts/powershell/script.ts'
import { readPowerShell } from './powershell-reader.ts'

/** Text as attackers of a shell write it: quotes of every kind that PowerShell knows, variables, ends of strings and lines. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc
    .array(
      fc.constantFrom(
        ...["'", "''", '\u2018', '\u2019', '\u201A', '\u201B', '\u201C', '"', '`', '`n', '$', '$(', '${x}'],
        ...[';', '|', '&', '#', '<#', '#>', '@"', "@'", '--%', '\n', '\r', '\0', '\u2028', '\ud800', 'a'],
        ...[' ', '\\', '*', '?', '[', ']', '{', '}', '(', ')', '.reg', '.msi', 'C:\\', '😀', '\u202e'],
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
)

/** Each call that takes a text of a person or of a host, with the text in its place. */
export const callsWith: Readonly<Record<string, (text: string) => HostCall>> = {
  'service name': (text) => ({ call: 'read-service', service: `MSSQL$${text}` }),
  'registry key': (text) => ({ call: 'read-registry', key: `${providerKey}\\${text}` }),
  'export path': (text) => ({ call: 'export-registry', key: providerKey, path: `C:\\${text}.reg` }),
  account: (text) => ({ call: 'create-registry-key', key: providerKey, account: text }),
  'library path': (text) => ({ call: 'read-library', path: `C:\\${text}` }),
  'setup path': (text) => ({ call: 'install-package', path: `\\\\srv\\share\\${text}.msi`, mode: 'silent' }),
  resource: (text) => ({ call: 'add-cluster-checkpoint', resource: text, key: providerKey }),
  host: (text) => ({ call: 'test-connection', hosts: [text, 'a.example'] }),
}

const about = { mark: 'a1b2c3d4', computer: 'KTR-SQL01' }
const plain = 'plain0marker'

/**
 * For any text in any place of a call: it is refused by name, or a reader of PowerShell gets exactly that text back, in a
 * script that is the same as for a plain word.
 */
export const powerShellComesBack =
  (callOf: (text: string) => HostCall) =>
  (runs: number): void => {
    const read = (text: string) =>
      readPowerShell(displayScript(hostScript([callOf(text)], { ...about, title: text })))
    const expected = read(plain)
    fc.assert(
      fc.property(hostile, (text) => {
        let got
        try {
          got = read(text)
        } catch (error) {
          if (!(error instanceof KeyturnError) || error.code !== 'answers-incomplete') throw error
          return (error.problem.fields?.length ?? 0) > 0
        }
        return (
          got.rest === expected.rest &&
          got.strings.length === expected.strings.length &&
          got.strings.every((value, at) => value === (expected.strings[at] ?? '').replace(plain, () => text))
        )
      }),
      { numRuns: runs },
    )
  }

export const powerShellProperties: Readonly<Record<string, (runs: number) => void>> = Object.fromEntries(
  Object.entries(callsWith).map(([name, callOf]) => [`PowerShell ${name}`, powerShellComesBack(callOf)]),
)
