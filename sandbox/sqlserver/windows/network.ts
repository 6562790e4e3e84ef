import type { HostAnswer } from '../../../shared/model/host-calls.ts'
import { TransportFailure, exchange } from '../engine/ekm/exchange.ts'
import type { Reach } from '../engine/ekm/exchange.ts'

type Test = HostAnswer<'test-connection'>[number]

/** What the simulated Azure answers for the name of a vault or HSM that is not there. */
const NO_SUCH_HOST = 501
const HOST_OF_RESOURCE = /\.(vault|managedhsm)\./
/** An address that is documentation's own: nothing is there. */
const SHOWN_ADDRESS = '203.0.113.44'
const UNKNOWN: Omit<Test, 'host'> = {
  address: null,
  reached: false,
  problem: 'The name has no address. (Only hosts of the simulated Azure have one here.)',
}

/**
 * Whether a host of Azure is reached from the computer. Asks it something harmless, because a name of the simulated Azure
 * has an address only where a resource has the name, and an ordered fault ends connections.
 */
export async function testConnection(reach: Reach | undefined, host: string): Promise<Test> {
  const name = host.toLowerCase()
  if (reach === undefined) return { host, ...UNKNOWN }
  const url = new URL(`https://${name}/keys?maxresults=1&api-version=7.4`)
  try {
    const { status } = await exchange(
      reach,
      { method: 'GET', url, headers: {}, body: undefined },
      AbortSignal.timeout(30_000),
    )
    if (status === NO_SUCH_HOST && HOST_OF_RESOURCE.test(name)) return { host, ...UNKNOWN }
    return { host, address: SHOWN_ADDRESS, reached: true, problem: null }
  } catch (error) {
    if (error instanceof TransportFailure && error.part === 'resolve') return { host, ...UNKNOWN }
    return { host, address: SHOWN_ADDRESS, reached: false, problem: 'No connection to port 443.' }
  }
}
