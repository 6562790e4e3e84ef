import { z } from 'zod'
import { knownHost } from '../../azure/hosts.ts'
import type { Reach } from '../engine/ekm/exchange.ts'
import { deleteRegistryKey, installConnector, prepareRegistry } from '../engine/ekm/host.ts'
import type { SandboxInstance } from '../engine/create-instance.ts'

/** What an administrator does at the machine for key vaults, as orders of the control channel. */
export const EkmOrder = z.discriminatedUnion('what', [
  /** Runs the connector's setup; an older or newer one is put over what is there. */
  z.strictObject({
    what: z.literal('install'),
    version: z.string().regex(/^\d+\.\d+\.\d+\.\d+$/),
    signed: z.boolean().default(true),
    runtime: z.boolean().default(true),
  }),
  z.strictObject({ what: z.literal('uninstall') }),
  /** Makes the registry key with Full Control for the service account; counts from the next restart. */
  z.strictObject({ what: z.literal('grantRegistry') }),
  /** Deletes a key of the registry with everything below it; without a path, that of the connector. */
  z.strictObject({ what: z.literal('deleteRegistry'), path: z.string().optional() }),
])
export type EkmOrder = z.infer<typeof EkmOrder>

export function runEkmOrder(instance: SandboxInstance, order: EkmOrder): void {
  switch (order.what) {
    case 'install':
      installConnector(instance, order)
      return
    case 'uninstall':
      installConnector(instance, null)
      return
    case 'grantRegistry':
      prepareRegistry(instance, true)
      return
    case 'deleteRegistry':
      if (order.path === undefined) prepareRegistry(instance, false)
      else deleteRegistryKey(instance, order.path)
  }
}

/** Leads the hosts of Azure to the simulated one; no other name resolves. */
export const reachAzure =
  (azure: { facts(): { port: number; caPem: string } }): Reach =>
  (host) => {
    if (knownHost(host) === null) return undefined
    const { port, caPem } = azure.facts()
    return { port, ca: caPem }
  }
