import { asTargetId } from '../../../shared/model/ids.ts'
import { notYet } from '../sqlserver/preview-parts.ts'
import type { AzureFacts } from './facts-model.ts'

/** Before anything of a subscription was read. */
export const noAzureFacts: AzureFacts = {
  target: { id: asTargetId(''), kind: 'azure', name: '‹subscription›', environment: 'production' },
  identity: { tenantId: '‹tenant›', subscriptionId: '‹subscription›' },
  cloud: 'public',
  principal: { tenantId: '‹tenant›', objectId: '‹id›', applicationId: null, kind: 'user', name: null },
  plannedAt: '1970-01-01T00:00:00.000Z',
  readAt: '1970-01-01T00:00:00.000Z',
  subscriptions: notYet,
  regions: notYet,
  groups: notYet,
  vaults: notYet,
  managedHsms: notYet,
  deletedVaults: notYet,
}
