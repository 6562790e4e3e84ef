import { Socket, isIP, type SocketConnectOpts } from 'node:net'
import { KeyturnError } from '../../shared/errors/problem.ts'

export interface EgressGuard {
  /** How many connections beyond this machine were refused. */
  readonly attempts: number
  lift(): void
}

/**
 * In a rehearsal nothing may leave this machine: every TCP connection of this process to another address than loopback
 * throws before a packet or a name look-up goes out, and is counted. Taken once per process, before any target is
 * opened.
 */
export const guardEgress = (): EgressGuard => {
  const connect = Socket.prototype.connect
  let attempts = 0
  const guarded = function (this: Socket, ...given: unknown[]): Socket {
    const host = hostOf(given)
    if (host !== null && !isLoopback(host)) {
      attempts += 1
      throw new KeyturnError('not-in-rehearsal', { what: host })
    }
    return Reflect.apply(connect, this, given) as Socket
  }
  Socket.prototype.connect = guarded
  return {
    get attempts() {
      return attempts
    },
    lift: () => {
      Socket.prototype.connect = connect
    },
  }
}

/** Null for a local socket or pipe. Node calls with an options object, (port, host), (path), or its own normalized array. */
const hostOf = (given: unknown[]): string | null => {
  const [first, second] = Array.isArray(given[0]) ? (given[0] as unknown[]) : given
  if (typeof first === 'number') return typeof second === 'string' ? second : 'localhost'
  if (typeof first === 'string') return null
  const options = first as SocketConnectOpts
  return 'path' in options && options.path
    ? null
    : (('host' in options ? options.host : undefined) ?? 'localhost')
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
