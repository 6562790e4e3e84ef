import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { AzureIdentity } from '../../../shared/model/azure.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { AzureCallOptions, AzureControl, AzureControls } from '../../ports/azure-control.ts'
import { controlClients } from './control-clients.ts'
import { groupsOf } from './control-groups.ts'
import { guardsOf } from './control-guards.ts'
import { rightsOf } from './control-rights.ts'
import { vaultsOf } from './control-vaults.ts'
import { orStopped, type SignedIn, type SignIns } from './sign-ins.ts'
import { textOf } from './values.ts'

export interface ControlsDeps {
  signIns: SignIns
  /** Called at the first connection. What it throws ends the connection. */
  rememberIdentity(id: TargetId, identity: AzureIdentity): Promise<void> | void
}

export const createControls = ({ signIns, rememberIdentity }: ControlsDeps): AzureControls => {
  /** By sign-in: a dropped one takes its clients along. */
  const opened = new WeakMap<SignedIn, Promise<AzureControl>>()
  return {
    open: async (target, options = {}) => {
      const { signal, ...shared } = options
      const signedIn = await signIns.of(target, options)
      let control = opened.get(signedIn)
      if (control === undefined) {
        control = connect(signedIn, shared, rememberIdentity)
        opened.set(signedIn, control)
        control.catch(() => opened.delete(signedIn))
      }
      return orStopped(control, signal, { target: target.name, what: 'Opening the subscription' })
    },
  }
}

/** Reads the subscription and compares it with what the connection remembers. */
const connect = async (
  signedIn: SignedIn,
  options: AzureCallOptions,
  rememberIdentity: ControlsDeps['rememberIdentity'],
): Promise<AzureControl> => {
  const { connection, principal, ref } = signedIn
  const clients = controlClients(signedIn)
  const { name: target, subscriptionId } = connection
  const asked = {
    what: `reading the subscription ${subscriptionId}`,
    permission: 'Microsoft.Resources/subscriptions/read',
  }
  const found = await clients.ask(asked, options, (given) =>
    clients.subscriptions.subscriptions.get(subscriptionId, given),
  )
  const identity: AzureIdentity = {
    tenantId: textOf(found.tenantId).toLowerCase() || principal.tenantId,
    subscriptionId: textOf(found.subscriptionId).toLowerCase(),
  }
  const expected = connection.identity ?? { tenantId: principal.tenantId, subscriptionId }
  refuseStranger(target, expected, identity)
  if (connection.identity === null) await rememberIdentity(connection.id, identity)
  return {
    ref,
    identity,
    cloud: connection.cloud,
    principal,
    ...groupsOf(clients),
    ...vaultsOf(clients),
    ...rightsOf(clients),
    ...guardsOf(clients),
  }
}

const refuseStranger = (target: string, expected: AzureIdentity, seen: AzureIdentity): void => {
  const differences = (
    [
      ['tenant', expected.tenantId, seen.tenantId],
      ['subscription', expected.subscriptionId, seen.subscriptionId],
    ] as const
  )
    .filter(([, before, now]) => before.toLowerCase() !== now.toLowerCase())
    .map(([words, before, now]) => `its ${words} was ${before}, now it is ${now === '' ? 'none' : now}`)
  if (differences.length === 0) return
  throw new KeyturnError('azure-identity-changed', { target, what: differences.join('; ') })
}
