import type { TargetRef } from '../../shared/model/target.ts'
import type { AzurePorts } from '../ports/azure.ts'

/**
 * Hosts of the key vaults and active managed HSMs of a subscription, without those that are connections of their own
 * (`own`, lower case): these are read as such, or say why not. None of them is opened for that. Permission: `Microsoft.KeyVault/vaults/read` and `managedHSMs/read`.
 */
export const vaultsOf = async (
  azure: AzurePorts,
  subscription: TargetRef,
  own: ReadonlySet<string>,
): Promise<string[]> => {
  const control = await azure.controls.open(subscription)
  const [vaults, hsms] = await Promise.all([control.vaults(), control.managedHsms()])
  return [...vaults, ...hsms.filter(({ activation }) => activation === 'active')]
    .map(({ host }) => host.toLowerCase())
    .filter((host) => !own.has(host))
}
