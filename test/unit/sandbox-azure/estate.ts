import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TENANT } from '../../../sandbox/azure/estate-ids.ts'
import { seedEstate } from '../../../sandbox/azure/estate.ts'
import { holderOfVault, type Holder } from '../../../sandbox/azure/keyvault/holder.ts'
import type { Settings } from '../../../sandbox/azure/settings.ts'
import { openStore } from '../../../sandbox/azure/state/store.ts'
import { makeWorld, type World } from '../../../sandbox/azure/world.ts'

/** The seeded estate without its services. */
export const openEstate = (settings: Partial<Settings> = {}): { world: World; end: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-estate-'))
  const world = makeWorld(openStore(join(folder, 'state.db')), TENANT, settings)
  seedEstate(world, { operator: 'a', reader: 'b', ekm: 'c' }, ['a2V5MQ==', 'a2V5Mg=='])
  return {
    world,
    end: () => {
      world.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const vaultOf = (world: World, name: string): Holder => {
  const found = world.vaults.get(name)
  if (found === undefined) throw new Error(`the estate has no vault ${name}`)
  return holderOfVault(found)
}
