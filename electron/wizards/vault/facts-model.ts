import type { DirectoryApplication } from '../../ports/directory.ts'
import type { ManagedHsmState, VaultNameAnswer, VaultSettings } from '../../ports/azure-control.ts'
import type {
  ApplicationFacts,
  AssignmentsAt,
  AzureFacts,
  KeyFacts,
  RightsAt,
  VaultFacts,
} from '../azure/facts-model.ts'
import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'
import type { LocalKeyFiles } from '../sqlserver/read-local-files.ts'

/** What this job needs to know besides the facts of its subscription. Null: the answers do not name it yet. */
export interface Facts extends AzureFacts {
  /** The chosen key vault that is there; its details are in `vault`. */
  chosenVault: VaultSettings | null
  chosenHsm: ManagedHsmState | null
  vault: VaultFacts | null
  /** Whether the typed name is free. */
  nameFree: Read<VaultNameAnswer> | null
  /** The operator's own: at the vault, the group, or the subscription, whichever is there. */
  rights: RightsAt | null
  /** At the subscription; only where a group is to be made. */
  subscriptionRights: RightsAt | null
  applications: Read<readonly DirectoryApplication[]>
  application: Read<ApplicationFacts | null> | null
  /** What the application may do at the key already. */
  given: AssignmentsAt | null
  /** The key that is to be used, or the name that a new one is to have. */
  key: Read<KeyFacts> | null
  /** The picked folder with the file of a key to import; null: none is picked. */
  importFiles: Read<LocalKeyFiles> | null
  secrets: SecretFacts
  /** Label of the folder that gets the key's backup; null: none chosen, or not known any more. */
  backupLabel: string | null
}
