import { describe, notSimulated, type Reply } from '../http.ts'
import { storageArmId, type StorageAccount, type StorageContainer } from '../state/model.ts'
import type { ContainerFacts } from '../blob/own-requests.ts'
import { allow, armList, ok, refuseLocked, type ArmContext } from './context.ts'
import { refuseArm } from './errors.ts'
import { isContainerName } from './storage-body.ts'

const TYPE = 'Microsoft.Storage/storageAccounts/blobServices'

/** `…/blobServices[/default[/containers[/{name}[/immutabilityPolicies/default]]]]` */
export const answerBlobServices = async (
  context: ArmContext,
  account: StorageAccount,
  [service, kind, name, below, policy]: readonly string[],
): Promise<Reply> => {
  const { request } = context
  const id = `${storageArmId(account)}/blobServices/default`
  const isGet = request.method === 'GET'
  if (service?.toLowerCase() !== 'default') return notSimulated(describe(request))
  if (kind === undefined) {
    if (!isGet) return notSimulated(describe(request))
    allow(context, `${TYPE}/read`, id)
    return ok(serviceShape(id, account))
  }
  if (kind.toLowerCase() !== 'containers') return notSimulated(describe(request))
  if (name === undefined) {
    if (!isGet) return notSimulated(describe(request))
    allow(context, `${TYPE}/containers/read`, id)
    const found = await context.blobs.containers(account)
    return armList(
      context,
      found.map((one) => containerShape(context, account, one)),
    )
  }
  if (below !== undefined)
    return isGet && below.toLowerCase() === 'immutabilitypolicies' && policy !== undefined
      ? immutabilityPolicy(context, account, name)
      : notSimulated(describe(request))
  return container(context, account, name)
}

const serviceShape = (id: string, { sku, versioning, softDeleteDays }: StorageAccount): unknown => ({
  id,
  name: 'default',
  type: TYPE,
  sku: { name: sku, tier: sku.split('_')[0] },
  properties: {
    isVersioningEnabled: versioning,
    deleteRetentionPolicy:
      softDeleteDays === null ? { enabled: false } : { enabled: true, days: softDeleteDays },
    containerDeleteRetentionPolicy: { enabled: false },
  },
})

const recordOf = (
  { world }: ArmContext,
  account: StorageAccount,
  name: string,
): StorageContainer | undefined => world.storageContainers.get(`${account.id}/${name}`)

const containerShape = (
  context: ArmContext,
  account: StorageAccount,
  { name, etag, lastModified }: ContainerFacts,
): Record<string, unknown> => {
  const policy = recordOf(context, account, name)?.immutability ?? null
  return {
    id: `${storageArmId(account)}/blobServices/default/containers/${name}`,
    name,
    type: `${TYPE}/containers`,
    etag,
    properties: {
      publicAccess: 'None',
      leaseStatus: 'Unlocked',
      leaseState: 'Available',
      lastModifiedTime: new Date(lastModified).toISOString(),
      hasImmutabilityPolicy: policy !== null,
      hasLegalHold: false,
      ...(policy === null ? {} : { immutabilityPolicy: { properties: policyProperties(policy) } }),
    },
  }
}

const policyProperties = ({ days, locked }: { days: number; locked: boolean }) => ({
  immutabilityPeriodSinceCreationInDays: days,
  state: locked ? 'Locked' : 'Unlocked',
  allowProtectedAppendWrites: false,
})

const found = async (
  context: ArmContext,
  account: StorageAccount,
  name: string,
): Promise<ContainerFacts | undefined> =>
  (await context.blobs.containers(account)).find((one) => one.name === name)

const noContainer = (): never =>
  refuseArm(404, 'ContainerNotFound', 'The specified container does not exist.')

const container = async (context: ArmContext, account: StorageAccount, name: string): Promise<Reply> => {
  const { request, blobs, world } = context
  const id = `${storageArmId(account)}/blobServices/default/containers/${name}`
  switch (request.method) {
    case 'GET': {
      allow(context, `${TYPE}/containers/read`, id)
      const one = await found(context, account, name)
      return one ? ok(containerShape(context, account, one)) : noContainer()
    }
    case 'PUT': {
      allow(context, `${TYPE}/containers/write`, id)
      refuseLocked(context, id, 'write')
      if (!isContainerName(name))
        refuseArm(
          400,
          'ContainerOperationFailure',
          'The specified resource name contains invalid characters.',
        )
      const isNew = await blobs.createContainer(account, name)
      if (recordOf(context, account, name) === undefined)
        world.store.change(() =>
          world.storageContainers.put({
            id: `${account.id}/${name}`,
            account: account.id,
            name,
            made: true,
            immutability: null,
          }),
        )
      const one = (await found(context, account, name)) ?? noContainer()
      return { status: isNew ? 201 : 200, body: containerShape(context, account, one) }
    }
    case 'DELETE': {
      allow(context, `${TYPE}/containers/delete`, id)
      refuseLocked(context, id, 'delete')
      if (recordOf(context, account, name)?.immutability)
        refuseArm(
          409,
          'ContainerImmutable',
          'The requested operation is not allowed as the container has an immutability policy.',
        )
      const was = await blobs.deleteContainer(account, name)
      world.store.change(() => world.storageContainers.delete(`${account.id}/${name}`))
      return { status: was ? 200 : 204 }
    }
  }
  return notSimulated(describe(request))
}

const immutabilityPolicy = async (
  context: ArmContext,
  account: StorageAccount,
  name: string,
): Promise<Reply> => {
  const id = `${storageArmId(account)}/blobServices/default/containers/${name}`
  allow(context, `${TYPE}/containers/immutabilityPolicies/read`, id)
  const one = (await found(context, account, name)) ?? noContainer()
  const policy = recordOf(context, account, name)?.immutability
  // Without a policy the service answers one of no days, which was deleted.
  return ok({
    id: `${id}/immutabilityPolicies/default`,
    name: 'default',
    type: `${TYPE}/containers/immutabilityPolicies`,
    etag: one.etag,
    properties: policy
      ? policyProperties(policy)
      : { immutabilityPeriodSinceCreationInDays: 0, state: 'Deleted' },
  })
}
