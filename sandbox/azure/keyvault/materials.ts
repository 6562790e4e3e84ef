import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Key, KeyVersion, Material } from '../state/model.ts'
import { newRsaKey, type World } from '../world.ts'
import { replaceVersion } from './keys.ts'

const makePair = promisify(generateKeyPair)

export const newKeyObject = async (version: Pick<KeyVersion, 'size' | 'curve'>): Promise<KeyObject> =>
  version.curve === null
    ? newRsaKey(version.size ?? 2048)
    : (await makePair('ec', { namedCurve: version.curve })).privateKey

export const keptMaterial = (key: KeyObject): Material => ({
  kind: 'here',
  pkcs8: key.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
})

const openMaterial = (pkcs8: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(pkcs8, 'base64'), format: 'der', type: 'pkcs8' })

/** Opens the private keys of versions; makes those that wait for their first use, and keeps them. */
export interface Materials {
  of(key: Key, version: KeyVersion): Promise<KeyObject>
}

export const makeMaterials = (world: World): Materials => {
  const opened = new Map<string, Promise<KeyObject>>()
  const open = async (key: Key, version: KeyVersion): Promise<KeyObject> => {
    const { material } = version
    if (material.kind === 'here') return openMaterial(material.pkcs8)
    if (material.kind === 'pool') return world.ownKey(`pool-${material.index}`)
    const made = await newKeyObject(version)
    world.store.change(() => {
      const now = world.keys.get(key.id)
      const same = now?.versions.find((each) => each.version === version.version)
      if (now && same) world.keys.put(replaceVersion(now, { ...same, material: keptMaterial(made) }))
    })
    return made
  }
  return {
    of: (key, version) => {
      const id = `${key.id}/${version.version}`
      const known = opened.get(id)
      if (known) return known
      const opening = open(key, version)
      // What is kept opens in microseconds; only keys that are being made are worth remembering.
      if (version.material.kind === 'later') opened.set(id, opening)
      return opening
    },
  }
}
