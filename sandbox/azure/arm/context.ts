import type { z } from 'zod'
import type { Caller } from '../entra/access-token.ts'
import { jsonBody, type AzureRequest, type Reply } from '../http.ts'
import { assignmentFor } from '../rbac/decide.ts'
import type { RoleAssignment } from '../state/model.ts'
import type { BlobStore } from '../blob/store.ts'
import type { World } from '../world.ts'
import { armError, badRequest, refuseArm } from './errors.ts'

export interface ArmContext {
  world: World
  /** What accounts hold. */
  blobs: BlobStore
  caller: Caller
  request: AzureRequest
  /** Decoded, slashes single, none at the end; its case as it was sent. */
  path: string
  body(): Record<string, unknown>
}

export const bodyReader = (request: AzureRequest) => (): Record<string, unknown> =>
  jsonBody(request, (why) => armError(400, 'InvalidRequestContent', why))

export const parseArm = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return badRequest(
    `The value of ${issue?.path.join('.') ?? 'the body'} is not valid: ${issue?.message ?? ''}`,
  )
}

export const ok = (body: unknown): Reply => ({ status: 200, body })

export const isAllowed = ({ world, caller }: ArmContext, action: string, id: string): boolean =>
  assignmentFor(world, caller.objectId, action, id.toLowerCase(), 'control') !== undefined

/** The assignment that allows it; 403 `AuthorizationFailed` otherwise. */
export const allow = (context: ArmContext, action: string, id: string): RoleAssignment => {
  const { world, caller } = context
  return (
    assignmentFor(world, caller.objectId, action, id.toLowerCase(), 'control') ??
    refuseArm(
      403,
      'AuthorizationFailed',
      `The client '${caller.appId}' with object id '${caller.objectId}' does not have authorization to perform action '${action}' over scope '${id}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    )
  )
}

/** A lock at the resource or above it; `ReadOnly` stops changes too. */
export const refuseLocked = ({ world }: ArmContext, id: string, what: 'write' | 'delete'): void => {
  const wanted = id.toLowerCase()
  const locks = world.locks
    .all()
    .filter(
      ({ scope, level }) =>
        (wanted === scope ||
          wanted.startsWith(`${scope}/`) ||
          (what === 'delete' && scope.startsWith(`${wanted}/`))) &&
        (what === 'delete' || level === 'ReadOnly'),
    )
  if (locks.length === 0) return
  refuseArm(
    409,
    'ScopeLocked',
    `The scope '${id}' cannot perform ${what} operation because following scope(s) are locked: '${locks.map(({ scope }) => scope).join(', ')}'. Please remove the lock and try again.`,
  )
}

/** One page of `$top`; the rest behind `nextLink`. */
export const armList = ({ request }: ArmContext, items: readonly unknown[]): Reply => {
  const top = Number(request.query.get('$top') ?? 1000)
  const skip = Number(request.query.get('$skiptoken') ?? 0)
  const next = new URLSearchParams(request.query)
  next.set('$skiptoken', String(skip + top))
  return ok({
    value: items.slice(skip, skip + top),
    ...(skip + top < items.length
      ? { nextLink: `https://${request.host}${request.path}?${next.toString()}` }
      : {}),
  })
}

/** 202 with an address that says when it is done; the address itself knows the time. */
export const accepted = ({ world, request }: ArmContext, subscription: string, location: string): Reply => {
  const until = world.now('arm') + world.settings().purgeDelayMs
  const version = request.query.get('api-version') ?? ''
  const address = `https://${request.host}/subscriptions/${subscription}/providers/Microsoft.KeyVault/locations/${location}/operationResults/${Buffer.from(String(until)).toString('hex')}?api-version=${version}`
  return { status: 202, headers: { location: address, 'retry-after': '0' } }
}
