import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { problemOf } from '../../shared/errors/problem.ts'
import type { AzureControl } from '../../electron/ports/azure-control.ts'
import { WITHOUT_DELAYS } from '../../sandbox/azure/settings.ts'
import { startAzure, type AzureFacts, type AzureSandbox } from '../../sandbox/azure/start.ts'
import {
  azureRefOfTests,
  azureStage,
  clientSecret,
  type AzureStage,
  type StageWish,
} from './azure-program.ts'

export const goodVaultHost = 'ktr-vault-weu.vault.azure.net'

/** One simulated Azure for all tests of a file, and the product's side of it as often as it is wished. */
export interface AzureHouse {
  readonly simulator: AzureSandbox
  /** Goes with the simulator. */
  readonly folder: string
  application(name: string): AzureFacts['applications'][number]
  /** Signed in as the operator where nothing else is wished. */
  stageOf(wish?: Partial<StageWish>): AzureStage
}

export const azureHouse = (): AzureHouse => {
  let folder: string
  let simulator: AzureSandbox
  const stages: AzureStage[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ktr-side-'))
    simulator = await startAzure({ folder, settings: WITHOUT_DELAYS })
  })
  afterAll(async () => {
    for (const stage of stages) stage.azure.closeAll()
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const application: AzureHouse['application'] = (name) => {
    const found = simulator.facts().applications.find((one) => one.name === name)
    if (found === undefined) throw new Error(name)
    return found
  }
  return {
    get simulator() {
      return simulator
    },
    get folder() {
      return folder
    },
    application,
    stageOf: (wish = {}) => {
      const { clientId, secret } = application('ktr-operator')
      const stage = azureStage({
        facts: simulator.facts(),
        signIn: clientSecret(clientId),
        secret,
        host: goodVaultHost,
        ...wish,
      })
      stages.push(stage)
      return stage
    },
  }
}

export const openControl = (stage: AzureStage): Promise<AzureControl> =>
  stage.azure.controls.open(azureRefOfTests)

/** With the number of Entra where it is one of a sign-in. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (thrown) {
    const { code, vendor } = problemOf(thrown)
    return vendor?.system === 'entra' ? `${code} ${vendor.number}` : code
  }
  return 'it did not fail'
}
