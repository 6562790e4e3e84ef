import type { AzureControls } from './azure-control.ts'
import type { Directories } from './directory.ts'
import type { KeyVaults } from './key-vault.ts'
import type { Storages } from './storage.ts'

/** All of Azure that a job reaches. Each opens by target, checks who answers, and closes on lock and at exit. */
export interface AzurePorts {
  readonly controls: AzureControls
  readonly directories: Directories
  readonly vaults: KeyVaults
  readonly storage: Storages
}
