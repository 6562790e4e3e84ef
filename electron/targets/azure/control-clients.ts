import { AuthorizationManagementClient } from '@azure/arm-authorization'
import { KeyVaultManagementClient } from '@azure/arm-keyvault'
import { ManagementLockClient } from '@azure/arm-locks'
import { MonitorClient } from '@azure/arm-monitor'
import { ResourceManagementClient } from '@azure/arm-resources'
import { StorageManagementClient } from '@azure/arm-storage'
import { SubscriptionClient } from '@azure/arm-resources-subscriptions'
import type { AzureCallOptions } from '../../ports/azure-control.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { ask, type Asked } from './call.ts'
import { clientOptions, objectIn } from './pipeline.ts'
import type { SignedIn } from './sign-ins.ts'
import { allOf, textOf } from './values.ts'

/** The vendor's clients for one subscription, all with the same options, and the one way to ask them. */
export interface ControlClients {
  authorization: AuthorizationManagementClient
  vaults: KeyVaultManagementClient
  locks: ManagementLockClient
  monitor: MonitorClient
  resources: ResourceManagementClient
  storage: StorageManagementClient
  subscriptions: SubscriptionClient
  signedIn: SignedIn
  ask<Answer>(
    asked: Pick<Asked, 'what' | 'permission'> & Partial<Asked>,
    options: AzureCallOptions | undefined,
    send: (given: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer>
  /** The same for what answers with one object of Azure: `azure-answer` for one without its id. */
  one<Answer extends Identified>(
    asked: Pick<Asked, 'what' | 'permission'> & Partial<Asked>,
    options: AzureCallOptions | undefined,
    send: (given: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer>
  /**
   * All pages. `azure-too-much`; `azure-answer` for a page that is none, which some clients read as one without entries,
   * and for an entry without its id.
   */
  list<One extends Identified>(
    asked: Pick<Asked, 'what' | 'permission'> & Partial<Asked>,
    options: AzureCallOptions | undefined,
    listing: (given: ListOptions) => { byPage(): AsyncIterable<readonly One[]> },
  ): Promise<One[]>
}

const mostListed = 5_000

/** Every object of Resource Manager has one. */
interface Identified {
  id?: string
}

interface ListOptions {
  abortSignal: AbortSignal
  onResponse(answer: { bodyAsText?: string | null; status: number }): void
}

export const controlClients = (signedIn: SignedIn): ControlClients => {
  const { connection, credential, hosts, means, who } = signedIn
  const endpoint = `https://${hosts.control}`
  const scope = `${endpoint}/.default`
  const options = {
    ...clientOptions(means, hosts.control, connection.name, signedIn.assertOpen),
    endpoint,
    credentialScopes: scope,
    credentials: { scopes: [scope] },
  }
  const { name: target, subscriptionId } = connection
  const askOne: ControlClients['ask'] = (asked, given, send) =>
    ask(
      { service: 'arm', target, host: hosts.control, principal: who, repeatable: true, ...asked },
      means,
      given ?? {},
      (abortSignal) => send({ abortSignal }),
    )
  const onResponse: ListOptions['onResponse'] = ({ status, bodyAsText }) => {
    if (status === 200 && !Array.isArray(objectIn(bodyAsText ?? '')?.['value']))
      throw new KeyturnError('azure-answer', { target, what: 'a list without entries' })
  }
  /** Some clients read `{}` as an object, with every field empty: a lock of no name, a role of nobody. */
  const identified = <One extends Identified>(one: One): One => {
    if (textOf(one.id) !== '') return one
    throw new KeyturnError('azure-answer', { target, what: 'an object without its id' })
  }
  return {
    authorization: new AuthorizationManagementClient(credential, subscriptionId, options),
    vaults: new KeyVaultManagementClient(credential, subscriptionId, options),
    locks: new ManagementLockClient(credential, subscriptionId, options),
    monitor: new MonitorClient(credential, subscriptionId, options),
    resources: new ResourceManagementClient(credential, subscriptionId, options),
    storage: new StorageManagementClient(credential, subscriptionId, options),
    subscriptions: new SubscriptionClient(credential, options),
    signedIn,
    ask: askOne,
    one: async (asked, options, send) => identified(await askOne(asked, options, send)),
    list: async (asked, options, listing) => {
      const found = await askOne(asked, options, (given) =>
        allOf(listing({ ...given, onResponse }), mostListed, target, given),
      )
      return found.map(identified)
    },
  }
}
