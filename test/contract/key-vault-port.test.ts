import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { azureIdProblem, vaultPlaceOf } from '../../shared/model/azure.ts'
import { internetMeans } from '../../electron/targets/azure/means.ts'
import { WITHOUT_DELAYS } from '../../sandbox/azure/settings.ts'
import { startAzure } from '../../sandbox/azure/start.ts'
import { fakeKeyVault } from '../support/fake-key-vault.ts'
import { azureStage, clientSecret, vaultRefOfTests } from './azure-program.ts'
import { keyVaultPortSuite, type VaultBackend } from './key-vault-port.ts'

const fake = async (): Promise<VaultBackend> => ({
  vault: fakeKeyVault({ ref: vaultRefOfTests, host: 'ktr-vault-weu.vault.azure.net' }).vault,
  stop: () => Promise.resolve(),
})

const sandbox = async (): Promise<VaultBackend> => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-vaultport-'))
  const simulator = await startAzure({ folder, settings: WITHOUT_DELAYS })
  const facts = simulator.facts()
  const operator = facts.applications.find(({ name }) => name === 'ktr-operator')
  const stage = azureStage({
    facts,
    signIn: clientSecret(operator?.clientId ?? ''),
    secret: operator?.secret ?? '',
    host: 'ktr-vault-weu.vault.azure.net',
  })
  return {
    vault: await stage.azure.vaults.open(vaultRefOfTests),
    stop: async () => {
      stage.azure.closeAll()
      await simulator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

keyVaultPortSuite('fake', fake)
keyVaultPortSuite('simulated Azure', sandbox)

const variable = 'KEYTURN_TEST_VAULT'
const form =
  'https://NAME.vault.azure.net/?tenant=ID&subscription=ID&client=ID&secret=VALUE, a vault whose keys may be made and deleted'

const real = (address: string) => async (): Promise<VaultBackend> => {
  const { protocol, hostname, searchParams } = new URL(address)
  const id = (name: string): string => {
    const value = searchParams.get(name) ?? ''
    const problem = azureIdProblem(value, name)
    if (problem !== null) throw new Error(`${variable}: ${problem}`)
    return value
  }
  if (protocol !== 'https:' || vaultPlaceOf(hostname) === null) throw new Error(`${variable} is ${form}`)
  const stage = azureStage({
    facts: { host: '', port: 0, caPem: '', tenantId: id('tenant'), subscriptionId: id('subscription') },
    signIn: clientSecret(id('client')),
    secret: searchParams.get('secret') ?? '',
    host: hostname,
    means: () => internetMeans({ proxy: '', corporateCa: '' }),
  })
  return {
    vault: await stage.azure.vaults.open(vaultRefOfTests),
    stop: async () => stage.azure.closeAll(),
  }
}

const address = process.env[variable]
if (address !== undefined && address !== '') keyVaultPortSuite('real vault', real(address))
else {
  describe('Key vault port: real vault', () => {
    it.skip(`needs ${variable}: ${form}`, () => undefined)
  })
}
