import { AuthorizationManagementClient } from '@azure/arm-authorization'
import { KeyVaultManagementClient } from '@azure/arm-keyvault'
import { ManagementLockClient } from '@azure/arm-locks'
import { MonitorClient } from '@azure/arm-monitor'
import { ResourceManagementClient } from '@azure/arm-resources'
import { SubscriptionClient } from '@azure/arm-resources-subscriptions'
import type { AzureCallOptions } from '../../ports/azure-control.ts'
import { ask, type Asked } from './call.ts'
import { clientOptions } from './pipeline.ts'
import type { SignedIn } from './sign-ins.ts'

/** The vendor's clients for one subscription, all with the same options, and the one way to ask them. */
export interface ControlClients {
  authorization: AuthorizationManagementClient
  vaults: KeyVaultManagementClient
  locks: ManagementLockClient
  monitor: MonitorClient
  resources: ResourceManagementClient
  subscriptions: SubscriptionClient
  signedIn: SignedIn
  ask<Answer>(
    asked: Pick<Asked, 'what' | 'permission'> & Partial<Asked>,
    options: AzureCallOptions | undefined,
    send: (given: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer>
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
  const { subscriptionId } = connection
  return {
    authorization: new AuthorizationManagementClient(credential, subscriptionId, options),
    vaults: new KeyVaultManagementClient(credential, subscriptionId, options),
    locks: new ManagementLockClient(credential, subscriptionId, options),
    monitor: new MonitorClient(credential, subscriptionId, options),
    resources: new ResourceManagementClient(credential, subscriptionId, options),
    subscriptions: new SubscriptionClient(credential, options),
    signedIn,
    ask: (asked, given, send) =>
      ask(
        {
          service: 'arm',
          target: connection.name,
          host: hosts.control,
          principal: who,
          repeatable: true,
          ...asked,
        },
        means,
        given ?? {},
        (abortSignal) => send({ abortSignal }),
      ),
  }
}
