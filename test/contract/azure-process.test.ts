import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClientSecretCredential } from '@azure/identity'
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
  type BlockBlobClient,
  type ContainerClient,
} from '@azure/storage-blob'
import { KeyClient } from '@azure/keyvault-keys'
import { WITHOUT_DELAYS } from '../../sandbox/azure/settings.ts'
import type { AzureFacts } from '../../sandbox/azure/start.ts'
import { DivertAgent, noRetries, refusal } from './azure-sandbox.ts'
import { SandboxProcess, SqlClient } from './sandbox-process.ts'

/** Simulated Azure in the simulators' process, as the product starts it. */
const servers = new SandboxProcess({
  // Slow enough to be killed in the middle.
  instances: [
    {
      name: 'ktr-one',
      databases: ['Sales', 'Payroll'].map((name) => ({ name, bytes: 2_000_000 })),
      throttle: 1_000_000,
    },
  ],
  azure: { settings: WITHOUT_DELAYS },
})
let facts: AzureFacts
let agent: DivertAgent

const start = async (): Promise<void> => {
  const ready = (await servers.start()) as unknown as { azure: AzureFacts }
  facts = ready.azure
}
beforeAll(async () => {
  await start()
  agent = new DivertAgent(facts)
})
afterAll(async () => {
  agent.destroy()
  // Not killed: Azurite would write into a folder that is being removed.
  await servers.control({ command: 'shutdown' })
  await servers.ended()
  await servers.dispose()
})

/** As the operator, without a token yet. */
const newKeys = (): KeyClient => {
  const [operator] = facts.applications
  const credential = new ClientSecretCredential(
    facts.tenantId,
    operator?.clientId ?? '',
    operator?.secret ?? '',
    { agent, ...noRetries },
  )
  return new KeyClient('https://ktr-vault-weu.vault.azure.net', credential, { agent, ...noRetries })
}

const pipeline = () => ({ agent, retryOptions: { maxTries: 1 } })

const containerOf = ({ storageAccounts: [account] }: AzureFacts): ContainerClient =>
  new BlobServiceClient(
    `https://${account?.name ?? ''}.blob.core.windows.net`,
    new StorageSharedKeyCredential(account?.name ?? '', account?.key ?? ''),
    pipeline(),
  ).getContainerClient(account?.containers[0] ?? '')

const signatureOf = (container: ContainerClient): string =>
  generateBlobSASQueryParameters(
    {
      containerName: container.containerName,
      permissions: ContainerSASPermissions.parse('rwdl'),
      expiresOn: new Date(Date.now() + 3_600_000),
    },
    new StorageSharedKeyCredential(facts.storageAccounts[0]?.name ?? '', facts.storageAccounts[0]?.key ?? ''),
  ).toString()

const uncommitted = async (blob: BlockBlobClient): Promise<number> =>
  blob.getBlockList('uncommitted').then(
    ({ uncommittedBlocks = [] }) => uncommittedBlocks.length,
    () => 0,
  )

const childrenOf = (pid: number): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number)

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const order = (what: Record<string, unknown>) => servers.control({ command: 'azure', order: what })

