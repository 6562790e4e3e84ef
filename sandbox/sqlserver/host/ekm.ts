import { readFileSync } from 'node:fs'
import { z } from 'zod'
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

/** Where the simulated Azure listens. */
export const AzureAddress = z.object({
  port: z.number().int().min(1).max(65_535),
  caPem: z.string().min(1),
})
export type AzureAddress = z.infer<typeof AzureAddress>

const SUFFIXES = [
  'vault.azure.net',
  'managedhsm.azure.net',
  'vault.usgovcloudapi.net',
  'managedhsm.usgovcloudapi.net',
  'vault.azure.cn',
  'managedhsm.azure.cn',
]
const LOGINS = ['login.microsoftonline.com', 'login.microsoftonline.us', 'login.partner.microsoftonline.cn']

/**
 * Leads the hosts that a connector asks to the simulated Azure, and no other host anywhere. `stateFile` is read anew
 * for each connection: the simulators come and go on their own.
 */
export function reachAzure(stateFile: string): Reach {
  return (host) => {
    const known = LOGINS.includes(host) || SUFFIXES.some((suffix) => isVaultOf(host, suffix))
    return known ? addressIn(stateFile) : undefined
  }
}

const isVaultOf = (host: string, suffix: string): boolean =>
  host.endsWith(`.${suffix}`) && /^[a-z0-9-]{3,24}$/.test(host.slice(0, -suffix.length - 1))

function addressIn(stateFile: string): { port: number; ca: string } | undefined {
  try {
    const { port, caPem } = AzureAddress.parse(JSON.parse(readFileSync(stateFile, 'utf8')))
    return { port, ca: caPem }
  } catch {
    // No simulated Azure is there: no name resolves.
    return undefined
  }
}
