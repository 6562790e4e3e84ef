import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientSecretCredential } from '@azure/identity'
import { KeyClient } from '@azure/keyvault-keys'
import { DEFAULT_SETTINGS, WITHOUT_DELAYS, type Settings } from '../../sandbox/azure/settings.ts'
import { startAzure, type AzureFacts, type AzureSandbox } from '../../sandbox/azure/start.ts'

/** Leads every connection of the unmodified clients to the simulator; names and certificates stay the real ones. */
export class DivertAgent extends Agent {
  readonly #port: number
  readonly #ca: string

  constructor(facts: Pick<AzureFacts, 'port' | 'caPem'>) {
    super({ keepAlive: true })
    this.#port = facts.port
    this.#ca = facts.caPem
  }

  override createConnection(
    options: AgentOptions & { servername?: string },
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const servername = options.servername || options.host
    return super.createConnection(
      {
        ...options,
        host: '127.0.0.1',
        port: this.#port,
        ca: this.#ca,
        ...(servername ? { servername } : {}),
      },
      callback,
    )
  }
}

export type Who = 'ktr-operator' | 'ktr-reader' | 'ktr-ekm-sql01'

export interface Stage {
  azure: AzureSandbox
  facts: AzureFacts
  agent: DivertAgent
  /** One for each principal, with its tokens. */
  credential(who?: Who): ClientSecretCredential
  newCredential(who?: Who): ClientSecretCredential
  keys(vault: string, who?: Who): KeyClient
  /** No faults, the machine's clock, the settings of the start: what a test changed of these ends with it. */
  calm(): Promise<void>
  end(): Promise<void>
}

/** The client's own retries are off: each reply is looked at. */
export const noRetries = { retryOptions: { maxRetries: 0 } }

export const startStage = async (settings: Partial<Settings> = WITHOUT_DELAYS): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-azure-'))
  const azure = await startAzure({ folder, settings })
  const facts = azure.facts()
  const agent = new DivertAgent(facts)
  const credentials = new Map<Who, ClientSecretCredential>()
  const newCredential = (who: Who = 'ktr-operator'): ClientSecretCredential => {
    const application = facts.applications.find(({ name }) => name === who)
    const { clientId = '', secret = '' } = application ?? {}
    return new ClientSecretCredential(facts.tenantId, clientId, secret, { agent, ...noRetries })
  }
  const credential = (who: Who = 'ktr-operator'): ClientSecretCredential => {
    const made = credentials.get(who) ?? newCredential(who)
    credentials.set(who, made)
    return made
  }
  return {
    azure,
    facts,
    agent,
    credential,
    newCredential,
    keys: (vault, who) =>
      new KeyClient(
        vault.includes('hsm') ? `https://${vault}.managedhsm.azure.net` : `https://${vault}.vault.azure.net`,
        credential(who),
        { agent, ...noRetries },
      ),
    calm: async () => {
      await azure.order({ do: 'clearFaults' })
      await azure.order({ do: 'settings', change: { ...DEFAULT_SETTINGS, ...settings } })
    },
    end: async () => {
      agent.destroy()
      await azure.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Status, code and inner code of a refused call; `kept` when it was not refused. */
export const refusal = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call
    return 'kept'
  } catch (thrown) {
    const { statusCode, code, details } = thrown as {
      statusCode?: number
      code?: string
      details?: { error?: { innerError?: { code?: string }; innererror?: { code?: string } } }
    }
    const inner = details?.error?.innerError?.code ?? details?.error?.innererror?.code
    return [statusCode, code, inner].filter((each) => each !== undefined).join(' ') || String(thrown)
  }
}
