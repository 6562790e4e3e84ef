import { describe, notSimulated, type Reply } from '../http.ts'
import { allow, type ArmContext } from './context.ts'
import { answerStorageAccount, checkAccountName, listAccounts, operationEnd } from './storage-accounts.ts'
import { subscriptionOf } from './subscriptions.ts'

/** `Microsoft.Storage` below a subscription, or below a resource group. */
export const answerStorageProvider = async (
  context: ArmContext,
  subscription: string,
  group: string | null,
  rest: readonly string[],
): Promise<Reply> => {
  const { request } = context
  const [type = '', name, ...more] = rest
  const operation = `${request.method} ${type.toLowerCase()}`
  if (type.toLowerCase() === 'storageaccounts' && name !== undefined && group !== null)
    return answerStorageAccount(context, { subscription, group, name }, more)
  if (operation === 'GET storageaccounts' && name === undefined)
    return listAccounts(context, subscription, group)
  if (group !== null) return notSimulated(describe(request))
  if (operation === 'POST checknameavailability') {
    subscriptionOf(context, subscription)
    allow(context, 'Microsoft.Storage/checkNameAvailability/read', `/subscriptions/${subscription}`)
    return checkAccountName(context)
  }
  if (operation === 'GET locations' && more[0]?.toLowerCase() === 'asyncoperations') {
    allow(context, 'Microsoft.Storage/locations/asyncOperations/read', `/subscriptions/${subscription}`)
    return operationEnd(context, more[1] ?? '')
  }
  return notSimulated(describe(request))
}
