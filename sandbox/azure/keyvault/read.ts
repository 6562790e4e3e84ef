import { refuse, type Reply } from '../http.ts'
import { bundleOf, deletedPart, itemOf } from './bundle.ts'
import { ok, type Context } from './context.ts'
import { keyNotFound } from './errors.ts'
import { currentOf, findKey, isVisible, keysOf, liveKey, versionOf } from './keys.ts'
import { pageOf } from './paging.ts'

export const getKey = async (context: Context, name: string, wanted: string): Promise<Reply> => {
  const { world, holder, materials, limits } = context
  const key = liveKey(world, holder, name)
  const version = versionOf(key, wanted)
  limits.spend(holder, { kind: 'other', version })
  return ok(bundleOf(holder, key, version, await materials.of(key, version)))
}

export const listKeys = (context: Context): Reply => {
  const { world, holder, request, limits } = context
  const now = world.now('vault')
  limits.spend(holder, { kind: 'vault' })
  const keys = keysOf(world, holder).filter((key) => isVisible(key, now))
  return ok(
    pageOf(
      request,
      holder,
      keys,
      ({ name }) => name,
      (key) => itemOf(holder, key, currentOf(key), false),
    ),
  )
}

export const listVersions = (context: Context, name: string): Reply => {
  const { world, holder, request, limits } = context
  const key = liveKey(world, holder, name)
  limits.spend(holder, { kind: 'vault' })
  return ok(
    pageOf(
      request,
      holder,
      key.versions,
      ({ version }) => version,
      (version) => itemOf(holder, key, version, true),
    ),
  )
}

export const getDeletedKey = async (context: Context, name: string): Promise<Reply> => {
  const { world, holder, materials } = context
  const key = findKey(world, holder, name)
  if (!key?.deleted || key.deleted.purging || key.deleted.visibleAt > world.now('vault'))
    return refuse(keyNotFound(name))
  const version = currentOf(key)
  const material = await materials.of(key, version)
  return ok({ ...deletedPart(holder, key), ...bundleOf(holder, key, version, material) })
}

export const listDeletedKeys = (context: Context): Reply => {
  const { world, holder, request, limits } = context
  const now = world.now('vault')
  limits.spend(holder, { kind: 'vault' })
  const keys = keysOf(world, holder).filter(
    ({ deleted }) => deleted !== null && !deleted.purging && deleted.visibleAt <= now,
  )
  return ok(
    pageOf(
      request,
      holder,
      keys,
      ({ name }) => name,
      (key) => ({ ...deletedPart(holder, key), ...itemOf(holder, key, currentOf(key), false) }),
    ),
  )
}
