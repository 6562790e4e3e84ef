import { randomBytes } from 'node:crypto'
import { refuse } from '../http.ts'
import type { Key, KeyVersion } from '../state/model.ts'
import type { World } from '../world.ts'
import { beingDeleted, deletedButRecoverable, keyNotFound, refuseParameter } from './errors.ts'
import type { Holder } from './holder.ts'

export const keyId = (holder: Holder, name: string): string => `${holder.id}/${name.toLowerCase()}`
export const newVersionName = (): string => randomBytes(16).toString('hex')

/** In order and found at once, unless something else is said. `holder`: the id of a `Holder`. */
export const newKey = (
  holder: string,
  name: string,
  versions: readonly KeyVersion[],
  said: Partial<Key> = {},
): Key => ({
  id: `${holder}/${name.toLowerCase()}`,
  holder,
  name,
  versions,
  policy: null,
  visibleAt: 0,
  deleted: null,
  ...said,
})

export const checkName = (name: string): void => {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name))
    refuseParameter(`The request URI contains an invalid name: ${name}`)
}

/** Purged keys and those whose retention has passed are gone. */
export const settleKey = (world: World, id: string): void => {
  const key = world.keys.get(id)
  if (key?.deleted && key.deleted.purgeAt <= world.now('vault'))
    world.store.change(() => world.keys.delete(id))
}

export const keysOf = (world: World, holder: Holder): Key[] => {
  const prefix = `${holder.id}/`
  const keys = world.keys.all().filter(({ id }) => id.startsWith(prefix))
  for (const { id } of keys.filter(({ deleted }) => deleted !== null)) settleKey(world, id)
  return keys.filter(({ id }) => world.keys.get(id) !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1))
}

export const isVisible = (key: Key, now: number): boolean => key.deleted === null && key.visibleAt <= now

/** A key that is there; 404 otherwise. */
export const liveKey = (world: World, holder: Holder, name: string): Key => {
  const key = findKey(world, holder, name)
  if (key === undefined || !isVisible(key, world.now('vault'))) return refuse(keyNotFound(name))
  return key
}

export const findKey = (world: World, holder: Holder, name: string): Key | undefined => {
  checkName(name)
  const id = keyId(holder, name)
  settleKey(world, id)
  return world.keys.get(id)
}

/** Before something takes this name. */
export const refuseDeletedName = (world: World, key: Key | undefined): void => {
  if (!key?.deleted) return
  const inProgress = key.deleted.purging || key.deleted.visibleAt > world.now('vault')
  refuse(inProgress ? beingDeleted(key.name) : deletedButRecoverable(key.name))
}

export const currentOf = (key: Pick<Key, 'name' | 'versions'>): KeyVersion => {
  const current = key.versions.at(-1)
  if (current === undefined) throw new Error(`key ${key.name} has no version`)
  return current
}

/** Empty text: the current version. */
export const versionOf = (key: Key, version: string): KeyVersion => {
  if (version === '') return currentOf(key)
  const found = key.versions.find((each) => each.version === version.toLowerCase())
  return found ?? refuse(keyNotFound(`${key.name}/${version}`))
}

export const replaceVersion = (key: Key, changed: KeyVersion): Key => ({
  ...key,
  versions: key.versions.map((each) => (each.version === changed.version ? changed : each)),
})
