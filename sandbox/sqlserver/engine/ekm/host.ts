import type { Instance } from '../instance.ts'
import { CONNECTOR_FOLDER, CONNECTOR_PATH, libraryBytes } from './library.ts'
import type { ConnectorLibrary } from './library.ts'
import { PROVIDER_KEY, deleteRegistryTree, grantKey } from './registry.ts'

/** What an administrator does at the machine: the setup of the connector, over one that is there. null takes it away. */
export function installConnector({ disk }: Instance, library: ConnectorLibrary | null): void {
  disk.makeFolder(CONNECTOR_FOLDER)
  const there = disk.resolve(CONNECTOR_PATH, CONNECTOR_FOLDER)
  if (there.exists) disk.remove(there)
  if (library !== null) disk.createFile(CONNECTOR_PATH, CONNECTOR_FOLDER, libraryBytes(library))
}

/** The registry key of the connector: made with Full Control for the service account, or gone with all mappings. Counts from the next start. */
export function prepareRegistry({ store, serviceAccount }: Instance, present: boolean): void {
  store.change(undefined, () => {
    if (present) grantKey(store, PROVIDER_KEY, serviceAccount)
    else deleteRegistryTree(store, PROVIDER_KEY)
  })
}

/** One key of the registry with all below it, as a person deletes it in the editor. */
export function deleteRegistryKey({ store }: Instance, path: string): void {
  store.change(undefined, () => deleteRegistryTree(store, path))
}
