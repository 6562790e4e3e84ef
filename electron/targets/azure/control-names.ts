import { KeyturnError } from '../../../shared/errors/problem.ts'
import { isAzureId, resourceGroupNameProblem, vaultNameProblem } from '../../../shared/model/azure.ts'

/** Names are checked here too: the client libraries only escape what they are given. Each throws `azure-name`. */

const refuse = (target: string, what: string): never => {
  throw new KeyturnError('azure-name', { target, what })
}

export const checkedGroup = (name: string, target: string): string =>
  passed(name, resourceGroupNameProblem(name), target)

export const checkedVaultName = (name: string, target: string): string =>
  passed(name, vaultNameProblem(name), target)

const passed = (name: string, problem: string | null, target: string): string =>
  problem === null ? name : refuse(target, problem)

export const checkedId = (id: string, what: string, target: string): string =>
  isAzureId(id) ? id : refuse(target, `${what} is no Azure id. Copy it again`)

/** Names of locks and diagnostic settings, and of regions. */
export const checkedWord = (name: string, what: string, target: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,89}$/.test(name)
    ? name
    : refuse(target, `${what} has 1 to 90 letters, digits, dots, hyphens and underscores. Change it`)

/**
 * A resource id of this subscription. What would lead elsewhere (`..`, a query, an empty part) is refused; leading
 * slash kept.
 */
export const checkedScope = (scope: string, subscriptionId: string, target: string): string => {
  const [empty, kind, subscription, ...rest] = scope.split('/')
  const sound =
    empty === '' &&
    kind?.toLowerCase() === 'subscriptions' &&
    subscription?.toLowerCase() === subscriptionId.toLowerCase() &&
    scope.length <= 1_000 &&
    rest.every((part) => /^[\p{L}\p{N}_().-]+$/u.test(part) && !/^\.+$/.test(part))
  return sound ? scope : refuse(target, 'the scope is not a resource of this subscription')
}
