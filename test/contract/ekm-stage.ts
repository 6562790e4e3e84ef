import { KeyVaultManagementClient } from '@azure/arm-keyvault'
import { APPLICATIONS, GROUPS, VAULTS } from '../../sandbox/azure/estate-ids.ts'
import type { AzureOrder } from '../../sandbox/azure/orders.ts'
import { exchange } from '../../sandbox/sqlserver/engine/ekm/exchange.ts'
import { reachAzure } from '../../sandbox/sqlserver/host/ekm.ts'
import { placeSetupPackages, productCode, setupPath } from '../../sandbox/sqlserver/windows/packages.ts'
import { runHostCalls } from '../../sandbox/sqlserver/windows/windows-host.ts'
import type { HostAnswer, HostCall, HostCallName } from '../../shared/model/host-calls.ts'
import {
  NEWEST,
  PROVIDER,
  concatenation,
  credential,
  ekmServer,
  openKey,
  type EkmServer,
} from '../unit/sandbox/engine/ekm-support.ts'
import { encryptionState } from '../unit/sandbox/engine/tde-support.ts'
import { noRetries, startStage, type Stage } from './azure-sandbox.ts'

/** Simulated Azure and one simulated SQL Server in the test's own process; the server's connector asks that Azure. */
export interface EkmStage extends Stage {
  server: EkmServer
  order(order: AzureOrder): Promise<void>
  /** SECRET of a credential for the application ktr-ekm-sql01; its secret of the estate, or another one. */
  secret(of?: string): string
  /** A key of the vault as an object of master with its login and a credential; the administrator's own one goes again. */
  addKey(name: string, inVault: string, vault?: string): Promise<void>
  /** The database Sales under a key object, once its pages are encrypted. */
  encryptSales(name: string): Promise<void>
  protectorBecomes(name: string): Promise<void>
  /** A client secret as a person adds it in the portal. */
  newSecret(): Promise<string>
  /** An empty vault with roles, in the resource group of the first one. */
  makeVault(name: string): Promise<void>
  ask<Name extends HostCallName>(call: Extract<HostCall, { call: Name }>): Promise<HostAnswer<Name>>
  /** Uninstalls what is there and installs another version, as an administrator does. */
  replaceConnector(from: string, to: string): Promise<void>
}

export const VAULT = VAULTS.good
const { ekm, operator } = APPLICATIONS
const quick = { updateIntervalInMs: 5 }

/** `version`: file version of the connector. It is registered as a provider. */
export const startEkmStage = async (version = NEWEST): Promise<EkmStage> => {
  const stage = await startStage()
  const { azure, facts } = stage
  const reach = reachAzure(azure)
  const order = async (what: AzureOrder): Promise<void> => void (await azure.order(what))
  const server = await ekmServer(reach, version)
  placeSetupPackages(server.instance.disk)
  await server.client.ok(PROVIDER)
  const made: EkmStage = {
    ...stage,
    server,
    order,
    secret: (of = facts.applications.find(({ name }) => name === ekm.name)?.secret ?? '') =>
      concatenation(of, ekm.appId),
    addKey: async (name, inVault, vault = VAULT) => {
      const { client } = server
      await client.ok(
        `${credential(`${name}_cred`, vault, made.secret())}; ALTER LOGIN sa ADD CREDENTIAL ${name}_cred; ${openKey(name, inVault)}; CREATE LOGIN ${name}_login FROM ASYMMETRIC KEY ${name}; ALTER LOGIN sa DROP CREDENTIAL ${name}_cred; ALTER LOGIN ${name}_login ADD CREDENTIAL ${name}_cred`,
      )
    },
    encryptSales: async (name) => {
      const { client } = server
      await client.ok(
        `USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY ${name}; ALTER DATABASE Sales SET ENCRYPTION ON; USE master`,
      )
      await encryptionState(client, 'Sales', 3)
    },
    protectorBecomes: async (name) => {
      const { client } = server
      await client.ok(
        `USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY ${name}; USE master`,
      )
      await encryptionState(client, 'Sales', 3)
    },
    newSecret: async () => {
      const token = await stage.credential().getToken('https://graph.microsoft.com/.default')
      const { status, body } = await exchange(
        reach,
        {
          method: 'POST',
          url: new URL(`https://graph.microsoft.com/v1.0/applications/${ekm.applicationId}/addPassword`),
          headers: { authorization: `Bearer ${token.token}`, 'content-type': 'application/json' },
          body: '{}',
        },
        AbortSignal.timeout(20_000),
      )
      if (status !== 200) throw new Error(`addPassword: ${status} ${body}`)
      return (JSON.parse(body) as { secretText: string }).secretText
    },
    makeVault: async (name) => {
      const { vaults } = new KeyVaultManagementClient(stage.credential(), facts.subscriptionId, {
        agent: stage.agent,
        ...noRetries,
      })
      const vault = await vaults.createOrUpdate(
        GROUPS.weu,
        name,
        {
          location: 'West Europe',
          properties: {
            tenantId: facts.tenantId,
            sku: { family: 'A', name: 'premium' },
            enableRbacAuthorization: true,
            enablePurgeProtection: true,
          },
        },
        quick,
      )
      const scope = vault.id ?? ''
      await order({ do: 'grantRole', principal: operator.name, role: 'Key Vault Crypto Officer', scope })
      await order({
        do: 'grantRole',
        principal: ekm.name,
        role: 'Key Vault Crypto Service Encryption User',
        scope,
      })
    },
    ask: async (call) => {
      const [reply] = await runHostCalls(
        { instance: () => server.instance, restart: async () => void (await server.restart()) },
        [call],
      )
      if (reply?.ok !== true) throw new Error(JSON.stringify(reply))
      return reply.answer as HostAnswer<typeof call.call>
    },
    replaceConnector: async (from, to) => {
      await made.ask({ call: 'uninstall-package', productCode: productCode(from), mode: 'silent' })
      await made.ask({ call: 'install-package', path: setupPath(to), mode: 'silent' })
      await made.ask({ call: 'restart-service', service: 'MSSQLSERVER' })
    },
    end: async () => {
      server.dispose()
      await stage.end()
    },
  }
  return made
}