describe('the simulators’ process', () => {
  it('says where Azure is, and takes orders', async () => {
    expect(facts).toMatchObject({ host: '127.0.0.1', vaults: ['ktr-vault-weu', 'ktr-vault-old'] })
    const logged = async (after?: string): Promise<{ id: string }[]> => {
      const said = await order({
        do: 'audit',
        key: 'ktr-tde-sql01',
        ...(after === undefined ? {} : { after }),
      })
      expect(said).toMatchObject({ ok: true })
      return said['entries'] as { id: string }[]
    }
    const last = (await logged()).at(-1)?.id
    expect((await newKeys().getKey('ktr-tde-sql01')).name).toBe('ktr-tde-sql01')
    expect(await logged(last)).toMatchObject([{ operation: 'KeyGet', status: 200 }])
    const { ok, error } = await order({ do: 'keyVersion', vault: 'ktr-vault-weu', key: 'ktr-none' })
    expect([ok, error]).toEqual([false, 'there is no key ktr-none in ktr-vault-weu'])
    expect(await order({ do: 'nothing' })).toMatchObject({ ok: false })
  })

  it('killed after an effect, it comes back with it: same port, same authority, same settings', async () => {
    const before = facts
    const keys = newKeys()
    // Without a token the client's first request has no body and no effect; the kill is meant for the one after it.
    await keys.getKey('ktr-tde-sql01')
    await order({ do: 'keyVersion', vault: 'ktr-vault-weu', key: 'ktr-backup-sql01', enabled: false })
    await order({ do: 'settings', change: { disabledKeyBlocks: 'all-operations' } })
    const fault = { kind: 'kill', when: 'after', method: 'POST', path: '/keys/ktr-late/create' }
    await order({ do: 'fault', fault })
    expect(await refusal(keys.createEcKey('ktr-late', { hsm: true }))).toMatch(/ECONNRESET|socket hang up/)
    await servers.ended()
    await start()
    expect(facts).toEqual(before)
    expect((await keys.getKey('ktr-late')).keyType).toBe('EC-HSM')
    const disabled = keys.getCryptographyClient('ktr-backup-sql01')
    expect(await refusal(disabled.wrapKey('RSA-OAEP-256', Buffer.from('x')))).toBe(
      '403 Forbidden KeyDisabled',
    )
  })

  it(
    'blobs survive a kill, and nobody is left of the process that kept them',
    { timeout: 120_000 },
    async () => {
      const container = containerOf(facts)
      await container.getBlockBlobClient('kept').upload('one', 3)
      const children = childrenOf(servers.ready?.pid ?? 0)
      expect(children).toHaveLength(1)
      await servers.kill()
      await expect.poll(() => children.filter(isRunning), { timeout: 60_000 }).toEqual([])
      await start()
      expect((await container.getBlobClient('kept').downloadToBuffer()).toString()).toBe('one')
    },
  )

  it(
    'killed in the middle of a backup to a URL, no block blob is there, and a page blob stays leased',
    { timeout: 120_000 },
    async () => {
      const container = containerOf(facts)
      const base = container.url
      const [account] = facts.storageAccounts
      const page = "WITH CREDENTIAL = 'by-key'"
      const clients = [
        await SqlClient.open(servers.server('ktr-one')),
        await SqlClient.open(servers.server('ktr-one')),
      ] as const
      await clients[0].run(
        `CREATE CREDENTIAL [${base}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '${signatureOf(container)}';
         CREATE CREDENTIAL [by-key] WITH IDENTITY = '${account?.name ?? ''}', SECRET = '${account?.key ?? ''}'`,
      )
      const blocks = container.getBlockBlobClient('killed.bak')
      const pages = container.getPageBlobClient('killed-pages.bak')
      const lease = async () =>
        pages.getProperties().then(
          ({ leaseState }) => leaseState,
          () => 'none',
        )
      const running = [
        clients[0].run(`BACKUP DATABASE Sales TO URL = '${blocks.url}' WITH MAXTRANSFERSIZE = 65536`),
        clients[1].run(`BACKUP DATABASE Payroll TO URL = '${pages.url}' ${page}`),
      ].map((each) => each.then(String, () => 'ended'))
      await expect
        .poll(async () => (await uncommitted(blocks)) > 2 && (await lease()), {
          timeout: 60_000,
          interval: 50,
        })
        .toBe('leased')
      await servers.kill()
      expect(await Promise.all(running)).toEqual(['ended', 'ended'])
      for (const client of clients) client.close()
      await start()
      expect(await blocks.exists()).toBe(false)
      expect(await uncommitted(blocks)).toBeGreaterThan(2)
      expect(await lease()).toBe('leased')
      const client = await SqlClient.open(servers.server('ktr-one'))
      expect(
        await client.failure(`BACKUP DATABASE Payroll TO URL = '${pages.url}' ${page}, FORMAT`),
      ).toContain(3294)
      client.close()
    },
  )

  it('reset makes it new, on the same port', async () => {
    const keys = newKeys()
    await keys.createEcKey('ktr-short-lived', { hsm: true })
    expect(await servers.control({ command: 'reset' })).toMatchObject({
      ok: true,
      azure: { port: facts.port },
    })
    // The tokens of before are signed with a key that is gone.
    expect(await refusal(keys.getKey('ktr-short-lived'))).toBe('401 Unauthorized')
    expect(await refusal(newKeys().getKey('ktr-short-lived'))).toBe('404 KeyNotFound')
    expect(await containerOf(facts).getBlobClient('kept').exists()).toBe(false)
  })
})
