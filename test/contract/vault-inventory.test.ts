/** Keys of vaults in the inventory, read through the real client from simulated Azure. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createInventory, type Inventory } from '../../electron/inventory/inventory.ts'
import { noReadings } from '../support/no-readings.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { AzurePorts } from '../../electron/ports/azure.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import type { SqlServers } from '../../electron/ports/sql-server.ts'
import { WITHOUT_DELAYS } from '../../sandbox/azure/settings.ts'
import { startAzure } from '../../sandbox/azure/start.ts'
import {
  azureRefOfTests,
  azureStage,
  clientSecret,
  vaultRefOfTests,
  type AzureStage,
} from './azure-program.ts'

const host = 'ktr-vault-weu.vault.azure.net'
const noServers = { open: () => Promise.reject(new Error('no server here')) } as unknown as SqlServers

let folder: string
let simulator: Awaited<ReturnType<typeof startAzure>>
let stage: AzureStage
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-inventory-'))
  simulator = await startAzure({ folder, settings: WITHOUT_DELAYS })
  const operator = simulator.facts().applications.find(({ name }) => name === 'ktr-operator')
  stage = azureStage({
    facts: simulator.facts(),
    signIn: clientSecret(operator?.clientId ?? ''),
    secret: operator?.secret ?? '',
    host,
  })
})
afterAll(async () => {
  stage.azure.closeAll()
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

const inventoryOf = (
  signsInByCode: (target: TargetId) => boolean = () => false,
  azure: AzurePorts = stage.azure,
): Inventory =>
  createInventory({
    servers: noServers,
    azure,
    signsInByCode,
    vaultHost: (id) => (id === stage.vault.id ? stage.vault.host : null),
    readings: noReadings,
    clock: systemClock,
  })

it('a subscription shows each version of each key, vault by vault, with its state and its source', async () => {
  const inventory = inventoryOf()
  await inventory.read([azureRefOfTests], false)
  const rows = inventory.rows([azureRefOfTests])
  const tde = rows.filter(({ id }) => id.startsWith(`https://${host}/keys/ktr-tde-sql01/`))
  expect(tde.map(({ name }) => name.replace(/[0-9a-f]{8} /, ''))).toEqual([
    'ktr-tde-sql01, (older)',
    'ktr-tde-sql01, (newest)',
  ])
  expect(tde.map(({ state, target, source, id }) => [state, target, source === id])).toEqual([
    ['active', host, true],
    ['active', host, true],
  ])
  expect(new Set(rows.map(({ state }) => state))).toEqual(
    new Set(['active', 'suspended', 'deactivated', 'pre-activation']),
  )
  expect(inventory.sources([azureRefOfTests]).map(({ source, problem }) => [source, problem])).toEqual(
    expect.arrayContaining([
      [host, null],
      ['ktr-hsm-weu.managedhsm.azure.net', null],
    ]),
  )
  expect(rows).toHaveLength(new Set(rows.map(({ id }) => id)).size)
})

it('a vault with a connection of its own is read as that, not twice', async () => {
  const inventory = inventoryOf()
  const both = [azureRefOfTests, vaultRefOfTests]
  await inventory.read(both, false)
  const named = inventory.sources(both).map(({ source }) => source)
  expect(named).toContain(vaultRefOfTests.name)
  expect(named).not.toContain(host)
})

it('a vault that waits for a code is not opened to learn its host: it says that it waits, and is not read twice', async () => {
  const opened: string[] = []
  const { vaults } = stage.azure
  const azure: AzurePorts = {
    ...stage.azure,
    vaults: {
      ...vaults,
      open: (target, options) => {
        opened.push(target.name)
        return vaults.open(target, options)
      },
    },
  }
  const inventory = inventoryOf((id) => id === vaultRefOfTests.id, azure)
  const both = [azureRefOfTests, vaultRefOfTests]
  await inventory.read(both, false)
  expect(opened).toEqual([])
  const sources = inventory.sources(both)
  expect(sources.map(({ source }) => source)).not.toContain(host)
  expect(sources.filter(({ problem }) => problem !== null).map(({ problem }) => problem?.code)).toEqual([
    'azure-sign-in-waits',
  ])
})

it('a vault that does not answer keeps its old rows and says why; the others are read', async () => {
  const inventory = inventoryOf()
  await inventory.read([azureRefOfTests], false)
  const before = inventory.rows([azureRefOfTests])
  await simulator.order({
    do: 'fault',
    fault: {
      kind: 'fail',
      host,
      status: 403,
      code: 'Forbidden',
      inner: 'ForbiddenByFirewall',
      message: 'Client address is not authorized',
    },
  })
  try {
    await inventory.read([azureRefOfTests], true)
  } finally {
    await simulator.order({ do: 'clearFaults' })
  }
  const failed = inventory.sources([azureRefOfTests]).filter(({ problem }) => problem !== null)
  expect(failed.map(({ source, problem }) => [source, problem?.code])).toEqual([[host, 'vault-firewall']])
  expect(inventory.rows([azureRefOfTests])).toHaveLength(before.length)
})

it('no page makes a person sign in with a code: only reading again does', async () => {
  const inventory = inventoryOf(() => true)
  await inventory.read([azureRefOfTests], false)
  expect(inventory.sources([azureRefOfTests]).map(({ problem }) => problem?.code)).toEqual([
    'azure-sign-in-waits',
  ])
  await inventory.read([azureRefOfTests], true)
  expect(inventory.rows([azureRefOfTests]).length).toBeGreaterThan(5)
})
