import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TENANT } from '../../../sandbox/azure/estate-ids.ts'
import { holderOfHsm, holderOfVault, type Holder } from '../../../sandbox/azure/keyvault/holder.ts'
import { makeLimits, type Limits, type Work } from '../../../sandbox/azure/keyvault/limits.ts'
import { seedEstate } from '../../../sandbox/azure/estate.ts'
import { openStore } from '../../../sandbox/azure/state/store.ts'
import { makeWorld, type World } from '../../../sandbox/azure/world.ts'

let folder: string
let world: World
let limits: Limits
/** A clock that stands still but for what the test says. */
let now = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-limits-'))
  const made = makeWorld(openStore(join(folder, 'state.db')), TENANT, { limits: true })
  seedEstate(made, { operator: 'a', reader: 'b', ekm: 'c' }, ['a2V5MQ==', 'a2V5Mg=='])
  world = { ...made, now: () => now }
  limits = makeLimits(world)
})
afterEach(() => {
  world.close()
  rmSync(folder, { recursive: true, force: true })
})

const vault = (): Holder => {
  const found = world.vaults.get('ktr-vault-weu')
  if (found === undefined) throw new Error('the estate has this vault')
  return holderOfVault(found)
}
/** How many times it is let through, at most `most`. */
const times = (holder: Holder, work: Work, most = 10_000): number => {
  for (let count = 0; count < most; count++)
    try {
      limits.spend(holder, work)
    } catch {
      return count
    }
  return most
}
const work = (kind: 'create' | 'other', kty: 'RSA' | 'RSA-HSM' | 'EC', size: number | null): Work => ({
  kind,
  version: { kty, size },
})

describe('limits of a vault in 10 seconds', () => {
  it.each([
    ['RSA-HSM', 2048, 2000],
    ['RSA-HSM', 3072, 500],
    ['RSA-HSM', 4096, 250],
    ['RSA', 2048, 4000],
    ['RSA', 4096, 500],
    ['EC', null, 4000],
  ] as const)('%s %s: %i operations', (kty, size, expected) => {
    expect(times(vault(), work('other', kty, size))).toBe(expected)
  })

  it('weights add up: a 4096-bit HSM operation costs as much as eight of 2048 bits', () => {
    expect(times(vault(), work('other', 'RSA-HSM', 4096), 125)).toBe(125)
    expect(times(vault(), work('other', 'RSA-HSM', 2048))).toBe(1000)
  })

  it('making keys has its own, and all of it comes back after the window', () => {
    expect(times(vault(), work('create', 'RSA-HSM', 2048))).toBe(10)
    expect(times(vault(), work('create', 'RSA', 2048))).toBe(20)
    now += 9_999
    expect(times(vault(), work('create', 'RSA', 2048))).toBe(0)
    now += 2
    expect(times(vault(), work('create', 'RSA', 2048))).toBe(20)
  })

  it('a subscription has five times as much in a region', () => {
    const many = Array.from({ length: 6 }, (_, at) => ({ ...vault(), id: `ktr-${at}` }))
    expect(many.map((holder) => times(holder, work('create', 'RSA', 2048)))).toEqual([20, 20, 20, 20, 20, 0])
  })

  it('a managed HSM is not limited, nor is a vault where limits are off', () => {
    const hsm = world.hsms.get('ktr-hsm-weu')
    if (hsm === undefined) throw new Error('the estate has this HSM')
    expect(times(holderOfHsm(hsm), work('create', 'RSA-HSM', 2048), 50)).toBe(50)
    world.set({ limits: false })
    expect(times(vault(), work('create', 'RSA', 2048), 50)).toBe(50)
  })
})
