import { asHandleId, asTargetId } from '../../shared/model/ids.ts'
import type { AzureConnection, AzureSignIn, TargetRef, VaultConnection } from '../../shared/model/target.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import { createAzure, type AzureOwner } from '../../electron/targets/azure/azure.ts'
import { rehearsalMeans, type AzureMeans, type SimulatedAzure } from '../../electron/targets/azure/means.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'

const azureId = asTargetId('t-azurecontract')
const vaultId = asTargetId('t-vaultcontract')

export const azureRefOfTests: TargetRef = {
  id: azureId,
  kind: 'azure',
  name: 'ktr-subscription',
  environment: 'test',
}
export const vaultRefOfTests: TargetRef = {
  id: vaultId,
  kind: 'keyvault',
  name: 'a vault',
  environment: 'test',
}

export interface AzureStage {
  azure: AzureOwner
  connection: AzureConnection
  vault: VaultConnection
  /** Hosts that were refused. */
  refused: string[]
  /** Waits that were asked for, in milliseconds; none is waited. */
  waits: number[]
}

export interface StageWish {
  facts: SimulatedAzure & { tenantId: string; subscriptionId: string }
  signIn: AzureSignIn
  secret: string
  host: string
  means?: (usual: AzureMeans) => AzureMeans
  tenantId?: string
  subscriptionId?: string
}

const notThere = (): never => {
  throw new KeyturnError('not-found', { what: 'This connection' })
}

/** The product's Azure side against simulated Azure, as the program puts it together. */
export const azureStage = (wish: StageWish): AzureStage => {
  const refused: string[] = []
  const waits: number[] = []
  const usual = (): AzureMeans => ({
    ...rehearsalMeans(wish.facts, (host) => {
      refused.push(host)
      return new KeyturnError('not-in-rehearsal', { what: host })
    }),
    pause: (ms, signal) => {
      waits.push(ms)
      // A short breath instead of the wait, so that what is waited for can happen.
      return new Promise((resolve, reject) => {
        if (signal.aborted) reject(new Error('stopped'))
        else setTimeout(resolve, Math.min(ms, 20))
      })
    },
  })
  const stage: AzureStage = {
    refused,
    waits,
    connection: {
      id: azureId,
      kind: 'azure',
      name: 'ktr-subscription',
      environment: 'test',
      cloud: 'public',
      tenantId: wish.tenantId ?? wish.facts.tenantId,
      subscriptionId: wish.subscriptionId ?? wish.facts.subscriptionId,
      signIn: wish.signIn,
      identity: null,
    },
    vault: {
      id: vaultId,
      kind: 'keyvault',
      name: 'a vault',
      environment: 'test',
      host: wish.host,
      azure: azureId,
      identity: null,
    },
    azure: createAzure({
      connectionOf: (id) => (id === azureId ? stage.connection : notThere()),
      vaultOf: (id) => (id === vaultId ? stage.vault : notThere()),
      secretOf: () => Promise.resolve(SecretBytes.fromText(wish.secret)),
      means: () => wish.means?.(usual()) ?? usual(),
      rememberIdentity: (id, identity) => {
        if (id === azureId && 'subscriptionId' in identity)
          stage.connection = { ...stage.connection, identity }
        if (id === vaultId && 'host' in identity) stage.vault = { ...stage.vault, identity }
      },
      changed: () => undefined,
      clock: systemClock,
    }),
  }
  return stage
}

export const clientSecret = (clientId: string): AzureSignIn => ({
  kind: 'client-secret',
  clientId,
  secret: asHandleId('h-contract'),
})
