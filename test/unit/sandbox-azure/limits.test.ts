import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../../sandbox/azure/http.ts'
import { agedVersion } from '../../../sandbox/azure/estate-keys.ts'
import { backupKey, restoreKey } from '../../../sandbox/azure/keyvault/backup.ts'
import type { Context } from '../../../sandbox/azure/keyvault/context.ts'
import { holderOfHsm, type Holder } from '../../../sandbox/azure/keyvault/holder.ts'
import { newKey } from '../../../sandbox/azure/keyvault/keys.ts'
import { makeLimits, type Limits, type Work } from '../../../sandbox/azure/keyvault/limits.ts'
import { makeMaterials } from '../../../sandbox/azure/keyvault/materials.ts'
import type { World } from '../../../sandbox/azure/world.ts'
import { openEstate, vaultOf } from './estate.ts'

let end: () => void
let world: World
let limits: Limits
/** A clock that stands still but for what the test says. */
let now = 0
beforeEach(() => {
  const estate = openEstate({ limits: true })
  end = estate.end
  world = { ...estate.world, now: () => now }
  limits = makeLimits(world)
})
afterEach(() => end())

const vault = (): Holder => vaultOf(world, 'ktr-vault-weu')
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

  it('what is refused for it has no effect: a throttled restore leaves the name free', async () => {
    const principal = world.principals.all()[0]
    if (principal === undefined) throw new Error('the estate has principals')
    const contextOf = (body: Record<string, unknown>): Context => ({
      world,
      holder: vault(),
      caller: { principal, objectId: principal.id, appId: '' },
      request: {
        id: '1',
        method: 'POST',
        host: '',
        path: '',
        query: new URLSearchParams(),
        headers: {},
        body: Buffer.alloc(0),
      },
      materials: makeMaterials(world),
      limits,
      body: () => body,
    })
    const version = agedVersion(world, 0, { kty: 'EC', size: null, curve: 'P-256' })
    const key = newKey('ktr-vault-weu', 'ktr-small', [version])
    world.store.change(() => world.keys.put(key))
    const { body } = await backupKey(contextOf({}), 'ktr-small')
    world.store.change(() => world.keys.delete(key.id))
    times(vault(), work('other', 'EC', null))
    await expect(restoreKey(contextOf(body as Record<string, unknown>))).rejects.toThrow(Refusal)
    expect(world.keys.get(key.id)).toBeUndefined()
    now += 10_001
    expect((await restoreKey(contextOf(body as Record<string, unknown>))).status).toBe(200)
  })
})
