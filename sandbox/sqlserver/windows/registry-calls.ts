import { createHash } from 'node:crypto'
import type { HostAnswer } from '../../../shared/model/host-calls.ts'
import { PROVIDER_KEY, grantKey, keysBelow, registryKey } from '../engine/ekm/registry.ts'
import type { Instance } from '../engine/instance.ts'
import { sidOf } from './accounts.ts'

const DEEPEST = 4
const MOST = 1000
const LONGEST_EXPORT = 16 * 2 ** 20
const HIVE = 'HKEY_LOCAL_MACHINE'

type Access = HostAnswer<'create-registry-key'>['access']

/** What every key below HKLM\SOFTWARE\Microsoft inherits. */
const INHERITED: readonly [string, string][] = [
  ['BUILTIN\\Administrators', 'FullControl'],
  ['NT AUTHORITY\\SYSTEM', 'FullControl'],
  ['CREATOR OWNER', 'FullControl'],
  ['BUILTIN\\Users', 'ReadKey'],
]

/** Accounts with Full Control that somebody granted, on the key or above it. */
function granted({ store }: Instance, key: string): { account: string; inherited: boolean }[] {
  const id = key.toLowerCase()
  return store.registryKeys
    .all()
    .filter((one) => id === one.id || id.startsWith(`${one.id}\\`))
    .flatMap((one) => one.fullControl.map((account) => ({ account, inherited: one.id !== id })))
}

const accessOf = (instance: Instance, key: string): Access => [
  ...granted(instance, key).map(({ account, inherited }) => ({
    account,
    sid: sidOf(account),
    rights: 'FullControl',
    kind: 'Allow' as const,
    inherited,
  })),
  ...INHERITED.map(([account, rights]) => ({
    account,
    sid: sidOf(account),
    rights,
    kind: 'Allow' as const,
    inherited: true,
  })),
]

export function readRegistryKey(instance: Instance, key: string): HostAnswer<'read-registry'> {
  const keys = keysBelow(instance.store, key)
  if (keys.length === 0) return null
  const depth = key.split('\\').length
  return {
    access: accessOf(instance, key),
    keys: keys
      .filter((path) => path.split('\\').length - depth <= DEEPEST)
      .slice(0, MOST)
      .map((path) => ({
        key: path,
        values: Object.entries(registryKey(instance.store, path)?.values ?? {}).map(([name, data]) => ({
          name,
          data,
        })),
      })),
  }
}

/** Counts for the service from its next start. */
export function createRegistryKey(
  instance: Instance,
  key: string,
  account: string,
): HostAnswer<'create-registry-key'> {
  const created = keysBelow(instance.store, key).length === 0
  // The key as it is written elsewhere: names are compared without case.
  const path = key.toLowerCase().startsWith(PROVIDER_KEY.toLowerCase())
    ? `${PROVIDER_KEY}${key.slice(PROVIDER_KEY.length)}`
    : key
  instance.store.change(undefined, () => grantKey(instance.store, path, account))
  return { created, access: accessOf(instance, key) }
}

/**
 * As regedit writes it: UTF-16 with a mark, one section for each key. A file that is there stays as it is, and is what the
 * answer tells about. Throws OsError where the file can't be made.
 */
export function exportRegistry(instance: Instance, key: string, path: string): HostAnswer<'export-registry'> {
  const keys = keysBelow(instance.store, key)
  if (keys.length === 0) return null
  if (instance.disk.kindOf(path) === 'file') return fileFacts(instance, path)
  const lines = keys.flatMap((each) => [
    '',
    `[${HIVE}\\${each}]`,
    ...Object.entries(registryKey(instance.store, each)?.values ?? {}).map(
      ([name, data]) => `${quoted(name)}=${quoted(data)}`,
    ),
  ])
  const text = ['\uFEFFWindows Registry Editor Version 5.00', ...lines, '', ''].join('\r\n')
  instance.disk.placeFile(path, Buffer.from(text, 'utf16le'))
  return fileFacts(instance, path)
}

function fileFacts({ disk }: Instance, path: string): HostAnswer<'export-registry'> {
  const bytes = disk.readFile(path, 'C:\\', LONGEST_EXPORT)
  return {
    path,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex').toUpperCase(),
  }
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
