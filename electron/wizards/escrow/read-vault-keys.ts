import type { Answers } from '../../../shared/forms/form.ts'
import { keyNameProblem, type AzureIdentity } from '../../../shared/model/azure.ts'
import type {
  AzureControl,
  ManagedHsmState,
  OwnPermissions,
  VaultSettings,
} from '../../ports/azure-control.ts'
import type { KeyVault, VaultKey, VaultKeyFacts } from '../../ports/key-vault.ts'
import type { AzureFacts } from '../azure/facts-model.ts'
import type { AzurePart } from '../azure/read-azure.ts'
import { backupOpensIn, sameId } from '../azure/words.ts'
import type { Read } from '../sqlserver/facts-model.ts'

/** A key of the vault with all its versions. */
export interface VaultKeyChoice {
  name: string
  key: VaultKey
  /** Oldest first. */
  versions: readonly VaultKeyFacts[]
}

/** The vault whose keys go into a package. */
export interface VaultSide {
  host: string
  name: string
  region: string
  /** Azure’s word for where a backup of it can be restored; null: not said, or a managed HSM, where it does not count. */
  geography: string | null
  settings: VaultSettings | null
  hsm: ManagedHsmState | null
  /** Of the sign-in, where roles give them; null: policies, or a managed HSM. */
  rights: Read<OwnPermissions> | null
  keys: Read<readonly VaultKeyFacts[]>
  /** Of the chosen names, those that are there, in their order. */
  chosen: Read<readonly VaultKeyChoice[]>
}

interface Openers {
  control: AzureControl
  openVault(host: string): Promise<KeyVault>
}

/** Null: no vault is chosen, or the subscription shows none of that host. */
export const readVaultSide = async (
  answers: Answers,
  { vaults, managedHsms, regions }: AzureFacts,
  { control, openVault }: Openers,
  part: AzurePart,
): Promise<VaultSide | null> => {
  const host = answers['vault']
  if (typeof host !== 'string' || host === '') return null
  const settings = (vaults.read ? vaults.value.find((one) => sameId(one.host, host)) : undefined) ?? null
  const hsm = (managedHsms.read ? managedHsms.value.find((one) => sameId(one.host, host)) : undefined) ?? null
  const found = settings ?? hsm
  if (found === null) return null
  const { name, region } = found
  const lent = <Value>(what: string, work: (vault: KeyVault) => Promise<Value>): Promise<Read<Value>> =>
    part(what, async () => {
      const vault = await openVault(host)
      return work(vault).finally(() => vault.close())
    })
  const regionFacts = regions.read
    ? regions.value.find((one) => sameId(one.name, region.replaceAll(' ', '')))
    : undefined
  return {
    host: host.toLowerCase(),
    name,
    region,
    geography: settings === null ? null : (regionFacts?.geography ?? null),
    settings,
    hsm,
    rights:
      settings?.rights === 'roles'
        ? await part(`permissions at ${name}`, () => control.ownPermissions(settings.id))
        : null,
    keys: await lent(`keys of ${name}`, (vault) => vault.keys()),
    chosen: await lent(`versions of keys of ${name}`, (vault) => readChosen(vault, answers['vaultKeys'])),
  }
}

const readChosen = async (
  vault: KeyVault,
  wanted: Answers[string] | undefined,
): Promise<VaultKeyChoice[]> => {
  const names = Array.isArray(wanted) ? wanted.filter((name) => keyNameProblem(name, 127) === null) : []
  const found: VaultKeyChoice[] = []
  for (const name of names) {
    const key = await vault.key(name)
    if (key !== null) found.push({ name, key, versions: await vault.versions(name) })
  }
  return found
}

/** Where a backup of a key of this vault can be restored, with what Azure told of it. */
export const restoresIn = (
  { subscriptionId }: Pick<AzureIdentity, 'subscriptionId'>,
  { settings, geography, region }: VaultSide,
): string =>
  settings === null
    ? backupOpensIn('managed-hsm')
    : `a vault of subscription ${subscriptionId} and ${
        geography === null ? `the geography of ${region} (its name was not read)` : `geography ${geography}`
      }`
