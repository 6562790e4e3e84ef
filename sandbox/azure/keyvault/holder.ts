import type { ManagedHsm, Vault } from '../state/model.ts'

/** What keeps keys: a vault or a managed HSM, seen alike. */
export interface Holder {
  kind: 'vault' | 'hsm'
  /** Of its keys: the vault's name, or `hsm:NAME`. */
  id: string
  name: string
  /** `https://NAME.vault.azure.net`, without slash at the end. */
  base: string
  armId: string
  subscription: string
  location: string
  /** RSA-HSM and EC-HSM keys can be made here. */
  hsmKeys: boolean
  softwareKeys: boolean
  retentionDays: number
  purgeProtection: boolean
  vault: Vault | null
  hsm: ManagedHsm | null
}

export const vaultArmId = ({
  subscription,
  group,
  name,
}: Pick<Vault, 'subscription' | 'group' | 'name'>): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`

export const hsmArmId = ({ subscription, group, name }: ManagedHsm): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.KeyVault/managedHSMs/${name}`

export const holderOfVault = (vault: Vault): Holder => ({
  kind: 'vault',
  id: vault.id,
  name: vault.name,
  base: `https://${vault.id}.vault.azure.net`,
  armId: vaultArmId(vault),
  subscription: vault.subscription,
  location: vault.location,
  hsmKeys: vault.sku === 'premium',
  softwareKeys: true,
  retentionDays: vault.retentionDays,
  purgeProtection: vault.purgeProtection,
  vault,
  hsm: null,
})

export const holderOfHsm = (hsm: ManagedHsm): Holder => ({
  kind: 'hsm',
  id: `hsm:${hsm.id}`,
  name: hsm.name,
  base: `https://${hsm.id}.managedhsm.azure.net`,
  armId: hsmArmId(hsm),
  subscription: hsm.subscription,
  location: hsm.location,
  hsmKeys: true,
  softwareKeys: false,
  retentionDays: hsm.retentionDays,
  purgeProtection: hsm.purgeProtection,
  vault: null,
  hsm,
})

export const recoveryLevel = ({ retentionDays, purgeProtection }: Holder): string =>
  `${retentionDays === 90 ? 'Recoverable' : 'CustomizedRecoverable'}${purgeProtection ? '' : '+Purgeable'}`
