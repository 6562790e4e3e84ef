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

/** What an administrator does in the registry editor. Call it inside a change. */
export function grantProviderKey(store: Store, account: string): void {
  const there = registryKey(store, PROVIDER_KEY)
  store.registryKeys.put({
    id: idOf(PROVIDER_KEY),
    path: PROVIDER_KEY,
    values: there?.values ?? {},
    fullControl: [...new Set([...(there?.fullControl ?? []), account])],
  })
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
