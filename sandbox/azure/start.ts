import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '../common/durable-file.ts'
import { makeServerCertificate } from '../common/server-certificate.ts'
import { answerArm } from './arm/arm.ts'
import { makeDeviceCodes } from './entra/device-code.ts'
import { answerEntra } from './entra/entra.ts'
import { seedEstate } from './estate.ts'
import { APPLICATIONS, GROUPS, HSMS, SUBSCRIPTION, TENANT, USER, VAULTS } from './estate-ids.ts'
import { answerGraph } from './graph/graph.ts'
import { CERTIFICATE_NAMES } from './hosts.ts'
import { makeKeyVaults } from './keyvault/keyvault.ts'
import { makeBlobStore } from './blob/store.ts'
import { startListener, type Listener } from './listener.ts'
import type { AzureOrder } from './orders.ts'
import { runOrder, type OrderAnswer } from './run-order.ts'
import { newStorageKey } from './storage-keys.ts'
import type { Settings } from './settings.ts'
import { openStore } from './state/store.ts'
import { makeWorld, type World } from './world.ts'

export interface AzureOptions {
  /** Everything that it keeps; made when it is missing. */
  folder: string
  /** Over the defaults, at the first start only: what was ordered later is kept. */
  settings?: Partial<Settings>
}

/** What a client needs to reach it. Its secrets are simulated too, and public. */
export interface AzureFacts {
  host: '127.0.0.1'
  port: number
  caPem: string
  caPemPath: string
  tenantId: string
  tenantName: string
  subscriptionId: string
  /** Where requests seem to come from, for firewall rules. */
  clientAddress: string
  applications: { name: string; clientId: string; objectId: string; secret: string }[]
  user: { userPrincipalName: string; objectId: string }
  resourceGroups: string[]
  vaults: string[]
  managedHsms: string[]
  storageAccounts: { name: string; key: string; containers: string[] }[]
}

export interface AzureSandbox {
  facts(): AzureFacts
  order(order: AzureOrder): Promise<OrderAnswer>
  /** Everything as at the first start: same port, authority and secrets. */
  reset(): Promise<void>
  close(): Promise<void>
}

const twoKeys = (): [string, string] => [newStorageKey(), newStorageKey()]

const Kept = z.object({
  port: z.number(),
  key: z.string(),
  cert: z.string(),
  ca: z.string(),
  secrets: z.object({ operator: z.string(), reader: z.string(), ekm: z.string() }),
  /** Of the seeded storage account. A folder of an earlier version has none yet. */
  storageKeys: z.tuple([z.string(), z.string()]).default(twoKeys),
})
type Kept = z.infer<typeof Kept>

/** Starts on 127.0.0.1; the state of an earlier start in this folder goes on. Needs `openssl` at the first start. */
export const startAzure = async (options: AzureOptions): Promise<AzureSandbox> => {
  const { folder } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = readKept(folder)
  writeDurably(keptFile(folder), JSON.stringify(kept))
  writeDurably(caFile(folder), kept.ca)
  let running = await run(options, kept)
  const close = async (): Promise<void> => {
    await running.listener.close()
    await running.blobs.close()
    running.world.close()
  }
  return {
    facts: () => factsOf(folder, kept, running.world),
    order: (order) => runOrder(running.world, running.devices, running.blobs, order),
    reset: async () => {
      await close()
      await running.blobs.wipe()
      rmSync(stateFolder(folder), { recursive: true, force: true })
      running = await run(options, kept)
    },
    close,
  }
}

const run = async (options: AzureOptions, kept: Kept) => {
  const { folder, settings = {} } = options
  mkdirSync(stateFolder(folder), { recursive: true, mode: 0o700 })
  const world = makeWorld(openStore(join(stateFolder(folder), 'azure.db')), TENANT, settings)
  if (world.subscriptions.all().length === 0) seedEstate(world, kept.secrets, kept.storageKeys)
  const devices = makeDeviceCodes(world)
  const keyVault = makeKeyVaults(world)
  const blobs = makeBlobStore({ folder, key: kept.key, cert: kept.cert, ca: kept.ca, world })
  const listener: Listener = await startListener({
    key: kept.key,
    cert: kept.cert,
    port: kept.port,
    world,
    services: {
      entra: (request) => answerEntra(world, devices, request),
      graph: (request, host) => answerGraph(world, request, host),
      arm: (request, host) => answerArm(world, blobs, request, host),
      vault: keyVault,
      hsm: keyVault,
    },
    blob: blobs.door,
  })
  if (listener.port !== kept.port) {
    kept.port = listener.port
    writeDurably(keptFile(folder), JSON.stringify(kept))
  }
  return { world, devices, blobs, listener }
}

const keptFile = (folder: string): string => join(folder, 'host.json')
const caFile = (folder: string): string => join(folder, 'ca.pem')
const stateFolder = (folder: string): string => join(folder, 'state')

const readKept = (folder: string): Kept => {
  if (existsSync(keptFile(folder))) return Kept.parse(JSON.parse(readFileSync(keptFile(folder), 'utf8')))
  const secret = (): string => `ktr~${randomBytes(27).toString('base64url')}`
  return {
    port: 0,
    ...makeServerCertificate([...CERTIFICATE_NAMES]),
    secrets: { operator: secret(), reader: secret(), ekm: secret() },
    storageKeys: twoKeys(),
  }
}

const factsOf = (folder: string, kept: Kept, world: World): AzureFacts => ({
  host: '127.0.0.1',
  port: kept.port,
  caPem: kept.ca,
  caPemPath: caFile(folder),
  tenantId: TENANT.id,
  tenantName: TENANT.name,
  subscriptionId: SUBSCRIPTION,
  clientAddress: world.settings().clientAddress,
  applications: (['operator', 'reader', 'ekm'] as const).map((key) => ({
    name: APPLICATIONS[key].name,
    clientId: APPLICATIONS[key].appId,
    objectId: APPLICATIONS[key].objectId,
    secret: kept.secrets[key],
  })),
  user: { userPrincipalName: USER.userPrincipalName, objectId: USER.objectId },
  resourceGroups: Object.values(GROUPS),
  vaults: [VAULTS.good, VAULTS.wrong],
  managedHsms: Object.values(HSMS),
  storageAccounts: world.storageAccounts.all().map(({ id, name, keys }) => ({
    name,
    key: keys[0]?.value ?? '',
    containers: world.storageContainers.all().flatMap((each) => (each.account === id ? [each.name] : [])),
  })),
})
