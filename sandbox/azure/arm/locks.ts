import { z } from 'zod'
import { describe, notSimulated, type Reply } from '../http.ts'
import type { Lock } from '../state/model.ts'
import { allow, armList, ok, parseArm, type ArmContext } from './context.ts'
import { refuseArm } from './errors.ts'

const Body = z.looseObject({
  properties: z.looseObject({
    level: z.enum(['CanNotDelete', 'ReadOnly']),
    notes: z.string().max(512).nullish(),
  }),
})

const shape = (lock: Lock): Record<string, unknown> => ({
  id: `${lock.scope}/providers/Microsoft.Authorization/locks/${lock.name}`,
  name: lock.name,
  type: 'Microsoft.Authorization/locks',
  properties: { level: lock.level, ...(lock.notes === null ? {} : { notes: lock.notes }) },
})

/** `{scope}/providers/Microsoft.Authorization/locks[/{name}]`. They bind the control plane only: keys are not held. */
export const answerLocks = (context: ArmContext, scope: string, name: string | undefined): Reply => {
  const { world, request } = context
  const at = scope.toLowerCase()
  if (name === undefined) {
    if (request.method !== 'GET') return notSimulated(describe(request))
    allow(context, 'Microsoft.Authorization/locks/read', scope)
    const atScope = /atScope\(\)/i.test(request.query.get('$filter') ?? '')
    const found = world.locks
      .all()
      .filter(
        (lock) =>
          lock.scope === at ||
          at.startsWith(`${lock.scope}/`) ||
          (!atScope && lock.scope.startsWith(`${at}/`)),
      )
    return armList(context, found.map(shape))
  }
  const id = `${at}/providers/microsoft.authorization/locks/${name.toLowerCase()}`
  const known = world.locks.get(id)
  switch (request.method) {
    case 'GET':
      allow(context, 'Microsoft.Authorization/locks/read', scope)
      return known
        ? ok(shape(known))
        : refuseArm(404, 'LockNotFound', `The lock '${name}' could not be found.`)
    case 'PUT': {
      allow(context, 'Microsoft.Authorization/locks/write', scope)
      const { properties } = parseArm(Body, context.body())
      const lock: Lock = { id, scope: at, name, level: properties.level, notes: properties.notes ?? null }
      world.store.change(() => world.locks.put(lock))
      return { status: known ? 200 : 201, body: shape(lock) }
    }
    case 'DELETE':
      allow(context, 'Microsoft.Authorization/locks/delete', scope)
      if (!known) return { status: 204 }
      world.store.change(() => world.locks.delete(id))
      return { status: 200 }
  }
  return notSimulated(describe(request))
}
