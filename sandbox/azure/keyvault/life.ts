import { refuse, type Reply } from '../http.ts'
import { checkDescribed, Described, parseBody, withDescribed } from './attributes.ts'
import { bundleOf, deletedPart } from './bundle.ts'
import { ok, type Context } from './context.ts'
import { operationsOf } from './create.ts'
import { beingDeleted, keyNotFound, purgeProtected } from './errors.ts'
import { currentOf, findKey, liveKey, replaceVersion, settleKey, versionOf } from './keys.ts'
import type { Key } from '../state/model.ts'

const DAY_MS = 86_400_000

/** PATCH /keys/{name}/{version} */
export const updateKey = async (context: Context, name: string, wanted: string): Promise<Reply> => {
  const { world, holder, materials, limits } = context
  const body = parseBody(Described, context.body())
  const key = liveKey(world, holder, name)
  const version = versionOf(key, wanted)
  checkDescribed(body, operationsOf(version))
  limits.spend(holder, { kind: 'other', version })
  const material = await materials.of(key, version)
  return world.store.change(() => {
    const now = liveKey(world, holder, name)
    const changed = withDescribed(versionOf(now, version.version), body, world.now('vault'))
    const next = replaceVersion(now, changed)
    world.keys.put(next)
    return ok(bundleOf(holder, next, changed, material))
  })
}

/** DELETE /keys/{name}: with all versions; it waits under its name until the retention has passed. */
export const deleteKey = async (context: Context, name: string): Promise<Reply> => {
  const { world, holder, materials } = context
  const version = currentOf(liveKey(world, holder, name))
  const material = await materials.of(liveKey(world, holder, name), version)
  return world.store.change(() => {
    const now = world.now('vault')
    const key: Key = {
      ...liveKey(world, holder, name),
      deleted: {
        at: now,
        purgeAt: now + holder.retentionDays * DAY_MS,
        visibleAt: now + world.settings().deleteDelayMs,
        purging: false,
      },
    }
    world.keys.put(key)
    return ok({ ...deletedPart(holder, key), ...bundleOf(holder, key, currentOf(key), material) })
  })
}

/** A key under /deletedkeys; 404 before it is seen there, 409 while it is being purged. */
const deletedKey = ({ world, holder }: Context, name: string): Key => {
  const key = findKey(world, holder, name)
  if (key?.deleted?.purging) return refuse(beingDeleted(name))
  if (!key?.deleted || key.deleted.visibleAt > world.now('vault')) return refuse(keyNotFound(name))
  return key
}

export const recoverKey = async (context: Context, name: string): Promise<Reply> => {
  const { world, holder, materials } = context
  const found = deletedKey(context, name)
  const material = await materials.of(found, currentOf(found))
  return world.store.change(() => {
    const key = {
      ...deletedKey(context, name),
      deleted: null,
      visibleAt: world.now('vault') + world.settings().recoverDelayMs,
    }
    world.keys.put(key)
    return ok(bundleOf(holder, key, currentOf(key), material))
  })
}

/** DELETE /deletedkeys/{name}: for good. */
export const purgeKey = (context: Context, name: string): Reply => {
  const { world, holder } = context
  const key = deletedKey(context, name)
  if (holder.purgeProtection) return refuse(purgeProtected())
  world.store.change(() => {
    const { deleted } = key
    if (deleted === null) return
    const purgeAt = world.now('vault') + world.settings().purgeDelayMs
    world.keys.put({ ...key, deleted: { ...deleted, purging: true, purgeAt } })
  })
  settleKey(world, key.id)
  return { status: 204 }
}
