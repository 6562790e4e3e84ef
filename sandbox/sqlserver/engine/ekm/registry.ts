import type { RegistryKeyRecord } from '../../state/ekm-model.ts'
import type { Store } from '../../state/store.ts'

/** The one part of the Windows registry that is simulated: what the connector keeps, and what must be there before. */
export const PROVIDER_KEY = 'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider'
const MAPPINGS = `${PROVIDER_KEY}\\Azure Key Vault`

const idOf = (path: string): string => path.toLowerCase()

export const registryKey = (store: Store, path: string): RegistryKeyRecord | undefined =>
  store.registryKeys.get(idOf(path))

/** Whether `account` has Full Control of the connector's key. */
export const mayWriteMappings = (store: Store, account: string): boolean =>
  (registryKey(store, PROVIDER_KEY)?.fullControl ?? []).some(
    (each) => each.toLowerCase() === account.toLowerCase(),
  )

/** What an administrator does in the registry editor: makes the key where it is missing. Call it inside a change. */
export function grantKey(store: Store, path: string, account: string): void {
  const there = registryKey(store, path)
  const before = there?.fullControl ?? []
  const known = before.some((each) => each.toLowerCase() === account.toLowerCase())
  store.registryKeys.put({
    id: idOf(path),
    path: there?.path ?? path,
    values: there?.values ?? {},
    fullControl: known ? before : [...before, account],
  })
}

/** The key itself first, then what is below it by name, those without values of their own too; empty: it is not there. */
export function keysBelow(store: Store, path: string): string[] {
  const id = idOf(path)
  const found = new Map<string, string>()
  for (const key of store.registryKeys.all()) {
    if (key.id !== id && !key.id.startsWith(`${id}\\`)) continue
    const names = key.path.split('\\')
    for (let i = path.split('\\').length; i <= names.length; i += 1) {
      const each = names.slice(0, i).join('\\')
      found.set(idOf(each), each)
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
}

/** The key with everything below it. Call it inside a change. */
export function deleteRegistryTree(store: Store, path: string): void {
  const id = idOf(path)
  for (const key of store.registryKeys.all())
    if (key.id === id || key.id.startsWith(`${id}\\`)) store.registryKeys.delete(key.id)
}

const mappingPath = (vault: string, thumbprint: string): string => `${MAPPINGS}\\${vault}\\${thumbprint}`

/** `vault` as a URL without a slash at its end. */
export const mappedKeyUri = (store: Store, vault: string, thumbprint: string): string | undefined =>
  registryKey(store, mappingPath(vault, thumbprint))?.values['KeyUri']

export function writeMapping(store: Store, vault: string, thumbprint: string, keyUri: string): void {
  const path = mappingPath(vault, thumbprint)
  if (registryKey(store, path)?.values['KeyUri'] === keyUri) return
  store.change(undefined, () =>
    store.registryKeys.put({ id: idOf(path), path, values: { KeyUri: keyUri }, fullControl: [] }),
  )
}
