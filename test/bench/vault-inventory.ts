/**
 * Inventory of 10,000 keys with 3 versions each in 20 vaults of one subscription, as the page *Keys* reads it. The
 * simulated Azure is a process of its own, holds the documented limits, and answers each request after 40 ms: a guess
 * at what the service takes over the Internet, no measured figure.
 *
 * Reference: a plain loop over the same SDK (each vault, each key, its versions, one after another), measured on 2 of
 * the 20 vaults and multiplied by 10: all of them would take a quarter of an hour.
 */
import { ClientSecretCredential } from '@azure/identity'
import { KeyClient } from '@azure/keyvault-keys'
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createInventory } from '../../electron/inventory/inventory.ts'
import { noReadings } from '../support/no-readings.ts'
import { eachKey } from '../../electron/inventory/vault-keys.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import type { SqlServers } from '../../electron/ports/sql-server.ts'
import type { AzureFacts } from '../../sandbox/azure/start.ts'
import { azureRefOfTests, azureStage, clientSecret } from '../contract/azure-program.ts'
import { DivertAgent } from '../contract/azure-sandbox.ts'
import { SandboxProcess } from '../contract/sandbox-process.ts'
import type { Measured } from './report.ts'

const vaults = 20
const keysPerVault = 500
const versions = 3
const referenceVaults = 2
const latencyMs = 40

export const measureVaultInventory = async (): Promise<{ lines: Measured[]; remark: string }> => {
  const simulators = new SandboxProcess({ azure: { settings: { rbacDelayMs: 0, latencyMs } } })
  try {
    const { azure: facts } = (await simulators.start()) as unknown as { azure: AzureFacts }
    await simulators.control({
      command: 'azure',
      order: { do: 'populate', vaults, keys: keysPerVault, versions },
    })
    const operator = facts.applications.find(({ name }) => name === 'ktr-operator')
    if (operator === undefined) throw new Error('the simulated Azure has no ktr-operator')
    const waits: number[] = []
    const stage = azureStage({
      facts,
      signIn: clientSecret(operator.clientId),
      secret: operator.secret,
      host: hostOf(1),
      means: (usual) => ({
        ...usual,
        pause: (ms) => {
          waits.push(ms)
          return new Promise((resolve) => setTimeout(resolve, ms))
        },
      }),
    })
    try {
      const inventory = createInventory({
        servers: { open: () => Promise.reject(new Error('no servers')) } as unknown as SqlServers,
        azure: stage.azure,
        signsInByCode: () => false,
        vaultHost: () => null,
        readings: noReadings,
        clock: systemClock,
      })
      const from = performance.now()
      await inventory.read([azureRefOfTests], true)
      const ours = (performance.now() - from) / 1_000
      const rows = inventory.rows([azureRefOfTests]).filter(({ target }) => target.startsWith('ktr-scale-'))
      const failed = inventory.sources([azureRefOfTests]).filter(({ problem }) => problem !== null)
      if (rows.length !== vaults * keysPerVault * versions || failed.length > 0)
        throw new Error(`${rows.length} versions were read; failed: ${JSON.stringify(failed)}`)

      const loop = ((await plainLoop(facts, operator, referenceVaults)) * vaults) / referenceVaults / 1_000
      return {
        lines: [
          {
            name: 'vault-inventory',
            value: ours,
            unit: 's',
            reference: {
              name: `plain loop, ${referenceVaults} of ${vaults} vaults x ${vaults / referenceVaults}`,
              value: loop,
            },
            goal: { word: '<=', ratio: 0.125 },
          },
        ],
        remark:
          `vault-inventory: ${rows.length} versions; waits because of limits: ${waits.length}; ` +
          `heap while one vault of ${keysPerVault} keys was read 4 times, nothing kept: ${(await heapOf(stage)).join(', ')} MB`,
      }
    } finally {
      stage.azure.closeAll()
    }
  } finally {
    await simulators.dispose()
  }
}

const hostOf = (vault: number): string => `ktr-scale-${String(vault).padStart(2, '0')}.vault.azure.net`

/** Milliseconds. */
const plainLoop = async (
  facts: AzureFacts,
  operator: { clientId: string; secret: string },
  count: number,
): Promise<number> => {
  const agent = new DivertAgent(facts)
  const credential = new ClientSecretCredential(facts.tenantId, operator.clientId, operator.secret, {
    agent,
  } as object)
  let read = 0
  const from = performance.now()
  for (let vault = 1; vault <= count; vault += 1) {
    const client = new KeyClient(`https://${hostOf(vault)}`, credential, { agent } as object)
    for await (const { name } of client.listPropertiesOfKeys())
      for await (const version of client.listPropertiesOfKeyVersions(name)) read += version.version ? 1 : 0
  }
  const took = performance.now() - from
  if (read !== count * keysPerVault * versions) throw new Error(`the loop read ${read} versions`)
  agent.destroy()
  return took
}

/** After each reading, what is still in use once the collector ran. */
const heapOf = async (stage: ReturnType<typeof azureStage>): Promise<string[]> => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heaps: string[] = []
  for (let time = 0; time < 4; time += 1) {
    const vault = await stage.azure.vaults.at(azureRefOfTests, hostOf(1))
    await eachKey(vault, () => undefined)
    await vault.close()
    collect()
    heaps.push((process.memoryUsage().heapUsed / 1_048_576).toFixed(1))
  }
  return heaps
}
