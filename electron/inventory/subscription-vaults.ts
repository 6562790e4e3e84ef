import type { TargetRef } from '../../shared/model/target.ts'
import type { AzurePorts } from '../ports/azure.ts'

/**
 * Hosts of the key vaults and active managed HSMs of a subscription. Those that are connections of their own are read
 * as such. Permission: `Microsoft.KeyVault/vaults/read` and `managedHSMs/read`.
 */
export const vaultsOf = async (
  azure: AzurePorts,
  subscription: TargetRef,
  others: readonly TargetRef[],
): Promise<string[]> => {
  const control = await azure.controls.open(subscription)
  const [vaults, hsms] = await Promise.all([control.vaults(), control.managedHsms()])
  const own = new Set(
    (
      await Promise.allSettled(
        others.filter(({ kind }) => kind === 'keyvault').map((one) => azure.vaults.open(one)),
      )
    ).flatMap((opened) => (opened.status === 'fulfilled' ? [opened.value.identity.host.toLowerCase()] : [])),
  )
  return [...vaults, ...hsms.filter(({ activation }) => activation === 'active')]
    .map(({ host }) => host.toLowerCase())
    .filter((host) => !own.has(host))
}
