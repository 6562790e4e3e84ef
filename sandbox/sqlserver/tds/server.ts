/**
 * The TDS side of a simulated SQL Server: listens on loopback and hands logins and requests to an engine.
 * Rules from MS-TDS 7.4 and 8.0, checked against tedious and FreeTDS. No MARS, no bulk load, no Windows logins.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { Connection } from './connection.ts'
import type { ConnectionControl, TdsEngine } from './contract.ts'
import type { Encryption } from './prelogin.ts'
import { tlsContexts } from './wire.ts'

export type { Encryption } from './prelogin.ts'
export type {
  BatchSink,
  Column,
  ConnectionControl,
  LoginRequest,
  LoginResult,
  RpcParam,
  ServerError,
  SqlType,
  SqlValue,
  TdsEngine,
  TdsSession,
} from './contract.ts'

const LOGIN_TIMEOUT_MS = 15_000
const MAX_CONNECTIONS = 256
/** Lower numbers are the server's own tasks in SQL Server. */
const FIRST_SPID = 51
const LAST_SPID = 0x7fff

export interface TdsServerOptions {
  /** PEM. */
  key: string
  /** PEM, the server's certificate first. */
  cert: string
  /**
   * 'required': every byte after PRELOGIN under TLS, others are refused. 'off': encryption is the client's choice, and
   * a client that makes none has its login encrypted. 'unsupported': clear text only. Strict (TDS 8.0, TLS first) is
   * accepted with each of them.
   */
  encryption: Encryption
  /** Neither passwords nor statements are ever passed to it. */
  log?: (line: string) => void
  onSocket?: (c: ConnectionControl) => void
  /** Tried first; when it is taken, or left out, the system gives one. */
  port?: number
  /** Milliseconds from connecting to a complete login message; 15 000 unless given. */
  loginTimeoutMs?: number
}

export interface TdsServer {
  port: number
  /** Stops listening and drops every connection. Calling it again waits for the same end. */
  close(): Promise<void>
  connections(): ConnectionControl[]
}

/** Binds 127.0.0.1 at a port that the system gives. Rejects when key and certificate don't match or can't be read. */
export async function startTdsServer(engine: TdsEngine, options: TdsServerOptions): Promise<TdsServer> {
  const contexts = tlsContexts(options.key, options.cert)
  const open = new Map<number, Connection>()
  let lastSpid = FIRST_SPID - 1
  const nextSpid = (): number => {
    do lastSpid = lastSpid >= LAST_SPID ? FIRST_SPID : lastSpid + 1
    while (open.has(lastSpid))
    return lastSpid
  }
  const listener = createServer((socket) => {
    const spid = nextSpid()
    const connection = new Connection(socket, {
      engine,
      contexts,
      spid,
      encryption: options.encryption,
      loginTimeoutMs: options.loginTimeoutMs ?? LOGIN_TIMEOUT_MS,
      log: options.log ?? (() => {}),
      closed: () => open.delete(spid),
    })
    open.set(spid, connection)
    options.onSocket?.(connection)
  })
  listener.maxConnections = MAX_CONNECTIONS
  await listen(listener, options.port ?? 0)
  let closing: Promise<void> | null = null
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => [...open.values()],
    close() {
      closing ??= new Promise((resolve) => {
        listener.close(() => resolve())
        for (const connection of open.values()) connection.destroy()
      })
      return closing
    },
  }
}

async function listen(listener: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen(port, '127.0.0.1', () => {
        listener.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!taken || port === 0) throw error
    await listen(listener, 0)
  }
}
