/** Simulated SQL Servers, simulated Azure and its blobs, and jobs that write to them or read from them. */
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
  type ContainerClient,
} from '@azure/storage-blob'
import type { Plan, PlannedStep } from '../../../shared/model/plan.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { StepHandler } from '../../../electron/engine/contract.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import {
  createAsymmetricKey,
  createEkmCredential,
  createKeyLogin,
  createProvider,
  enableEkm,
  mapCredential,
} from '../../../electron/scripts/tsql/ekm.ts'
import { STORAGE } from '../../../sandbox/azure/estate-ids.ts'
import { CONNECTOR_PATH } from '../../../sandbox/sqlserver/engine/ekm/library.ts'
import { DivertAgent } from '../../contract/azure-sandbox.ts'
import { ekmWorld, stepStage, type EkmWorld, type StepStage } from './ekm-servers.ts'
import type { SharingServer } from './simulated-servers.ts'
import type { Walked } from './walk.ts'

export const containerUrl = `https://${STORAGE.account}.blob.core.windows.net/${STORAGE.container}`
export const blobUrl = (name: string): string => `${containerUrl}/${name}`

export interface UrlWorld extends EkmWorld {
  /** As the vendor's own client sees it. */
  blobs: ContainerClient
  accountKey: string
  /** A token for the container, without a question mark. */
  token(permissions?: string, minutes?: number): string
}

export const urlWorld = async (): Promise<UrlWorld> => {
  const place = await ekmWorld()
  const facts = place.azure.facts()
  const accountKey = facts.storageAccounts[0]?.key ?? ''
  const key = new StorageSharedKeyCredential(STORAGE.account, accountKey)
  const agent = new DivertAgent(facts)
  // The client's own types do not know its agent.
  const options = { agent, retryOptions: { maxTries: 1 } }
  const blobs = new BlobServiceClient(
    `https://${STORAGE.account}.blob.core.windows.net`,
    key,
    options,
  ).getContainerClient(STORAGE.container)
  return {
    ...place,
    blobs,
    accountKey,
    token: (permissions = 'rwdl', minutes = 60) =>
      generateBlobSASQueryParameters(
        {
          containerName: STORAGE.container,
          permissions: ContainerSASPermissions.parse(permissions),
          startsOn: new Date(Date.now() - 900_000),
          expiresOn: new Date(Date.now() + minutes * 60_000),
        },
        key,
      ).toString(),
    end: async () => {
      agent.destroy()
      await place.end()
    },
  }
}

/** Names in the container that begin so. */
export const blobNames = async ({ blobs }: UrlWorld, prefix = ''): Promise<string[]> => {
  const names: string[] = []
  for await (const { name } of blobs.listBlobsFlat({ prefix })) names.push(name)
  return names
}

/** Provider, credential, key object and its login, as the EKM jobs leave them. */
export const prepareKey = async (
  { host, application }: EkmWorld,
  server: SharingServer,
  name: string,
  vaultKey: string,
): Promise<void> => {
  const session = await (await server.open()).session({ programName: 'test' })
  const secrets = new Map([['ekm_client_secret', SecretBytes.fromText(application.secret)]])
  const credential = `${name}_cred`
  const there = await server.rows("SELECT name FROM sys.cryptographic_providers WHERE name = 'AKV'")
  try {
    const scripts = [
      ...(there.length === 0 ? [enableEkm(false), createProvider('AKV', CONNECTOR_PATH)] : []),
      createEkmCredential({ name: credential, provider: 'AKV', host, clientId: application.clientId }),
      mapCredential('keyturn', credential),
      createAsymmetricKey({ name, provider: 'AKV', vaultKey, version: null }),
      createKeyLogin(`${name}_login`, name),
    ]
    for (const script of scripts) await session.execute(script, { secrets })
    await server.run(`ALTER LOGIN [keyturn] DROP CREDENTIAL [${credential}]`)
    await server.run(`ALTER LOGIN [${name}_login] ADD CREDENTIAL [${credential}]`)
  } finally {
    await session.close()
  }
}

export interface RunStage {
  stage: StepStage
  plan: Plan
  done: Walked[]
  step(kind: string): PlannedStep
  /** All steps, or those up to and without this one. */
  run(until?: string): Promise<void>
}

export const runStage = (
  server: SqlServer,
  steps: Readonly<Record<string, StepHandler>>,
  plan: Plan,
  secrets: Readonly<Record<string, string>> = {},
): RunStage => {
  const stage = stepStage(server, steps)
  for (const [hole, text] of Object.entries({ throw_away_password: 'Throw-Away-Password-1', ...secrets }))
    stage.around.secrets.set(hole, SecretBytes.fromText(text))
  const done: Walked[] = []
  return {
    stage,
    plan,
    done,
    step: (kind) => {
      const found = plan.steps.find((one) => one.kind === kind)
      if (found === undefined) throw new Error(`the plan has no step ${kind}`)
      return found
    },
    run: async (until) => {
      for (const step of plan.steps) {
        if (step.kind === until) return
        const walked = await stage.walk(step)
        done.push(walked)
      }
    },
  }
}

export const valueOf = (done: readonly Walked[], statement: RegExp): string | undefined =>
  done.flatMap(({ outcome }) => outcome.evidence).find((one) => statement.test(one.statement))?.value
