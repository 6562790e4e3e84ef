import { Agent, type AgentOptions } from 'node:https'
import { getCACertificates } from 'node:tls'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { AzureLogger, setLogLevel } from '@azure/logger'
import { azureClouds, cloudHosts } from '../../../shared/model/azure.ts'
import type { KeyturnError } from '../../../shared/errors/problem.ts'

/** How Azure is reached, and how long a wait takes. Tests and rehearsals have their own; the adapters can't tell. */
export interface AzureMeans {
  /** Of one sign-in alone: it is destroyed with it, and with it every reply that nobody waits for any more. */
  agent: Agent
  /** Whether the identity of this computer (Azure CLI, managed identity) may be used. */
  ambient: boolean
  /** Resolves after that time, or throws the signal's reason. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

/** The libraries can print requests and, with a variable set, tokens. Nothing is printed, whatever the environment says. */
export const silenceAzureLogs = (): void => {
  AzureLogger.log = () => undefined
  setLogLevel(undefined)
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal })

/**
 * Over the internet. `proxy`: `http://host:port`, empty for none. `corporateCa`: PEM, trusted beside the system's own,
 * empty for none. Both are the agent's: the libraries' own proxy leaves such a CA out, and without one it takes a
 * proxy from the environment.
 */
export const internetMeans = ({
  proxy,
  corporateCa,
}: {
  proxy: string
  corporateCa: string
}): AzureMeans => ({
  ambient: true,
  pause,
  agent: new Agent({
    keepAlive: true,
    ...(proxy === '' ? {} : { proxyEnv: { HTTPS_PROXY: proxy } }),
    ...(corporateCa === '' ? {} : { ca: [...getCACertificates('default'), corporateCa] }),
  }),
})

export interface SimulatedAzure {
  host: string
  port: number
  /** The private CA that signed what the simulator shows. */
  caPem: string
}

/**
 * In a rehearsal: Azure's own host names lead to the simulator, any other host is refused before a connection is tried.
 * `refuse` counts and gives the error.
 */
export const rehearsalMeans = (
  simulated: SimulatedAzure,
  refuse: (host: string) => KeyturnError,
): AzureMeans => ({ ambient: false, pause, agent: new RehearsalAgent(simulated, refuse) })

class RehearsalAgent extends Agent {
  readonly #simulated: SimulatedAzure
  readonly #refuse: (host: string) => KeyturnError

  constructor(simulated: SimulatedAzure, refuse: (host: string) => KeyturnError) {
    super({ keepAlive: true })
    this.#simulated = simulated
    this.#refuse = refuse
  }

  override createConnection(
    options: AgentOptions & { host?: string; servername?: string },
    callback?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const asked = options.host ?? ''
    if (!isAzureHost(asked)) {
      const refusal = this.#refuse(asked)
      process.nextTick(() => callback?.(refusal, undefined as unknown as Duplex))
      return undefined
    }
    const { host, port, caPem } = this.#simulated
    return super.createConnection(
      { ...options, host, port, servername: options.servername || asked, ca: caPem },
      callback,
    )
  }
}

/** Hosts of a cloud that is known here, storage among them. */
export const isAzureHost = (host: string): boolean => {
  const name = host.toLowerCase()
  return azureClouds.some((cloud) => {
    const { vault, managedHsm, control, authority, directory, blob } = cloudHosts[cloud]
    return (
      [control, authority, directory].includes(name) ||
      [vault, managedHsm, blob].some((suffix) => isOneLabelOf(name, suffix))
    )
  })
}

const isOneLabelOf = (name: string, suffix: string): boolean =>
  name.endsWith(`.${suffix}`) && /^[a-z0-9-]+$/.test(name.slice(0, -suffix.length - 1))
