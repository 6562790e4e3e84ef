/**
 * The process of Azurite's blob service, unmodified, as a child of the simulators. It is told everything over the channel to
 * its parent, and ends by itself, with what it holds written down, when that channel ends: a parent that was killed
 * leaves nobody behind, and loses nothing that was answered.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AzuriteOrder, type AzuriteAnswer } from './azurite-orders.ts'

/** The parts of the package that are used here; it comes without types for them. */
interface BlobService {
  start(): Promise<void>
  close(): Promise<void>
  getHttpServerAddress(): string
  accountDataStore: { refresh(): void }
}
interface Package {
  BlobServer: new (configuration: unknown) => BlobService
  BlobConfiguration: new (...settings: unknown[]) => unknown
  AzuriteTelemetryClient: { init(location: string, wanted: boolean, environment: unknown): void }
}

const loadAzurite = (): Package => {
  const load = createRequire(import.meta.url)
  const named = (name: string): Record<string, unknown> =>
    load(`azurite/dist/src/${name}.js`) as Record<string, unknown>
  return {
    BlobServer: named('blob/BlobServer')['default'],
    BlobConfiguration: named('blob/BlobConfiguration')['default'],
    AzuriteTelemetryClient: named('common/Telemetry')['AzuriteTelemetryClient'],
  } as Package
}

/** How long the process of an earlier start may take to write down what it holds. */
const PATIENCE_MS = 30_000
const KEEP_ALIVE_SECONDS = 120

/** Held by the operating system for an open file, so it ends with the process: two must not write one store. */
const lockStore = (folder: string): void => {
  const lock = new DatabaseSync(join(folder, 'azurite.lock'))
  lock.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`)
  lock.exec('BEGIN EXCLUSIVE')
  held.push(lock)
}
const held: DatabaseSync[] = []

const setAccounts = (accounts: string): void => {
  process.env['AZURITE_ACCOUNTS'] = accounts
}

let service: BlobService | undefined

const start = async (order: Extract<AzuriteOrder, { do: 'start' }>): Promise<number> => {
  const { folder } = order
  lockStore(folder)
  setAccounts(order.accounts)
  const { AzuriteTelemetryClient, BlobConfiguration, BlobServer } = loadAzurite()
  AzuriteTelemetryClient.init(folder, false, undefined)
  const port = 0
  const configuration = new BlobConfiguration(
    '127.0.0.1',
    port,
    KEEP_ALIVE_SECONDS,
    join(folder, 'blobs.json'),
    join(folder, 'extents.json'),
    [{ locationId: 'Default', locationPath: join(folder, 'blobs'), maxConcurrency: 50 }],
    // No access log, no debug log, and no loose mode: what it does not know, it refuses.
    false,
    undefined,
    false,
    undefined,
    false,
    // --skipApiVersionCheck: clients are newer than it is.
    true,
    order.cert,
    order.key,
    undefined,
    'basic',
    false,
    false,
  )
  service = new BlobServer(configuration)
  await service.start()
  return Number(new URL(service.getHttpServerAddress()).port)
}

let ending = false
const end = (): void => {
  if (ending) return
  ending = true
  // What it waits for may never come, and the store's lock must not outlive the parent.
  setTimeout(() => process.exit(1), PATIENCE_MS).unref()
  void (service?.close() ?? Promise.resolve()).finally(() => process.exit(0))
}

const answer = (said: AzuriteAnswer): void => void process.send?.(said)

const carryOut = async (order: AzuriteOrder): Promise<AzuriteAnswer> => {
  if (order.do === 'start') return { done: 'start', port: await start(order) }
  setAccounts(order.accounts)
  service?.accountDataStore.refresh()
  return { done: 'accounts' }
}

process.on('message', (said) => {
  void carryOut(AzuriteOrder.parse(said)).then(answer, (error: unknown) =>
    answer({ done: 'failed', why: error instanceof Error ? error.message : String(error) }),
  )
})
process.on('disconnect', end)
// Ctrl+C reaches the whole group: the parent ends, and then the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
