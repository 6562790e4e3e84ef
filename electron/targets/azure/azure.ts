import type { PendingSignIn } from '../../../shared/ipc/schemas.ts'
import type { AzureIdentity, VaultIdentity } from '../../../shared/model/azure.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { AzureConnection, TargetRef, VaultConnection } from '../../../shared/model/target.ts'
import type { AzurePorts } from '../../ports/azure.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { createVaults, type VaultsOwner } from '../keyvault/vaults.ts'
import { vaultTestOf } from '../keyvault/test.ts'
import { createStorages } from '../storage/storages.ts'
import { storageAccountsOf } from './control-storage.ts'
import { createControls } from './controls.ts'
import { createDirectories } from './directories.ts'
import { silenceAzureLogs, type AzureMeans } from './means.ts'
import { azureRef, createSignIns, type SignIns } from './sign-ins.ts'
import { azureTestOf, type TestAnswer } from './test.ts'

export interface AzureDeps {
  /** Read at each use, so that an edited one is seen. `not-found`: none of that id and kind. */
  connectionOf(id: TargetId): AzureConnection
  vaultOf(id: TargetId): VaultConnection
  secretOf(connection: AzureConnection): Promise<SecretBytes>
  /** How Azure is reached now: settings can change, and a rehearsal's simulator has its own port. */
  means(): AzureMeans
  rememberIdentity(id: TargetId, identity: AzureIdentity | VaultIdentity): Promise<void> | void
  /** After `signIns` changed. */
  changed(): void
  clock: Clock
}

/** All that is opened of Azure, and what its owner does at lock, edit and exit. */
export interface AzureOwner extends AzurePorts {
  readonly vaults: VaultsOwner
  /** Codes that wait for a person. */
  pendingSignIns(): PendingSignIn[]
  /** `inUse`: a run works with it. Its sign-in then stays, so that the test takes nothing away from the run. */
  test(connection: AzureConnection | VaultConnection, given: { inUse: boolean }): Promise<TestAnswer>
  /** Opens the target, which keeps its identity the first time. */
  connect(target: TargetRef): Promise<void>
  /** Ends what is open of this target; of an Azure one also the vaults that use its sign-in. */
  drop(id: TargetId): void
  closeAll(): void
}

export const createAzure = (deps: AzureDeps): AzureOwner => {
  silenceAzureLogs()
  const { clock, rememberIdentity } = deps
  const pending = new Map<TargetId, PendingSignIn>()
  const signIns: SignIns = createSignIns({
    connectionOf: deps.connectionOf,
    secretOf: deps.secretOf,
    means: deps.means,
    clock,
    showCode: ({ id, name }, code) => {
      if (code === null) pending.delete(id)
      else pending.set(id, { target: id, name, ...code })
      deps.changed()
    },
  })
  const azureOf = (id: TargetId): TargetRef => azureRef(deps.connectionOf(id))
  const controls = createControls({ signIns, rememberIdentity })
  const directories = createDirectories(signIns)
  const storage = createStorages({ signIns, accountsOf: storageAccountsOf })
  const vaults = createVaults({
    signIns,
    controls,
    connectionOf: deps.vaultOf,
    azureOf,
    rememberIdentity,
    clock,
  })
  const testAzure = azureTestOf({ signIns, controls, directories, clock })
  const testVault = vaultTestOf({ signIns, controls, vaults, azureOf, clock })
  return {
    controls,
    directories,
    vaults,
    storage,
    pendingSignIns: () => [...pending.values()],
    test: (connection, { inUse }) => {
      // A test is a new sign-in: what was revoked or changed meanwhile shows.
      if (connection.kind === 'keyvault') {
        vaults.drop(connection.id)
        return testVault(connection)
      }
      if (!inUse) signIns.drop(connection.id)
      return testAzure(connection)
    },
    connect: async (target) => {
      if (target.kind === 'keyvault') await vaults.open(target)
      else await controls.open(target)
    },
    drop: (id) => {
      vaults.drop(id)
      signIns.drop(id)
    },
    closeAll: () => {
      vaults.closeAll()
      signIns.closeAll()
    },
  }
}
