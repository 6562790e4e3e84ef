import { Socket as DatagramSocket } from 'node:dgram'
import dns from 'node:dns'
import { Socket, isIP, type SocketConnectOpts } from 'node:net'
import { KeyturnError } from '../../shared/errors/problem.ts'

export interface EgressGuard {
  /** How many connections and datagrams beyond this machine were refused. */
  readonly attempts: number
  /** Counts an attempt that was refused before it came to a connection, and gives its error. */
  refuse(host: string): KeyturnError
  lift(): void
}

/**
 * In a rehearsal nothing may leave this machine: every TCP connection, every UDP datagram (SQL Server Browser is asked by
 * one) and every name look-up of this process for another address than loopback throws before it goes out, and is
 * counted. Taken once per process, before any target is opened.
 */
export const guardEgress = (): EgressGuard => {
  let attempts = 0
  const refuse = (host: string): KeyturnError => {
    attempts += 1
    return new KeyturnError('not-in-rehearsal', { what: host })
  }
  const refuseBeyond = (host: string | null): void => {
    if (host !== null && !isLoopback(host)) throw refuse(host)
  }
  const lifts = [
    guarded(Socket.prototype, 'connect', (given) => refuseBeyond(hostOf(given))),
    guarded(DatagramSocket.prototype, 'connect', (given) => refuseBeyond(datagramHostOf(given))),
    guarded(DatagramSocket.prototype, 'send', (given) => refuseBeyond(datagramHostOf(given))),
    // The driver looks names up itself, before it connects; an address asks nobody.
    guarded(dns, 'lookup', ([name]) => refuseBeyond(isIP(String(name)) === 0 ? String(name) : null)),
  ]
  return {
    get attempts() {
      return attempts
    },
    refuse,
    lift: () => {
      for (const lift of lifts) lift()
    },
  }
}

/** Puts a look at its arguments before a method, until what it returns is called. */
const guarded = <Name extends string>(
  prototype: Record<Name, (...given: never[]) => unknown>,
  name: Name,
  look: (given: unknown[]) => void,
): (() => void) => {
  const real = prototype[name]
  prototype[name] = function (this: unknown, ...given: unknown[]): unknown {
    look(given)
    return Reflect.apply(real, this, given)
  }
  return () => {
    prototype[name] = real
  }
}

/**
 * Calls are send(message, port, host), send(message, offset, length, port, host), both with a callback or without, and
 * connect(port, host); what is sent on a connected socket names no host. A missing host is this machine.
 */
const datagramHostOf = (given: unknown[]): string | null => {
  const host = given.findLast((one, index) => typeof one === 'string' && index > 0)
  return typeof host === 'string' && host !== '' ? host : null
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
