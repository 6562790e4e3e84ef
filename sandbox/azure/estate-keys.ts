import { HSMS, VAULTS } from './estate-ids.ts'
import { blankVersion } from './keyvault/create.ts'
import { newKey } from './keyvault/keys.ts'
import type { Key, KeyVersion } from './state/model.ts'
import type { World } from './world.ts'

const DAY = 86_400

/** So many days old; RSA of 3072 bits in order, unless something else is said. Its numbers are made late. */
export const agedVersion = (world: World, days: number, said: Partial<KeyVersion> = {}): KeyVersion => {
  const { kty = 'RSA', size = 3072, curve = null } = said
  const made = Math.floor(world.now() / 1000) - days * DAY
  return { ...blankVersion(world, { kty, size, curve }), created: made, updated: made, ...said }
}

/** The keys of the seeded estate; their numbers are made when somebody first asks for them. */
export const seedKeys = (world: World): void => {
  const now = Math.floor(world.now() / 1000)
  const version = (days: number, said?: Partial<KeyVersion>): KeyVersion => agedVersion(world, days, said)
  const put = (holder: string, name: string, versions: KeyVersion[], said?: Partial<Key>): void =>
    world.keys.put(newKey(holder, name, versions, said))

  const purpose = { purpose: 'sql-server-tde', server: 'ktr-sqlprod-01' }
  put(VAULTS.good, 'ktr-tde-sql01', [
    version(345, { kty: 'RSA-HSM', tags: purpose }),
    version(40, { kty: 'RSA-HSM', tags: purpose }),
  ])
  put(VAULTS.good, 'ktr-backup-sql01', [
    version(340, { kty: 'RSA-HSM', tags: { purpose: 'sql-server-backup' } }),
  ])

  const { wrong } = VAULTS
  put(wrong, 'ktr-tde-payroll', [version(700, { size: 2048 })])
  // 27 characters: one more than the connector takes.
  put(wrong, 'ktr-tde-inventory-2024-long', [version(650, { size: 2048 })])
  put(wrong, 'ktr-tde-large', [version(300, { size: 4096 })])
  put(wrong, 'ktr-tde-curve', [version(200, { kty: 'EC', size: null, curve: 'P-256' })])
  put(wrong, 'ktr-tde-disabled', [version(500, { size: 2048, enabled: false })])
  put(wrong, 'ktr-tde-expired', [version(800, { size: 2048, exp: now - 30 * DAY })])
  put(wrong, 'ktr-tde-expiring', [version(700, { size: 2048, exp: now + 20 * DAY })])
  put(wrong, 'ktr-tde-future', [version(1, { size: 2048, nbf: now + 30 * DAY })])
  put(wrong, 'ktr-tde-sign-only', [version(90, { size: 2048, keyOps: ['sign', 'verify'] })])
  // Its policy makes a next version that no copy outside of the vault covers.
  put(wrong, 'ktr-tde-imported', [version(100, { size: 2048, imported: true })], {
    policy: {
      actions: [{ type: 'Rotate', timeAfterCreate: 'P6M', timeBeforeExpiry: null }],
      expiryTime: 'P1Y',
      created: now - 100 * DAY,
      updated: now - 100 * DAY,
    },
  })
  put(wrong, 'ktr-tde-gone', [version(400, { size: 2048 })], {
    deleted: {
      at: (now - 2 * DAY) * 1000,
      purgeAt: (now + 5 * DAY) * 1000,
      visibleAt: 0,
      purging: false,
    },
  })
  put(`hsm:${HSMS.active}`, 'ktr-tde-hsm', [version(180, { kty: 'RSA-HSM' })])
}
