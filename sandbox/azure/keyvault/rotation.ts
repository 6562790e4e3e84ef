import { z } from 'zod'
import { refuse, type Reply } from '../http.ts'
import type { Key, KeyVersion, LifetimeAction, RotationPolicy } from '../state/model.ts'
import type { World } from '../world.ts'
import { parseBody } from './attributes.ts'
import { bundleOf } from './bundle.ts'
import { ok, type Context } from './context.ts'
import { addVersion } from './create.ts'
import { atLeastDays, parseDuration, shifted, type Duration } from './durations.ts'
import { refuseParameter, vaultError } from './errors.ts'
import type { Holder } from './holder.ts'
import { currentOf, isVisible, liveKey, newVersionName } from './keys.ts'
import { keptMaterial, newKeyObject } from './materials.ts'

const Policy = z.looseObject({
  lifetimeActions: z
    .array(
      z.looseObject({
        trigger: z.looseObject({
          timeAfterCreate: z.string().nullish(),
          timeBeforeExpiry: z.string().nullish(),
        }),
        action: z.looseObject({ type: z.string() }),
      }),
    )
    .nullish(),
  attributes: z.looseObject({ expiryTime: z.string().nullish() }).nullish(),
})
const DEFAULT_NOTIFY: LifetimeAction = { type: 'Notify', timeAfterCreate: null, timeBeforeExpiry: 'P30D' }

export const getPolicy = ({ world, holder }: Context, name: string): Reply => {
  const key = liveKey(world, holder, name)
  return ok(shown(holder, key, key.policy))
}

export const setPolicy = (context: Context, name: string): Reply => {
  const { world, holder } = context
  const body = parseBody(Policy, context.body())
  const seconds = Math.floor(world.now('vault') / 1000)
  const expiryTime = body.attributes?.expiryTime ?? null
  if (expiryTime !== null && !atLeastDays(durationOf(expiryTime), 28))
    refuseParameter('attributes.expiryTime must be at least 28 days.')
  const actions = (body.lifetimeActions ?? []).map(({ trigger, action }) =>
    checkedAction(holder, action.type, trigger.timeAfterCreate ?? null, trigger.timeBeforeExpiry ?? null),
  )
  if (actions.some(({ timeBeforeExpiry }) => timeBeforeExpiry !== null) && expiryTime === null)
    refuseParameter('A trigger timeBeforeExpiry needs attributes.expiryTime.')
  const notifies = actions.some(({ type }) => type === 'Notify') || holder.kind === 'hsm'
  return world.store.change(() => {
    const key = liveKey(world, holder, name)
    const policy: RotationPolicy = {
      actions: notifies ? actions : [...actions, DEFAULT_NOTIFY],
      expiryTime,
      created: key.policy?.created ?? seconds,
      updated: seconds,
    }
    world.keys.put({ ...key, policy })
    return ok(shown(holder, key, policy))
  })
}

const durationOf = (text: string): Duration =>
  parseDuration(text) ?? refuseParameter(`${text} is no duration in years, months or days.`)

const checkedAction = (
  holder: Holder,
  type: string,
  timeAfterCreate: string | null,
  timeBeforeExpiry: string | null,
): LifetimeAction => {
  const kind = type.toLowerCase() === 'rotate' ? 'Rotate' : type.toLowerCase() === 'notify' ? 'Notify' : null
  if (kind === null) return refuseParameter(`action.type has invalid value: ${type}`)
  if ((timeAfterCreate === null) === (timeBeforeExpiry === null))
    return refuseParameter('A trigger has either timeAfterCreate or timeBeforeExpiry.')
  if (kind === 'Notify' && timeAfterCreate !== null)
    return refuseParameter('Notify takes timeBeforeExpiry only.')
  if (kind === 'Notify' && holder.kind === 'hsm')
    return refuseParameter('A managed HSM does not support the action Notify.')
  const least = holder.kind === 'hsm' ? 28 : 7
  if (kind === 'Rotate' && !atLeastDays(durationOf(timeAfterCreate ?? timeBeforeExpiry ?? ''), least))
    return refuseParameter(`The trigger of Rotate must be at least ${least} days.`)
  if (kind === 'Notify') durationOf(timeBeforeExpiry ?? '')
  return { type: kind, timeAfterCreate, timeBeforeExpiry }
}

const shown = (holder: Holder, key: Key, policy: RotationPolicy | null): Record<string, unknown> => ({
  id: `${holder.base}/keys/${key.name}/rotationpolicy`,
  lifetimeActions: (policy?.actions ?? [DEFAULT_NOTIFY]).map((action) => ({
    trigger:
      action.timeAfterCreate === null
        ? { timeBeforeExpiry: action.timeBeforeExpiry }
        : { timeAfterCreate: action.timeAfterCreate },
    action: { type: action.type },
  })),
  attributes: {
    ...(policy?.expiryTime ? { expiryTime: policy.expiryTime } : {}),
    ...(policy === null ? {} : { created: policy.created, updated: policy.updated }),
  },
})

/** POST /keys/{name}/rotate: new numbers of the same kind; an imported key gets vault-made ones. */
export const rotateKey = async (context: Context, name: string): Promise<Reply> => {
  const { world, holder, limits } = context
  const key = liveKey(world, holder, name)
  if (holder.kind === 'hsm' && key.policy === null)
    refuse(vaultError(400, 'BadParameter', 'The key has no rotation policy.'))
  limits.spend(holder, { kind: 'create', version: currentOf(key) })
  const { version, material } = await successor(key, world.now('vault'))
  const next = world.store.change(() => addVersion(world, holder, name, version))
  return ok(bundleOf(holder, next, version, material))
}

const successor = async (key: Key, at: number) => {
  const current = currentOf(key)
  const material = await newKeyObject(current)
  const seconds = Math.floor(at / 1000)
  const expiry = key.policy?.expiryTime ? durationOf(key.policy.expiryTime) : null
  const version: KeyVersion = {
    ...current,
    version: newVersionName(),
    created: seconds,
    updated: seconds,
    nbf: null,
    exp: expiry === null ? null : Math.floor(shifted(at, expiry, 1) / 1000),
    enabled: true,
    imported: false,
    material: keptMaterial(material),
  }
  return { version, material }
}

/** When the policy makes the next version; null: never by itself. */
const dueAt = (key: Key): number | null => {
  const current = currentOf(key)
  const times = (key.policy?.actions ?? [])
    .filter(({ type }) => type === 'Rotate')
    .map(({ timeAfterCreate, timeBeforeExpiry }) =>
      timeAfterCreate !== null
        ? shifted(current.created * 1000, durationOf(timeAfterCreate), 1)
        : current.exp === null
          ? null
          : shifted(current.exp * 1000, durationOf(timeBeforeExpiry ?? ''), -1),
    )
    .filter((time) => time !== null)
  return times.length === 0 ? null : Math.min(...times)
}

const running = new WeakMap<World, Set<string>>()

/** The policy's clock: looked at whenever somebody asks for the key, one version at a time. */
export const rotateWhenDue = async (world: World, holder: Holder, id: string): Promise<void> => {
  const key = world.keys.get(id)
  const busy = running.get(world) ?? new Set<string>()
  running.set(world, busy)
  if (key === undefined || !isVisible(key, world.now('vault')) || busy.has(id)) return
  const due = dueAt(key)
  if (due === null || due > world.now('vault')) return
  busy.add(id)
  try {
    const { version } = await successor(key, world.now('vault'))
    world.store.change(() => addVersion(world, holder, key.name, version))
  } finally {
    busy.delete(id)
  }
}
