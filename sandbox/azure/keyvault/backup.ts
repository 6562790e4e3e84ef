import { createHash } from 'node:crypto'
import { z } from 'zod'
import { refuse, type Reply } from '../http.ts'
import { regionOf } from '../regions.ts'
import type { Key } from '../state/model.ts'
import { parseBody } from './attributes.ts'
import { readBlob, writeBlob } from './backup-blob.ts'
import { bundleOf } from './bundle.ts'
import { ok, type Context } from './context.ts'
import { refuseParameter, vaultError } from './errors.ts'
import type { Holder } from './holder.ts'
import { currentOf, findKey, liveKey, newKey, refuseDeletedName } from './keys.ts'

/** Where a backup can be restored: a subscription within one geography; of a managed HSM, that HSM's security domain. */
const domainOf = (holder: Holder): string =>
  holder.kind === 'hsm'
    ? `backup ${holder.id}`
    : `backup ${holder.subscription} ${regionOf(holder.location)?.geography ?? holder.location}`

const kidOf = (domain: string): string => {
  const hex = createHash('sha256').update(domain).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/** POST /keys/{name}/backup: the whole key with all versions, as it is now. */
export const backupKey = async (context: Context, name: string): Promise<Reply> => {
  const { world, holder, materials, limits } = context
  const found = liveKey(world, holder, name)
  limits.spend(holder, { kind: 'other', version: currentOf(found) })
  // Each version must have its numbers before it can be written down.
  for (const version of found.versions) await materials.of(found, version)
  const key = liveKey(world, holder, name)
  const versions = await Promise.all(
    key.versions.map(async (version) => {
      const pkcs8 = (await materials.of(key, version)).export({ format: 'der', type: 'pkcs8' })
      return { ...version, material: { kind: 'here' as const, pkcs8: pkcs8.toString('base64') } }
    }),
  )
  const content: Pick<Key, 'name' | 'versions' | 'policy'> = { name: key.name, versions, policy: key.policy }
  const domain = domainOf(holder)
  const blob = writeBlob(JSON.stringify(content), await world.ownKey(domain), kidOf(domain))
  return ok({ value: blob.toString('base64url') })
}

/** POST /keys/restore: under its old name and versions. */
export const restoreKey = async (context: Context): Promise<Reply> => {
  const { world, holder, materials, limits } = context
  const { value } = parseBody(z.looseObject({ value: z.string() }), context.body())
  const domain = domainOf(holder)
  const read = readBlob(Buffer.from(value, 'base64url'), await world.ownKey(domain), kidOf(domain))
  if (!read.ok)
    return read.why === 'scope'
      ? refuseParameter('Cannot decrypt backup blob.')
      : refuse(vaultError(400, 'Malformed backup blob', 'Backup blob contains invalid or corrupt version.'))
  // Its own tag has shown that this simulator wrote it.
  const saved = JSON.parse(read.content) as Pick<Key, 'name' | 'versions' | 'policy'>
  const version = currentOf(saved)
  const key = world.store.change(() => {
    const known = findKey(world, holder, saved.name)
    refuseDeletedName(world, known)
    if (known !== undefined)
      return refuse(
        vaultError(
          409,
          'Conflict',
          `Key ${saved.name} already exists in this vault; it is not restored over it.`,
        ),
      )
    limits.spend(holder, { kind: 'other', version })
    const restored = newKey(holder.id, saved.name, saved.versions, { policy: saved.policy })
    world.keys.put(restored)
    return restored
  })
  return ok(bundleOf(holder, key, version, await materials.of(key, version)))
}
