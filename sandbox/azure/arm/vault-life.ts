import { vaultArmId } from '../keyvault/holder.ts'
import type { Vault } from '../state/model.ts'
import type { World } from '../world.ts'

const DAY_MS = 86_400_000

/** Inside a change. Its role assignments and settings go for good: recovering the vault does not bring them back. */
export const softDelete = (world: World, vault: Vault): void => {
  const now = world.now('arm')
  const scope = vaultArmId(vault).toLowerCase()
  const isHere = (each: { scope: string }): boolean =>
    each.scope === scope || each.scope.startsWith(`${scope}/`)
  for (const each of world.assignments.all().filter(isHere)) world.assignments.delete(each.id)
  for (const each of world.diagnostics.all().filter(isHere)) world.diagnostics.delete(each.id)
  world.vaults.put({ ...vault, deleted: { at: now, purgeAt: now + vault.retentionDays * DAY_MS } })
}

/** Inside a change. */
export const purgeVault = (world: World, vault: Vault): void => {
  for (const { id, holder } of world.keys.all()) if (holder === vault.id) world.keys.delete(id)
  world.vaults.delete(vault.id)
}

/** Vaults whose retention has passed are gone. */
export const settleVaults = (world: World): void => {
  const over = world.vaults
    .all()
    .filter(({ deleted }) => deleted !== null && deleted.purgeAt <= world.now('arm'))
  if (over.length > 0)
    world.store.change(() => {
      for (const vault of over) purgeVault(world, vault)
    })
}
